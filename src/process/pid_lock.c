/* SPDX-License-Identifier: ISC */
/*
 * Takes and releases the lock of a daemon, its pid file. The lock is fcntl's: it belongs to the process, so forked
 * workers do not hold it.
 */
#include "config.h"

#include "process/pid_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text_parse.h"

static pid_t read_pid(int fd) {
  char text[24];
  uint64_t pid = 0;
  ssize_t size = pread(fd, text, sizeof text, 0);
  size_t length = size <= 0 ? 0 : (size_t)size;
  const char *newline = memchr(text, '\n', length);
  length = newline == NULL ? length : (size_t)(newline - text);
  return text_parse_u64(text, length, INT32_MAX, &pid) == ERROR_NONE ? (pid_t)pid : 0;
}

/* Did somebody unlink or replace the file between our open() and our lock? */
static bool is_still_there(const char *path, int fd) {
  struct stat by_path, by_fd;
  return stat(path, &by_path) == 0 && fstat(fd, &by_fd) == 0 && by_path.st_ino == by_fd.st_ino &&
         by_path.st_dev == by_fd.st_dev;
}

static enum error lock_and_write(const char *path, int fd, pid_t *ret_pid) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  char text[24];
  if (fcntl(fd, F_SETLK, &lock) != 0) {
    bool taken = errno == EACCES || errno == EAGAIN;
    if (taken) {
      *ret_pid = read_pid(fd);
    }
    return taken ? ERROR_CONFLICT : ERROR_IO;
  }
  if (!is_still_there(path, fd)) {
    return ERROR_TIMEOUT; /* of the race: once more */
  }
  pid_t stale = read_pid(fd);
  int length = snprintf(text, sizeof text, "%ld\n", (long)getpid());
  if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)length, 0) != length) {
    return file_error_from_errno(errno);
  }
  *ret_pid = stale;
  return ERROR_NONE;
}

enum error pid_lock_take(const char *path, int *ret_fd, pid_t *ret_pid) {
  for (int attempt = 0; attempt < 10; attempt++) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) {
      return ERROR_IO;
    }
    enum error error = lock_and_write(path, fd, ret_pid);
    if (error == ERROR_NONE) {
      *ret_fd = fd;
      return ERROR_NONE;
    }
    int reason = errno;
    (void)close(fd);
    errno = reason;
    if (error != ERROR_TIMEOUT) {
      return error;
    }
  }
  return ERROR_TIMEOUT;
}

void pid_lock_release(const char *path, int fd) {
  (void)unlink(path); /* before the lock goes with the descriptor */
  (void)close(fd);
}
