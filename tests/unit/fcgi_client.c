/* SPDX-License-Identifier: ISC */
/* One request after another, with id 1, its action in QUERY_STRING. See fcgi_client.h. */
#include "config.h"

#include "fcgi_client.h"

#include <check.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

int fcgi_client_connect(const char *path, int timeout_ms) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  for (int64_t end = clock_monotonic_ms() + timeout_ms; clock_monotonic_ms() < end; (void)poll(NULL, 0, 5)) {
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) {
      return fd;
    }
    (void)close(fd);
  }
  ck_abort_msg("nobody listens");
  return -1;
}

static void append_record(char *message, size_t *length, unsigned char type, const void *content, size_t size) {
  const unsigned char header[8] = {1, type, 0, 1, (unsigned char)(size >> 8), (unsigned char)size, 0, 0};
  memcpy(message + *length, header, sizeof header);
  memcpy(message + *length + sizeof header, content, size);
  *length += sizeof header + size;
}

bool fcgi_client_send(int fd, const char *action, bool keep) {
  const char begin_body[8] = {0, 1, (char)keep};
  char parameters[64];
  char message[256];
  size_t length = 0;
  size_t size = (size_t)snprintf(parameters, sizeof parameters, "%c%cQUERY_STRING%s", 12, (int)strlen(action), action);
  append_record(message, &length, 1, begin_body, sizeof begin_body);
  append_record(message, &length, 4, parameters, size);
  append_record(message, &length, 4, "", 0);
  append_record(message, &length, 5, "", 0);
  return send(fd, message, length, MSG_NOSIGNAL) == (ssize_t)length;
}

static bool receive(int fd, void *bytes, size_t size, int timeout_ms) {
  char *at = bytes;
  while (size > 0) {
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    ssize_t got = poll(&readable, 1, timeout_ms) > 0 ? read(fd, at, size) : -1;
    if (got <= 0) {
      return false;
    }
    at += got;
    size -= (size_t)got;
  }
  return true;
}

int fcgi_client_receive(int fd, int timeout_ms) {
  char body[512] = "";
  size_t length = 0;
  unsigned char header[8];
  while (receive(fd, header, sizeof header, timeout_ms)) {
    char content[65536];
    size_t size = (size_t)header[4] << 8 | header[5];
    if (!receive(fd, content, size + header[6], timeout_ms)) {
      return -1;
    }
    if (header[1] == 3) { /* the end of the request */
      const char *number = strstr(body, "\r\n\r\n");
      return number == NULL ? -1 : (int)strtol(number + 4, NULL, 10);
    }
    if (header[1] == 6 && length + size < sizeof body) {
      memcpy(body + length, content, size);
      length += size;
      body[length] = '\0';
    }
  }
  return -1;
}

bool fcgi_client_is_closed(int fd, int timeout_ms) {
  char byte;
  struct pollfd readable = {.fd = fd, .events = POLLIN};
  return poll(&readable, 1, timeout_ms) > 0 && read(fd, &byte, 1) <= 0;
}
