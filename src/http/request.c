/* SPDX-License-Identifier: ISC */
/*
 * Reads nginx's FastCGI parameters and the body. With response.c and the process layer the only place that looks into
 * libfcgi's request.
 */
#include "config.h"

#include "http/request.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <fcgiapp.h>

#include "base/clock.h"
#include "base/text_parse.h"

#define DISCARD_MAX ((size_t)64 << 10)

static const char *const method_names[] = {
    [HTTP_GET] = "GET",     [HTTP_HEAD] = "HEAD",     [HTTP_POST] = "POST",       [HTTP_PUT] = "PUT",
    [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE", [HTTP_OPTIONS] = "OPTIONS", [HTTP_OTHER] = "OTHER",
};

const char *request_method_name(enum http_method method) {
  return method_names[method];
}

static enum http_method parse_method(const char *name) {
  for (int method = HTTP_GET; method < HTTP_OTHER; method++) {
    if (strcmp(name, method_names[method]) == 0) {
      return (enum http_method)method;
    }
  }
  return HTTP_OTHER;
}

/* The parameters that every request is asked for, gathered in one walk over the list. */
enum parameter {
  PARAMETER_METHOD,
  PARAMETER_PATH,
  PARAMETER_QUERY,
  PARAMETER_CONTENT_TYPE,
  PARAMETER_CONTENT_LENGTH,
  PARAMETER_REQUEST_ID,
  PARAMETER_ADDRESS,
  PARAMETER_HOST,
  PARAMETER_SCHEME,
  PARAMETER_AUTHORIZATION,
  PARAMETER_USER_AGENT,
  PARAMETER_REFERRER,
  PARAMETER_TRANSFER_ENCODING,
  PARAMETER_TRACE,
  PARAMETER_COUNT
};

#define NAMED(text)                                                                                                    \
  { (text), sizeof(text) - 1 }
static const struct {
  const char *name;
  size_t length;
} parameter_names[PARAMETER_COUNT] = {
    [PARAMETER_METHOD] = NAMED("REQUEST_METHOD"),
    [PARAMETER_PATH] = NAMED("DOCUMENT_URI"),
    [PARAMETER_QUERY] = NAMED("QUERY_STRING"),
    [PARAMETER_CONTENT_TYPE] = NAMED("CONTENT_TYPE"),
    [PARAMETER_CONTENT_LENGTH] = NAMED("CONTENT_LENGTH"),
    [PARAMETER_REQUEST_ID] = NAMED("REQUEST_ID"),
    [PARAMETER_ADDRESS] = NAMED("REMOTE_ADDR"),
    [PARAMETER_HOST] = NAMED("HTTP_HOST"),
    [PARAMETER_SCHEME] = NAMED("REQUEST_SCHEME"),
    [PARAMETER_AUTHORIZATION] = NAMED("HTTP_AUTHORIZATION"),
    [PARAMETER_USER_AGENT] = NAMED("HTTP_USER_AGENT"),
    [PARAMETER_REFERRER] = NAMED("HTTP_REFERER"),
    [PARAMETER_TRANSFER_ENCODING] = NAMED("HTTP_TRANSFER_ENCODING"),
    [PARAMETER_TRACE] = NAMED("HTTP_TRACEPARENT"),
};

/* The first of duplicates wins, as in libfcgi. What is absent becomes "". */
static void gather_parameters(char *const *list, const char *ret_values[PARAMETER_COUNT]) {
  for (size_t i = 0; i < PARAMETER_COUNT; i++) {
    ret_values[i] = NULL;
  }
  for (; list != NULL && *list != NULL; list++) {
    const char *equals = strchr(*list, '=');
    size_t length = equals == NULL ? 0 : (size_t)(equals - *list);
    for (size_t i = 0; length > 0 && i < PARAMETER_COUNT; i++) {
      if (length == parameter_names[i].length && memcmp(*list, parameter_names[i].name, length) == 0) {
        ret_values[i] = ret_values[i] == NULL ? equals + 1 : ret_values[i];
        break;
      }
    }
  }
  for (size_t i = 0; i < PARAMETER_COUNT; i++) {
    ret_values[i] = ret_values[i] == NULL ? "" : ret_values[i];
  }
}

static bool is_request_id(const char *text) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  size_t length = strspn(text, alphabet);
  return length >= 8 && length <= 64 && text[length] == '\0';
}

