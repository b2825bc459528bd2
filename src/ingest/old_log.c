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
#include "ingest/delivery_line.h"

#define CHUNK     65536
#define LOOKED_AT 65536

/* What logrotate and its users compress with. A line of a log begins with a brace, which none of these do. */
enum packing old_log_packing(int fd) {
  static const struct {
    const char *bytes;
    size_t size;
    enum packing packing;
  } magics[] = {
      {"\x1f\x8b", 2, PACKING_GZIP},
      {"\xfd"
       "7zXZ",
       5, PACKING_OTHER},
      {"\x28\xb5\x2f\xfd", 4, PACKING_OTHER}, /* zstd */
      {"\x04\x22\x4d\x18", 4, PACKING_OTHER}, /* lz4 */
      {"\x02\x21\x4c\x18", 4, PACKING_OTHER}, /* lz4, as older kernels have it */
      {"BZh", 3, PACKING_OTHER},
      {"\x5d\x00\x00", 3, PACKING_OTHER}, /* lzma */
      {"\x1f\x9d", 2, PACKING_OTHER},     /* compress */
      {"\x89LZO", 4, PACKING_OTHER},
      {"7z\xbc\xaf", 4, PACKING_OTHER},
      {"PK\x03\x04", 4, PACKING_OTHER},
  };
  char begin[8];
  ssize_t size = pread(fd, begin, sizeof begin, 0);
  for (size_t i = 0; size > 0 && i < sizeof magics / sizeof *magics; i++) {
    if ((size_t)size >= magics[i].size && memcmp(begin, magics[i].bytes, magics[i].size) == 0) {
      return magics[i].packing;
    }
  }
  return PACKING_NONE;
}

/* Does a line of the log's format stand at its beginning? Anything with newlines would pass for a log of rejects. */
static bool holds_lines(int fd) {
  char bytes[LOOKED_AT];
  struct delivery delivery;
  size_t size = 0;
  if (file_read_at(fd, 0, bytes, sizeof bytes, &size) != ERROR_NONE) {
    return false;
  }
  for (size_t at = 0; at < size;) {
    const char *end = memchr(bytes + at, '\n', size - at);
    size_t length = end == NULL ? size - at : (size_t)(end - bytes) - at;
    if (delivery_line_parse(bytes + at, length, &delivery) == DELIVERY_REJECT_NONE ||
        delivery_line_glued_at(bytes + at, length) > 0) {
      return true;
    }
    at += length + 1;
  }
  return false;
}

/* All of it, to its checksum: half a log would be taken for a whole one. */
static enum error copy_line(gzFile from, int to, const volatile sig_atomic_t *stop) {
  char chunk[CHUNK];
  int size = 0;
  while ((size = gzread(from, chunk, sizeof chunk)) > 0) {
    if (stop != NULL && *stop) {
      return ERROR_ABORTED;
    }
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
static enum error unpack(int packed, const char *scratch_folder, const volatile sig_atomic_t *stop, int *ret_fd) {
  gzFile from = gzdopen(packed, "rb");
  if (from == NULL) {
    close(packed);
    return ERROR_MEMORY;
  }
  int to = open(scratch_folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  enum error error = to < 0 ? file_error_from_errno(errno) : copy_line(from, to, stop);
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

enum error old_log_open(const char *path, const char *scratch_folder, const volatile sig_atomic_t *stop,
                        struct old_log *ret_log) {
  struct old_log log = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
  if (log.fd < 0) {
    return file_error_from_errno(errno);
  }
  enum error error = ERROR_NONE;
  enum packing packing = old_log_packing(log.fd);
  if (packing == PACKING_GZIP) {
    int packed = log.fd;
    log.fd = -1;
    error = unpack(packed, scratch_folder, stop, &log.fd);
  } else if (packing == PACKING_OTHER) {
    error = ERROR_UNSUPPORTED;
  }
  if (error == ERROR_NONE && !holds_lines(log.fd)) {
    error = ERROR_INVALID;
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
