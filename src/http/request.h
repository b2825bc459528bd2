/* SPDX-License-Identifier: ISC */
/*
 * One HTTP request as nginx hands it over: parsed once, then plain data. The body is read on demand.
 * Made from a libfcgi request, or in tests from a list of parameters and a body.
 */
#ifndef MEDIAGATE_HTTP_REQUEST_H
#define MEDIAGATE_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/address.h"
#include "http/query.h"
#include "http/trace_context.h"

struct FCGX_Request; /* libfcgi's; only http and process look inside */

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_OPTIONS, HTTP_OTHER };

struct request {
  enum http_method method;
  const char *path;                       /* nginx's $uri: decoded, normalised, begins with "/" */
  const char *query_text;                 /* as sent, "" for none */
  const char *content_type;               /* as sent, "" for none */
  int64_t content_length;                 /* -1: absent (no body, or chunked) */
  bool has_body;                          /* content_length > 0, or a chunked body without a length */
  const char *authorization;              /* the header, "" for none */
  struct trace_context trace;             /* of the header traceparent; empty for none */
  const char *request_id;                 /* [A-Za-z0-9._-]{8,64}; nginx made or checked it */
  char remote_address[ADDRESS_TEXT_SIZE]; /* after realip; canonical (domain/address.h), so that limits, bindings, views
                                           * and logs know one spelling; as sent where it is no address */
  const char *host;   /* nginx's $host checked against server_names, with :port as asked; "" when it has other
                       * characters than a host and port have */
  const char *scheme; /* "http" or "https" */
  const char *user_agent;
  const char *referrer;
  char *const *parameters;   /* "NAME=value" strings, NULL-terminated */
  struct FCGX_Request *fcgi; /* NULL in tests, which give test_body */
  const char *test_body;     /* or what request_hold_body has read */
  size_t test_body_size;
  char *held_body;  /* NULL: the body was not held */
  size_t body_read; /* bytes so far */
  /* Noted by whoever dispatches, for the log line of this request. */
  const char *route;  /* the pattern of the route, "" while none is found */
  int route_row;      /* of the routes' table, -1 while none is found */
  int64_t account_id; /* who called, 0 for nobody */
  int64_t media_id;   /* which medium it is about, 0 for none */
};

/* Reads the FastCGI parameters (REQUEST_METHOD, DOCUMENT_URI, QUERY_STRING, CONTENT_TYPE, CONTENT_LENGTH, REQUEST_ID,
 * REMOTE_ADDR, HTTP_HOST, REQUEST_SCHEME, HTTP_AUTHORIZATION …). Strings point into the libfcgi request and live as
 * long as it does. ERROR_INVALID: something that nginx would never send. */
enum error request_init(struct request *ret_request, struct FCGX_Request *fcgi) MUST_CHECK;
/* The same from a list of "NAME=value"; fcgi is where the body comes from, NULL for test_body. */
enum error request_init_list(struct request *ret_request, char *const *parameters,
                             struct FCGX_Request *fcgi) MUST_CHECK;
/* The value of any other parameter, NULL when absent. */
const char *request_parameter(const struct request *request, const char *name);
/* Reads up to size bytes of the body, as soon as there are some; *ret_read 0 is a clean end (all of content_length was
 * read). ERROR_ABORTED: the client went away, or sent less than it announced. */
enum error request_read(struct request *request, void *buffer, size_t size, size_t *ret_read) MUST_CHECK;
/* A hint: would request_read answer at once? False when it may have to wait for the client. */
bool request_has_more(const struct request *request);
/* Reads and forgets the rest of a small body (64 KiB in all), as far as it comes within wait_ms. nginx passes the
 * bodies of uploads on while they come; behind an answer that is there before the body's end it closes the connection,
 * of which the client learns nothing: its next request on it is lost. */
void request_discard_rest(struct request *request, int64_t wait_ms);
/* The whole body, at most max_size bytes (else ERROR_TOO_LARGE); malloc'd with a NUL behind it. */
enum error request_read_all(struct request *request, size_t max_size, char **ret_body, size_t *ret_size) MUST_CHECK;
/* Reads a body of at most max_size bytes (else ERROR_TOO_LARGE), so that what reads it later gets it once more. */
enum error request_hold_body(struct request *request, size_t max_size) MUST_CHECK;
void request_release_body(struct request *request);
const char *request_method_name(enum http_method method);

#endif
