/* SPDX-License-Identifier: ISC */
/*
 * Text: a growing buffer, UTF-8, and the small encoders that every layer needs. text_parse.h reads what they write.
 */
#ifndef MEDIAGATE_BASE_TEXT_H
#define MEDIAGATE_BASE_TEXT_H

#include <stdarg.h>
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
/* Back to a length that it had; what failed stays so. */
void text_cut(struct text *text, size_t length);
void text_append(struct text *text, const char *string);
void text_append_bytes(struct text *text, const void *bytes, size_t size);
void text_append_i64(struct text *text, int64_t number); /* decimal; several times faster than text_appendf */
void text_appendf(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);
void text_vappendf(struct text *text, const char *format, va_list arguments) PRINTF_LIKE(2, 0);
/* Appends a JSON string literal with quotes; invalid UTF-8 becomes U+FFFD, so the result is always valid. Controls are
 * escaped, DEL and C1 too, so that it is also safe on a terminal. */
void text_append_json_string(struct text *text, const char *bytes, size_t size);

/* Valid UTF-8 by RFC 3629 (no overlong forms, no surrogates, at most U+10FFFF). */
bool text_is_utf8(const char *bytes, size_t size);
/* The number of code points of valid UTF-8. */
size_t text_utf8_length(const char *bytes, size_t size);
/* True when a control character (C0, DEL or C1) occurs in valid UTF-8. */
bool text_has_control(const char *bytes, size_t size);
/* `ret_hex` gets 2 * size digits and a NUL. */
void text_hex_encode(const void *bytes, size_t size, char *ret_hex);
/* base64url without padding (RFC 4648 section 5). `ret_text` needs text_base64url_length(size) + 1 bytes. */
size_t text_base64url_length(size_t size);
void text_base64url_encode(const void *bytes, size_t size, char *ret_text);

#endif
