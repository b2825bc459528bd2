/* SPDX-License-Identifier: ISC */
/*
 * zlib reads what is not compressed as it is, so there is one way to read. A chunk is looked through at once; only what
 * lies around a hit is taken apart.
 */
#include "config.h"

#include "ingest/log_search.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/file.h"
#include "ingest/log_follower.h"
#include "ingest/old_log.h"

#define CHUNK ((size_t)1 << 20) /* many times the longest line */

/* The lines of `size` bytes that hold the needle. */
static enum error search_lines(const struct log_search *search, const char *path, const char *bytes, size_t size) {
  size_t needle_size = strlen(search->needle);
  const char *end = bytes + size;
  enum error error = ERROR_NONE;
  for (const char *at = bytes; error == ERROR_NONE && at < end;) {
    const char *hit = memmem(at, (size_t)(end - at), search->needle, needle_size);
    if (hit == NULL) {
      break;
    }
    const char *before = memrchr(at, '\n', (size_t)(hit - at));
    const char *line = before == NULL ? at : before + 1;
    const char *newline = memchr(hit, '\n', (size_t)(end - hit));
    const char *line_end = newline == NULL ? end : newline;
    error = search->found(search->context, path, line, (size_t)(line_end - line));
    at = newline == NULL ? end : newline + 1;
  }
  return error;
}

/* What of the buffer can be searched: its whole lines, or all of it at the end of the log or when no line ends in it.
 */
static size_t whole_lines(const char *buffer, size_t filled, bool at_end) {
  const char *last = at_end ? NULL : memrchr(buffer, '\n', filled);
  return last == NULL ? filled : (size_t)(last - buffer) + 1;
}

static enum error search_stream(const struct log_search *search, const char *path, gzFile stream, char *buffer) {
  size_t kept = 0;
  for (;;) {
    int got = gzread(stream, buffer + kept, (unsigned)(CHUNK - kept));
    if (got < 0) {
      search->damaged(search->context, path);
    }
    bool at_end = got <= 0;
    size_t filled = kept + (at_end ? 0 : (size_t)got);
    size_t whole = whole_lines(buffer, filled, at_end);
    enum error error = search_lines(search, path, buffer, whole);
    if (error != ERROR_NONE || at_end) {
      return error;
    }
    kept = filled - whole;
    memmove(buffer, buffer + whole, kept);
  }
}

static enum error search_log(const struct log_search *search, const char *path, char *buffer) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  bool packed = fd >= 0 && old_log_packing(fd) == PACKING_OTHER;
  gzFile stream = fd < 0 ? NULL : gzdopen(fd, "rb");
  if (stream == NULL) {
    if (fd >= 0) {
      close(fd);
    }
    if (fd >= 0 || errno != ENOENT) {
      search->damaged(search->context, path);
    }
    return ERROR_NONE;
  }
  if (packed) {
    (void)gzclose_r(stream);
    search->damaged(search->context, path);
    return ERROR_NONE;
  }
  enum error error = search_stream(search, path, stream, buffer);
  int closed = gzclose_r(stream);
  if (closed == Z_BUF_ERROR) { /* a compressed log that ends too early reads like one that ends */
    search->damaged(search->context, path);
  }
  return error;
}

static enum error search_entry(const struct log_search *search, const char *entry, char *buffer) {
  char *path = file_join(search->log_dir, entry);
  enum error error = path == NULL ? ERROR_MEMORY : search_log(search, path, buffer);
  free(path);
  return error;
}

enum error log_search_run(const struct log_search *search, int64_t *ret_logs) {
  DIR *directory = opendir(search->log_dir);
  if (directory == NULL) {
    return file_error_from_errno(errno);
  }
  int64_t logs = 0;
  char *buffer = malloc(CHUNK);
  enum error error = buffer == NULL ? ERROR_MEMORY : ERROR_NONE;
  for (struct dirent *entry = readdir(directory); error == ERROR_NONE && entry != NULL; entry = readdir(directory)) {
    if (log_follower_is_log_name(entry->d_name, search->name)) {
      logs++;
      error = search_entry(search, entry->d_name, buffer);
    }
  }
  closedir(directory);
  free(buffer);
  if (error == ERROR_NONE) {
    *ret_logs = logs;
  }
  return error;
}
