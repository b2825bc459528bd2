/* SPDX-License-Identifier: ISC */
/*
 * Finds nginx's delivery logs and reads whole lines of them. A log is known by the hash of its first line, never by its
 * name or inode: a rename, a rotation that was missed, a copy or a reused inode change nothing. Nothing is kept open,
 * so nothing is kept alive; knows neither what a line says nor how far anybody read.
 */
#ifndef MEDIAGATE_INGEST_LOG_FOLLOWER_H
#define MEDIAGATE_INGEST_LOG_FOLLOWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

#define LOG_ID_SIZE 32

struct log_file {
  char *path;
  unsigned char id[LOG_ID_SIZE]; /* SHA-256 of the first line that is not empty */
  int64_t size_bytes;
  int64_t modified_us;
};

struct log_files {
  struct log_file *items;
  size_t count;
};

/* Is it the name of a log: `name`, "name.…" or "name-…"? */
bool log_follower_is_log_name(const char *entry, const char *name);
/* One file. ERROR_NOT_FOUND: it is no log, not yet, or not any more: gone, not a regular file, no terminated line. The
 * caller frees ret_file->path. */
enum error log_follower_describe(const char *path, struct log_file *ret_file) MUST_CHECK;
/* The logs in `folder` whose names are `name` or begin with "name." or "name-" (rotated ones), the one longest
 * unchanged first. Those without a terminated line have no identity yet and are left out, as are compressed ones.
 * ERROR_NOT_FOUND: no such folder. */
enum error log_follower_scan(const char *folder, const char *name, struct log_files *ret_files) MUST_CHECK;
void log_files_free(struct log_files *files);
/* Replaces `buffer` by the lines after `position`, at most max_bytes, all of them terminated: an unterminated tail is
 * left for later (unless it fills all of max_bytes, which no line does). Empty: nothing new. ERROR_NOT_FOUND: the path
 * is another log by now, or gone; the next scan tells. */
enum error log_follower_read(const struct log_file *file, int64_t position, size_t max_bytes,
                             struct text *buffer) MUST_CHECK;

#endif
