/* SPDX-License-Identifier: ISC */
/*
 * Content-Type and Content-Encoding of a request (RFC 9110, sections 8.3 and 8.4): which type, and is its text UTF-8?
 * Pure but for the response that says what is wrong.
 */
#ifndef MEDIAGATE_HTTP_CONTENT_TYPE_H
#define MEDIAGATE_HTTP_CONTENT_TYPE_H

#include <stdbool.h>

struct request;
struct response;

/* Is it this type ("application/json"), in any case, with parameters or without? */
bool content_type_is(const char *content_type, const char *type);
/* Do its parameters leave the text UTF-8: no charset, or that one? False too for parameters that do not parse. */
bool content_type_is_utf8(const char *content_type);
/* Is the body sent as it is: no Content-Encoding, or identity? False: the response has the 415. Nothing here is
 * unpacked. */
bool content_type_is_plain(const struct request *request, struct response *response);

#endif
