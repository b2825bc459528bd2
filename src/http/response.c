/* SPDX-License-Identifier: ISC */
/*
 * Builds a response in memory and sends it, or sends it piece by piece. Errors are problem documents (RFC 9457).
 */
#include "config.h"

#include "http/response.h"

#include <assert.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <fcgiapp.h>

#include "http/request.h"

#define STREAM_PIECE   8192
#define STREAM_WAIT_MS 1000
#define PROBLEM_TYPES  "/problems/" /* of this host, so that the types are the same on each */

static const struct {
  int status;
  const char *title;
} titles[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {429, "Too Many Requests"},
    {460, "Checksum Mismatch"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {507, "Insufficient Storage"},
};

const char *response_title(int status) {
  for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
    if (titles[i].status == status) {
      return titles[i].title;
    }
  }
  return "Error";
}

void response_init(struct response *response, const char *request_id) {
  *response = (struct response){.status = 500, .request_id = request_id == NULL ? "" : request_id};
}

void response_free(struct response *response) {
  if (response != NULL) {
    text_free(&response->headers);
    text_free(&response->body);
  }
}

void response_header(struct response *response, const char *name, const char *value) {
  assert(strpbrk(name, "\r\n:") == NULL && strpbrk(value, "\r\n") == NULL);
  text_append(&response->headers, name);
  text_append(&response->headers, ": ");
  text_append(&response->headers, value);
  text_append(&response->headers, "\r\n");
}

static void set_body(struct response *response, int status, const char *content_type) {
  response->status = status;
  response->content_type = content_type;
  text_clear(&response->body);
}

void response_empty(struct response *response, int status) {
  set_body(response, status, NULL);
}

static void append_problem_member(struct text *body, const char *name, const char *value) {
  text_append(body, ",\"");
  text_append(body, name);
  text_append(body, "\":");
  text_append_json_string(body, value, strlen(value));
}

/* Everything of a problem document but the closing brace. `name` of its type may be NULL, `detail` too. */
static void begin_problem(struct response *response, int status, const char *name, const char *detail) {
  set_body(response, status, "application/problem+json");
  struct text *body = &response->body;
  text_append(body, name == NULL ? "{\"type\":\"about:blank\"" : "{\"type\":\"" PROBLEM_TYPES);
  text_append(body, name == NULL ? "" : name);
  text_append(body, name == NULL ? "" : "\"");
  append_problem_member(body, "title", response_title(status));
  text_appendf(body, ",\"status\":%d", status);
  if (detail != NULL) {
    append_problem_member(body, "detail", detail);
  }
  append_problem_member(body, "request_id", response->request_id);
  if (response->trace_id != NULL) {
    append_problem_member(body, "trace_id", response->trace_id);
  }
  if (response->oauth_error != NULL) {
    append_problem_member(body, "error", response->oauth_error);
  }
}

/* A longer text may be cut. */
#define FORMAT_DETAIL(format, ret_detail)                                                                              \
  do {                                                                                                                 \
    va_list arguments;                                                                                                 \
    va_start(arguments, format);                                                                                       \
    (void)vsnprintf(ret_detail, sizeof(ret_detail), format, arguments);                                                \
    va_end(arguments);                                                                                                 \
  } while (0)

void response_problem(struct response *response, int status, const char *detail_format, ...) {
  char detail[512];
  if (detail_format != NULL) {
    FORMAT_DETAIL(detail_format, detail);
  }
  begin_problem(response, status, NULL, detail_format == NULL ? NULL : detail);
  text_append(&response->body, "}\n");
}

void response_problem_of_type(struct response *response, int status, const char *name, const char *detail_format, ...) {
  char detail[512];
  FORMAT_DETAIL(detail_format, detail);
  begin_problem(response, status, name, detail);
  text_append(&response->body, "}\n");
}

void response_field_error(struct response *response, const char *pointer, const char *detail_format, ...) {
  if (response->field_error_count == RESPONSE_MAX_FIELD_ERRORS) {
    return;
  }
  struct response_field_error *noted = &response->field_errors[response->field_error_count++];
  (void)snprintf(noted->pointer, sizeof noted->pointer, "%s", pointer);
  FORMAT_DETAIL(detail_format, noted->detail);
}

bool response_has_field_errors(const struct response *response) {
  return response->field_error_count > 0;
}

void response_problem_fields(struct response *response) {
  struct text *body = &response->body;
  begin_problem(response, 422, NULL, "Some fields are missing, unknown or not as they should be; `errors` names each.");
  text_append(body, ",\"errors\":[");
  for (size_t i = 0; i < response->field_error_count; i++) {
    const struct response_field_error *noted = &response->field_errors[i];
    text_append(body, i == 0 ? "{\"pointer\":" : ",{\"pointer\":");
    text_append_json_string(body, noted->pointer, strlen(noted->pointer));
    append_problem_member(body, "detail", noted->detail);
    text_append(body, "}");
  }
  text_append(body, "]}\n");
}