/* A host, perhaps with its port, as it may stand in a URL and in JSON without escaping. */
static bool is_plain_host(const char *text) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-:[]";
  return text[strspn(text, alphabet)] == '\0';
}

enum error request_init(struct request *ret_request, struct FCGX_Request *fcgi) {
  return request_init_list(ret_request, fcgi->envp, fcgi);
}

enum error request_init_list(struct request *ret_request, char *const *parameters, struct FCGX_Request *fcgi) {
  const char *values[PARAMETER_COUNT];
  gather_parameters(parameters, values);
  const char *length_text = values[PARAMETER_CONTENT_LENGTH];
  uint64_t content_length = 0;
  if (length_text[0] != '\0' &&
      text_parse_u64(length_text, strlen(length_text), INT64_MAX, &content_length) != ERROR_NONE) {
    return ERROR_INVALID;
  }
  const char *path = values[PARAMETER_PATH];
  if (path[0] != '/' || values[PARAMETER_METHOD][0] == '\0' || !is_request_id(values[PARAMETER_REQUEST_ID])) {
    return ERROR_INVALID;
  }
  *ret_request = (struct request){
      .method = parse_method(values[PARAMETER_METHOD]),
      .path = path,
      .query_text = values[PARAMETER_QUERY],
      .content_type = values[PARAMETER_CONTENT_TYPE],
      .content_length = length_text[0] == '\0' ? -1 : (int64_t)content_length,
      .has_body = content_length > 0 || (length_text[0] == '\0' && values[PARAMETER_TRANSFER_ENCODING][0] != '\0'),
      .authorization = values[PARAMETER_AUTHORIZATION],
      .request_id = values[PARAMETER_REQUEST_ID],
      .host = is_plain_host(values[PARAMETER_HOST]) ? values[PARAMETER_HOST] : "",
      .scheme = values[PARAMETER_SCHEME],
      .user_agent = values[PARAMETER_USER_AGENT],
      .referrer = values[PARAMETER_REFERRER],
      .parameters = parameters,
      .fcgi = fcgi,
      .route = "",
      .route_row = -1,
  };
  if (address_canonical(values[PARAMETER_ADDRESS], ret_request->remote_address) != ERROR_NONE) { /* "unix:" */
    (void)snprintf(ret_request->remote_address, sizeof ret_request->remote_address, "%s", values[PARAMETER_ADDRESS]);
  }
  trace_context_parse(values[PARAMETER_TRACE], &ret_request->trace);
  return ERROR_NONE;
}

const char *request_parameter(const struct request *request, const char *name) {
  size_t length = strlen(name);
  for (char *const *list = request->parameters; list != NULL && *list != NULL; list++) {
    if (strncmp(*list, name, length) == 0 && (*list)[length] == '=') {
      return *list + length + 1;
    }
  }
  return NULL;
}

/* Whatever libfcgi holds already, or at least one byte: a slow sender must not hold back what has come, since the
 * worker's heartbeat follows what is read. */
static size_t request_read_available(FCGX_Stream *in, char *buffer, size_t size) {
  int first = FCGX_GetChar(in);
  if (first == EOF) {
    return 0;
  }
  buffer[0] = (char)first;
  size_t held = (size_t)(in->stop - in->rdNext);
  size_t wanted = held < size - 1 ? held : size - 1;
  return wanted == 0 ? 1 : 1 + (size_t)FCGX_GetStr(buffer + 1, (int)wanted, in);
}

