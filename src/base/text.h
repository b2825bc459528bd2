/* SPDX-License-Identifier: ISC */
/*
 * Text: a growing buffer, and the small parsers and encoders that every layer needs.
 * Parsers are strict: no leading blanks, no sign where none is meant, whole input consumed.
 */
#ifndef MEDIAGATE_BASE_TEXT_H
#define MEDIAGATE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* A growing buffer. Zero-initialise it; data is NUL-terminated once anything was appended.
 * A failed allocation sets `failed`, later appends do nothing: check once at the end. */
struct text {
  char *data;
  size_t length; /* bytes, without the NUL */
  size_t capacity;
  bool failed;
};

void text_free(struct text *text);  /* frees the contents and zeroes the struct; NULL is fine */
void text_clear(struct text *text); /* length 0, keeps the memory */
void text_append(struct text *text, const char *string);
void text_append_bytes(struct text *text, const void *bytes, size_t size);
void text_append_i64(struct text *text, int64_t number); /* decimal; several times faster than text_appendf */
void text_appendf(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);
/* Appends a JSON string literal with quotes; invalid UTF-8 becomes U+FFFD, so the result is always valid. Controls are
 * escaped, DEL and C1 too, so that it is also safe on a terminal. */
void text_append_json_string(struct text *text, const char *bytes, size_t size);
/* Appends percent-encoded: everything but RFC 3986 unreserved characters and those in `keep` (may be ""). */
void text_append_percent(struct text *text, const char *bytes, size_t size, const char *keep);

/* Decimal digits only, no sign, no leading zero except "0" itself. ERROR_INVALID otherwise or above max. */
enum error text_parse_u64(const char *string, size_t length, uint64_t max, uint64_t *ret_value) MUST_CHECK;
/* Valid UTF-8 by RFC 3629 (no overlong forms, no surrogates, at most U+10FFFF). */
bool text_is_utf8(const char *bytes, size_t size);
/* The number of code points of valid UTF-8. */
size_t text_utf8_length(const char *bytes, size_t size);
/* True when a control character (C0, DEL or C1) occurs in valid UTF-8. */
bool text_has_control(const char *bytes, size_t size);
/* Equal in time that depends on the sizes only, not on the contents. */
bool text_equal_constant_time(const void *a, size_t a_size, const void *b, size_t b_size);
/* Trim ASCII blanks from both ends and lower ASCII letters, in place. */
void text_trim(char *string);
void text_lower(char *string);
/* `ret_hex` gets 2 * size digits and a NUL. */
void text_hex_encode(const void *bytes, size_t size, char *ret_hex);
enum error text_hex_decode(const char *hex, size_t length, void *ret_bytes) MUST_CHECK;
/* base64url without padding (RFC 4648 section 5). `ret_text` needs text_base64url_length(size) + 1 bytes. */
size_t text_base64url_length(size_t size);
void text_base64url_encode(const void *bytes, size_t size, char *ret_text);
/* Strict: alphabet, length, and zero spare bits. `ret_bytes` needs length * 3 / 4 bytes. */
enum error text_base64url_decode(const char *string, size_t length, void *ret_bytes, size_t *ret_size) MUST_CHECK;
/* base64 with its padding (RFC 4648 section 4), strict as above. `ret_bytes` needs length * 3 / 4 bytes. */
enum error text_base64_decode(const char *string, size_t length, void *ret_bytes, size_t *ret_size) MUST_CHECK;
/* Percent-decoding (RFC 3986); with plus_is_space for forms. A bad escape or %00 is ERROR_INVALID.
 * *ret_string is malloc'd, the caller frees it. */
enum error text_percent_decode(const char *string, size_t length, bool plus_is_space, char **ret_string) MUST_CHECK;
/* An IPv4 or IPv6 address in its canonical spelling (IPv4-mapped IPv6 becomes IPv4). ret needs 46 bytes. */
enum error text_canonical_address(const char *string, char *ret_address) MUST_CHECK;

#endif
