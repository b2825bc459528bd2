/* SPDX-License-Identifier: ISC */
/*
 * A response whose body does not fit into memory: the head is sent first, then the body piece by piece, as fast as the
 * client takes it. While the client is slow the waiting beats, and ends when it must. nginx ends a body that breaks off
 * as it ends a whole one: the body itself must say where its end is.
 */
#ifndef MEDIAGATE_HTTP_RESPONSE_STREAM_H
#define MEDIAGATE_HTTP_RESPONSE_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "http/request.h"
#include "http/response.h"

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
