/* SPDX-License-Identifier: ISC */
/*
 * A response: built whole in memory, then sent once; or a head, and a body that does not fit into memory, piece by
 * piece. Errors are problem documents (RFC 9457).
 */
#ifndef MEDIAGATE_HTTP_RESPONSE_H
#define MEDIAGATE_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

struct FCGX_Request;
struct request;

/* One field that is wrong, in a 422. `pointer` is a JSON pointer into the body ("/title"), or "?name" for a query
 * parameter. */
struct response_field_error {
  char pointer[64];
  char detail[192];
};

#define RESPONSE_MAX_FIELD_ERRORS 16

struct response {
  int status;
  const char *request_id; /* of the request that is answered, "" for none; stands in problem documents */
  const char *trace_id;   /* of the request's trace, NULL for none; the same */
  const char
      *oauth_error;    /* static storage; NULL: none. The member "error" of problem documents (RFC 6749 section 5.2) */
  struct text headers; /* "Name: value\r\n" lines, Content-Type and Content-Length excluded */
  const char *content_type; /* static storage */
  struct text body;
  struct response_field_error field_errors[RESPONSE_MAX_FIELD_ERRORS];
  size_t field_error_count;
  bool streamed;      /* the head was sent by response_stream_begin */
  bool broken;        /* and could not be sent whole */
  bool out_of_memory; /* what ran out of it may not be whole any more */
};

/* request_id is not copied and may be NULL. */
void response_init(struct response *response, const char *request_id);
void response_free(struct response *response);
/* Values with CR, LF or NUL are a bug (assert). */
void response_header(struct response *response, const char *name, const char *value);
/* Status without a body (204). */
void response_empty(struct response *response, int status);
/* A problem document: {type, title, status, detail, request_id, error?, errors?}, of the type about:blank. Replaces a
 * body that was set before; headers stay. `detail` says what was wrong and what to do, in plain words; it may be NULL
 * when the title says all. */
void response_problem(struct response *response, int status, const char *detail_format, ...) PRINTF_LIKE(3, 4);
/* The same with a `type` of its own, for what a program must tell apart from other answers of this status. `name` is
 * the last part of the type; docs/errors.md lists all. */
void response_problem_of_type(struct response *response, int status, const char *name, const char *detail_format, ...)
    PRINTF_LIKE(4, 5);
/* Notes one wrong field; response_problem_fields then makes the 422 of all that were noted. */
void response_field_error(struct response *response, const char *pointer, const char *detail_format, ...)
    PRINTF_LIKE(3, 4);
bool response_has_field_errors(const struct response *response);
void response_problem_fields(struct response *response);
/* The answer to an error of a lower layer that no handler has a better word for: ERROR_UNAVAILABLE is 503 with
 * Retry-After, so are ERROR_TIMEOUT, ERROR_MEMORY and ERROR_UNKNOWN_OUTCOME; ERROR_NO_SPACE is 507, the rest 500. */
void response_error(struct response *response, enum error error);
/* Sends status line, headers (X-Request-Id and Cache-Control: no-store unless a Cache-Control was set) and body;
 * HEAD sends no body. ERROR_ABORTED when the client is gone. */
enum error response_send(struct response *response, struct request *request) MUST_CHECK;
/* Status line and headers as they are sent. whole: the body is there, so its length is known. */
void response_append_head(const struct response *response, const struct request *request, bool whole,
                          struct text *head);
/* Answers 400 to a request that request_init refused; there is no struct request to answer then. */
void response_send_refusal(struct FCGX_Request *fcgi);
const char *response_title(int status);

/* A body sent piece by piece, as fast as the client takes it. While the client is slow the waiting beats, and ends when
 * it must. nginx ends a body that breaks off as it ends a whole one: the body itself must say where its end is. */
struct response_stream {
  struct response *response;
  struct request *request;
  void (*beat)(void *context);       /* about every second */
  bool (*is_overdue)(void *context); /* must it end now? */
  void *context;
};

/* Sends the head: the response's status, headers and content type. From here on response_send sends nothing more. */
enum error response_stream_begin(struct response_stream *stream) MUST_CHECK;
/* ERROR_ABORTED: the client is gone. ERROR_TIMEOUT: it must end now. */
enum error response_stream_write(struct response_stream *stream, const void *bytes, size_t size) MUST_CHECK;

#endif
