/* SPDX-License-Identifier: ISC */
/*
 * Content-Type of a request (RFC 9110, section 8.3): which type, and is its text UTF-8? Pure.
 */
#ifndef MEDIAGATE_HTTP_CONTENT_TYPE_H
#define MEDIAGATE_HTTP_CONTENT_TYPE_H

#include <stdbool.h>

/* Is it this type ("application/json"), in any case, with parameters or without? */
bool content_type_is(const char *content_type, const char *type);
/* Do its parameters leave the text UTF-8: no charset, or that one? False too for parameters that do not parse. */
bool content_type_is_utf8(const char *content_type);

#endif
