/* SPDX-License-Identifier: ISC */
/*
 * The small parsers that every layer needs. They are strict: no leading blanks, no sign where none is meant, one
 * spelling for each value, whole input consumed.
 */
#ifndef MEDIAGATE_BASE_TEXT_PARSE_H
#define MEDIAGATE_BASE_TEXT_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Decimal digits only, no sign, no leading zero except "0" itself. ERROR_INVALID otherwise or above max. */
enum error text_parse_u64(const char *string, size_t length, uint64_t max, uint64_t *ret_value) MUST_CHECK;
/* Trim ASCII blanks from both ends and lower ASCII letters, in place. */
void text_trim(char *string);
void text_lower(char *string);
/* `ret_bytes` needs length / 2 bytes. ERROR_INVALID: an odd length, or what is no hex digit. */
enum error text_hex_decode(const char *hex, size_t length, void *ret_bytes) MUST_CHECK;
/* base64url without padding (RFC 4648 section 5), strict: alphabet, length, and zero spare bits. `ret_bytes` needs
 * length * 3 / 4 bytes. */
enum error text_base64url_decode(const char *string, size_t length, void *ret_bytes, size_t *ret_size) MUST_CHECK;
/* base64 with its padding (RFC 4648 section 4), strict as above. `ret_bytes` needs length * 3 / 4 bytes. */
enum error text_base64_decode(const char *string, size_t length, void *ret_bytes, size_t *ret_size) MUST_CHECK;
/* Percent-decoding (RFC 3986); with plus_is_space for forms. A bad escape or %00 is ERROR_INVALID.
 * *ret_string is malloc'd, the caller frees it. */
enum error text_percent_decode(const char *string, size_t length, bool plus_is_space, char **ret_string) MUST_CHECK;

#endif
