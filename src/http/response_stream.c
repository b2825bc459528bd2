/* SPDX-License-Identifier: ISC */
/*
 * Sends a body piece by piece; see the header. libfcgi's writes wait for ever, so each piece waits here until the
 * socket takes it: one that poll() calls writable has room for far more than a piece. ipcFd, below fcgiapp.h's "don't
 * use" line, is checked for by configure.
 */
#include "config.h"

#include "http/response_stream.h"

#include <poll.h>

#include <fcgiapp.h>

#define PIECE   8192
#define WAIT_MS 1000

static enum error wait_until_writable(const struct response_stream *stream) {
  struct pollfd descriptor = {.fd = stream->request->fcgi->ipcFd, .events = POLLOUT};
  while (true) {
    stream->beat(stream->context);
    if (stream->is_overdue(stream->context)) {
      return ERROR_TIMEOUT;
    }
    if (poll(&descriptor, 1, WAIT_MS) > 0) {
      return (descriptor.revents & (POLLERR | POLLHUP)) != 0 ? ERROR_ABORTED : ERROR_NONE;
    }
  }
}

enum error response_stream_write(struct response_stream *stream, const void *bytes, size_t size) {
  const char *at = bytes;
  enum error error = ERROR_NONE;
  while (error == ERROR_NONE && size > 0) {
    int piece = size < PIECE ? (int)size : PIECE;
    error = wait_until_writable(stream);
    if (error == ERROR_NONE && FCGX_PutStr(at, piece, stream->request->fcgi->out) != piece) {
      error = ERROR_ABORTED;
    }
    at += piece;
    size -= (size_t)piece;
  }
  stream->response->broken = stream->response->broken || error != ERROR_NONE;
  return error;
}

enum error response_stream_begin(struct response_stream *stream) {
  struct text head = {0};
  response_append_head(stream->response, stream->request, false, &head);
  enum error error = head.failed ? ERROR_MEMORY : ERROR_NONE;
  if (error == ERROR_NONE) {
    stream->response->streamed = true;
    error = response_stream_write(stream, head.data, head.length);
  }
  text_free(&head);
  return error;
}