enum error request_read(struct request *request, void *buffer, size_t size, size_t *ret_read) {
  size_t got = 0;
  if (size > 0 && request->fcgi != NULL && request->held_body == NULL) {
    got = request_read_available(request->fcgi->in, buffer, size);
    if (FCGX_GetError(request->fcgi->in) != 0) {
      return ERROR_ABORTED;
    }
  } else if (size > 0 && request->test_body != NULL) {
    size_t left = request->test_body_size - request->body_read;
    got = left < size ? left : size;
    memcpy(buffer, request->test_body + request->body_read, got);
  }
  request->body_read += got;
  /* A body that was cut short reads as a clean end: only the announced length tells. */
  if (got == 0 && size > 0 && request->content_length >= 0 && request->body_read < (uint64_t)request->content_length) {
    return ERROR_ABORTED;
  }
  *ret_read = got;
  return ERROR_NONE;
}

bool request_has_more(const struct request *request) {
  if (request->fcgi == NULL || request->held_body != NULL || request->fcgi->in->rdNext != request->fcgi->in->stop) {
    return true;
  }
  struct pollfd connection = {.fd = request->fcgi->ipcFd, .events = POLLIN};
  return poll(&connection, 1, 0) != 0;
}

/* How long libfcgi's next reads of this connection wait at most: 0 not at all, -1 for ever. Only the reads know: what
 * is on the socket does not tell what libfcgi holds already. One that finds nothing ends the reading of the body. */
static bool limit_reads(int fd, int64_t wait_ms) {
  const struct timeval wait = {.tv_sec = wait_ms > 0 ? wait_ms / 1000 : 0,
                               .tv_usec = wait_ms > 0 ? wait_ms % 1000 * 1000 : 0}; /* 0 is for ever */
  int flags = fcntl(fd, F_GETFL);
  int wanted = wait_ms == 0 ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
  return flags >= 0 && (flags == wanted || fcntl(fd, F_SETFL, wanted) == 0) &&
         (wait_ms == 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0);
}

void request_discard_rest(struct request *request, int64_t wait_ms) {
  char chunk[4096];
  size_t got = 1;
  size_t end = request->content_length < 0 ? DISCARD_MAX : (size_t)request->content_length;
  if (request->fcgi == NULL || !request->has_body || end > DISCARD_MAX) {
    return;
  }
  int fd = request->fcgi->ipcFd;
  int64_t deadline_ms = clock_monotonic_ms() + wait_ms;
  int64_t left_ms = wait_ms;
  /* Up to the end that is told behind the last byte, without which closing the connection waits for nginx. */
  while (request->body_read <= end && got > 0 && limit_reads(fd, left_ms) &&
         request_read(request, chunk, sizeof chunk, &got) == ERROR_NONE) {
    left_ms = deadline_ms - clock_monotonic_ms();
    left_ms = left_ms > 0 ? left_ms : 0;
  }
  (void)limit_reads(fd, -1); /* a connection that takes no options takes no answer either */
}

enum error request_read_all(struct request *request, size_t max_size, char **ret_body, size_t *ret_size) {
  if (request->content_length > 0 && (uint64_t)request->content_length > max_size) {
    return ERROR_TOO_LARGE;
  }
  /* nginx never passes more than it announced */
  size_t expected = request->content_length >= 0 ? (size_t)request->content_length : max_size;
  char *body = malloc(expected + 2); /* one byte more than expected tells that there is more, and the NUL */
  if (body == NULL) {
    return ERROR_MEMORY;
  }
  size_t size = 0;
  size_t got = 0;
  enum error error;
  do {
    error = request_read(request, body + size, expected + 1 - size, &got);
    size += error == ERROR_NONE ? got : 0;
  } while (error == ERROR_NONE && got > 0 && size <= expected);
  if (error == ERROR_NONE && size > expected) {
    error = ERROR_TOO_LARGE;
  }
  if (error != ERROR_NONE) {
    free(body);
    return error;
  }
  body[size] = '\0';
  *ret_body = body;
  *ret_size = size;
  return ERROR_NONE;
}

enum error request_hold_body(struct request *request, size_t max_size) {
  char *body = NULL;
  size_t size = 0;
  enum error error = request_read_all(request, max_size, &body, &size);
  if (error == ERROR_NONE) {
    request->held_body = body;
    request->test_body = body;
    request->test_body_size = size;
    request->body_read = 0;
  }
  return error;
}

void request_release_body(struct request *request) {
  free(request->held_body);
  request->held_body = NULL;
  request->test_body = NULL;
}