void response_error(struct response *response, enum error error) {
  switch (error) {
  case ERROR_UNAVAILABLE:
    response_header(response, "Retry-After", "2");
    response_problem(response, 503, "The database cannot be reached just now; try again in a moment.");
    return;
  case ERROR_STORE_AWAY:
    response_header(response, "Retry-After", "5");
    response_problem(response, 503, "The store of media files cannot be reached just now; try again in a moment.");
    return;
  case ERROR_TIMEOUT:
    response_header(response, "Retry-After", "5");
    response_problem(response, 503, "The database took too long to answer; try again in a moment.");
    return;
  case ERROR_UNKNOWN_OUTCOME:
    response_header(response, "Retry-After", "2");
    response_problem(response, 503,
                     "The connection to the database broke while it saved this: look whether it is there before you "
                     "try again.");
    return;
  case ERROR_MEMORY:
    response->out_of_memory = true;
    response_header(response, "Retry-After", "5");
    response_problem(response, 503, "The server is short of memory; try again in a moment.");
    return;
  case ERROR_NO_SPACE:
    response_problem(response, 507, "The server's disk is full.");
    return;
  default:
    response_problem(response, 500, "Something went wrong in the server; its log names the request_id.");
    return;
  }
}

static bool has_header(const struct response *response, const char *name) {
  size_t length = strlen(name);
  const char *line = response->headers.data;
  while (line != NULL && *line != '\0') {
    if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
      return true;
    }
    line = strchr(line, '\n');
    line = line == NULL ? NULL : line + 1;
  }
  return false;
}

static void append_line(struct text *head, const char *rest) {
  text_append(head, rest);
  text_append(head, "\r\n");
}

void response_append_head(const struct response *response, const struct request *request, bool whole,
                          struct text *head) {
  text_append(head, "Status: ");
  text_append_i64(head, response->status);
  text_append(head, " ");
  append_line(head, response_title(response->status));
  if (response->content_type != NULL) {
    text_append(head, "Content-Type: ");
    append_line(head, response->content_type);
  }
  if (response->content_type != NULL && whole) {
    text_append(head, "Content-Length: ");
    text_append_i64(head, (int64_t)response->body.length);
    text_append(head, "\r\n");
  } else if (response->content_type == NULL && response->status != 204 && response->status != 304) {
    text_append(head, "Content-Length: 0\r\n");
  }
  text_append(head, "X-Request-Id: ");
  append_line(head, request->request_id);
  if (!has_header(response, "Cache-Control")) {
    text_append(head, "Cache-Control: no-store\r\n");
  }
  text_append_bytes(head, response->headers.data, response->headers.length);
  text_append(head, "\r\n");
}

static enum error response_put(struct request *request, const struct text *text) {
  return text->length == 0 || FCGX_PutStr(text->data, (int)text->length, request->fcgi->out) == (int)text->length
             ? ERROR_NONE
             : ERROR_ABORTED;
}

enum error response_send(struct response *response, struct request *request) {
  if (response->streamed) {
    return response->broken ? ERROR_ABORTED : ERROR_NONE;
  }
  if (response->body.failed || response->headers.failed) {
    text_free(&response->headers);
    text_free(&response->body);
    response_error(response, ERROR_MEMORY);
  }
  struct text head = {0};
  response_append_head(response, request, true, &head);
  enum error error = head.failed ? ERROR_MEMORY : response_put(request, &head);
  if (error == ERROR_NONE && request->method != HTTP_HEAD && response->content_type != NULL) {
    error = response_put(request, &response->body);
  }
  text_free(&head);
  return error;
}

void response_send_refusal(struct FCGX_Request *fcgi) {
  static const char refusal[] = "Status: 400 Bad Request\r\nContent-Type: application/problem+json\r\n\r\n"
                                "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400}\n";
  (void)FCGX_PutStr(refusal, sizeof refusal - 1, fcgi->out); /* nobody to tell when it fails */
}

/* --- piece by piece ---
 * libfcgi's writes wait for ever, so each piece waits here until the socket takes it: one that poll() calls writable
 * has room for far more than a piece. ipcFd, below fcgiapp.h's "don't use" line, is checked for by configure. */

static enum error wait_until_writable(const struct response_stream *stream) {
  struct pollfd descriptor = {.fd = stream->request->fcgi->ipcFd, .events = POLLOUT};
  while (true) {
    stream->beat(stream->context);
    if (stream->is_overdue(stream->context)) {
      return ERROR_TIMEOUT;
    }
    if (poll(&descriptor, 1, STREAM_WAIT_MS) > 0) {
      return (descriptor.revents & (POLLERR | POLLHUP)) != 0 ? ERROR_ABORTED : ERROR_NONE;
    }
  }
}

enum error response_stream_write(struct response_stream *stream, const void *bytes, size_t size) {
  const char *at = bytes;
  enum error error = ERROR_NONE;
  while (error == ERROR_NONE && size > 0) {
    int piece = size < STREAM_PIECE ? (int)size : STREAM_PIECE;
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
