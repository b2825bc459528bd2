/* SPDX-License-Identifier: ISC */
/*
 * Unicode normalisation. The only module that knows libunistring.
 */
#ifndef MEDIAGATE_BASE_UNICODE_H
#define MEDIAGATE_BASE_UNICODE_H

#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

/* Appends valid UTF-8 in Normalization Form C (UAX #15), so that texts that look alike compare alike. One byte becomes
 * at most three. ERROR_INVALID: `bytes` is not valid UTF-8. ERROR_MEMORY: `to` is unchanged. */
enum error text_nfc(struct text *to, const char *bytes, size_t size) MUST_CHECK;
/* The same, and each space that is not ASCII (general category Zs) becomes U+0020 first: the profile OpaqueString, by
 * which passwords compare (RFC 8265 section 4.2.2). Control characters are kept. */
enum error text_nfc_spaces(struct text *to, const char *bytes, size_t size) MUST_CHECK;

#endif
