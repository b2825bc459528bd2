/* SPDX-License-Identifier: ISC */
/*
 * Origins as settings and file_url name them: https://host, http://host, either with :port (RFC 6454). Held to RFC 3986
 * and kept narrow, since what is accepted ends up in nginx's configuration. Pure.
 */
#ifndef MEDIAGATE_DOMAIN_ORIGIN_H
#define MEDIAGATE_DOMAIN_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define ORIGIN_HOST_SIZE 256

struct origin {
  const char *scheme;          /* "http" or "https" */
  char host[ORIGIN_HOST_SIZE]; /* lower case; an IPv6 address in brackets, in its canonical spelling */
  uint16_t port;
  bool port_is_default; /* of the scheme */
};

/* The text is the origin alone. ERROR_INVALID with what is wrong, in words for people, in *ret_reason (static storage).
 */
enum error origin_parse(const char *text, size_t length, struct origin *ret_origin, const char **ret_reason) MUST_CHECK;
bool origin_equals(const struct origin *one, const struct origin *other);
/* The length of "http://" or "https://", in any case, that the text begins with; 0: another scheme. */
size_t origin_scheme_length(const char *text);

/* A name (an underscore is allowed, since container networks use it), an IPv4 address or an IPv6 address in brackets.
 */
bool origin_is_host(const char *text, size_t length);
/* The same, with :port or without. */
bool origin_is_host_and_port(const char *text, size_t length);

#endif
