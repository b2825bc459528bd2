/* SPDX-License-Identifier: ISC */
/*
 * Unpacks to disk, not to memory: the ingester reads by position, and a log may be large.
 */
#include "config.h"

#include "ingest/old_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/file.h"

#define CHUNK 65536

static bool is_gzip(int fd) {
  unsigned char magic[2] = {0};
  return pread(fd, magic, sizeof magic, 0) == (ssize_t)sizeof magic && magic[0] == 0x1f && magic[1] == 0x8b;
}

/* All of it, to its checksum: half a log would be taken for a whole one. */
static enum error copy(gzFile from, int to) {
  char chunk[CHUNK];
  int size = 0;
  while ((size = gzread(from, chunk, sizeof chunk)) > 0) {
    enum error error = file_write_all(to, chunk, (size_t)size);
    if (error != ERROR_NONE) {
      return error;
    }
  }
  int status = Z_OK;
  (void)gzerror(from, &status);
  return size < 0 || status != Z_OK ? ERROR_INVALID : ERROR_NONE;
}

/* Takes `packed` over in every case. */
static enum error unpack(int packed, const char *scratch_folder, int *ret_fd) {
  gzFile from = gzdopen(packed, "rb");
  if (from == NULL) {
    close(packed);
    return ERROR_MEMORY;
  }
  int to = open(scratch_folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  enum error error = to < 0 ? file_error_from_errno(errno) : copy(from, to);
  (void)gzclose_r(from); /* everything was read, or does not matter any more */
  if (error != ERROR_NONE) {
    if (to >= 0) {
      close(to);
    }
    return error;
  }
  *ret_fd = to;
  return ERROR_NONE;
}

enum error old_log_open(const char *path, const char *scratch_folder, struct old_log *ret_log) {
  struct old_log log = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
  if (log.fd < 0) {
    return file_error_from_errno(errno);
  }
  enum error error = ERROR_NONE;
  if (is_gzip(log.fd)) {
    int packed = log.fd;
    log.fd = -1;
    error = unpack(packed, scratch_folder, &log.fd);
  }
  if (error == ERROR_NONE) {
    char name[40];
    snprintf(name, sizeof name, "/proc/self/fd/%d", log.fd);
    error = log_follower_describe(name, &log.file);
    error = error == ERROR_NOT_FOUND ? ERROR_INVALID : error;
  }
  if (error != ERROR_NONE) {
    file_close_cleanup(&log.fd);
    return error;
  }
  *ret_log = log;
  return ERROR_NONE;
}

void old_log_close(struct old_log *log) {
  free(log->file.path);
  log->file.path = NULL;
  file_close_cleanup(&log->fd);
}
