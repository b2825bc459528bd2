/* SPDX-License-Identifier: ISC */
/*
 * Binds, adopts and shuts listening unix sockets.
 */
#include "config.h"

#include "process/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Removes what a killed predecessor left behind: a socket that refuses connections. */
static enum error remove_stale(const struct sockaddr_un *address) {
  struct stat status;
  if (lstat(address->sun_path, &status) != 0) {
    return errno == ENOENT ? ERROR_NONE : ERROR_IO;
  }
  if (!S_ISSOCK(status.st_mode)) {
    return ERROR_CONFLICT; /* somebody's file: not ours to remove */
  }
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) {
    return ERROR_IO;
  }
  int result = connect(fd, (const struct sockaddr *)address, sizeof *address);
  int reason = errno;
  (void)close(fd);
  if (result == 0 || reason != ECONNREFUSED) {
    return ERROR_CONFLICT;
  }
  return unlink(address->sun_path) == 0 || errno == ENOENT ? ERROR_NONE : ERROR_IO;
}

enum error listener_open(const char *path, int *ret_fd) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(path);
  if (length >= sizeof address.sun_path) {
    return ERROR_TOO_LARGE;
  }
  memcpy(address.sun_path, path, length + 1);
  enum error error = remove_stale(&address);
  if (error != ERROR_NONE) {
    return error;
  }
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) {
    return ERROR_IO;
  }
  mode_t before = umask(0117); /* the socket is never open to others, not even for a moment */
  int result = bind(fd, (const struct sockaddr *)&address, sizeof address);
  int reason = errno;
  (void)umask(before);
  if (result == 0 && listen(fd, LISTENER_BACKLOG) == 0) {
    *ret_fd = fd;
    return ERROR_NONE;
  }
  reason = result == 0 ? errno : reason;
  (void)close(fd);
  errno = reason;
  return reason == EADDRINUSE ? ERROR_CONFLICT : ERROR_IO;
}

enum error listener_adopt(int fd) {
  int listening = 0;
  int type = 0;
  int domain = 0;
  socklen_t size = sizeof(int);
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 ||
      getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 ||
      getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 || !listening || type != SOCK_STREAM ||
      domain != AF_UNIX) {
    return ERROR_INVALID;
  }
  int flags = fcntl(fd, F_GETFL);
  return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ? ERROR_NONE
                                                                                                          : ERROR_IO;
}

void listener_shut(int fd, const char *path) {
  (void)unlink(path);
  (void)shutdown(fd, SHUT_RD); /* connect() is refused from now on, accept() still gives what is queued */
}
