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
#include "domain/digest.h"

struct log_file {
  char *path;
  unsigned char id[DIGEST_SIZE]; /* SHA-256 of the first line that is not empty */
  int64_t size_bytes;
  int64_t modified_us;
};

/* A file that has the name of a log and could not be read. */
struct log_skipped {
  char *path;
  int error_number; /* errno; 0: nothing in its first 64 KiB ends as a line, so it has no identity */
};

struct log_files {
  struct log_file *items;
  size_t count;
  struct log_skipped *skipped;
  size_t skipped_count;
};

/* Is it the name of a log: `name`, "name.…" or "name-…"? */
bool log_follower_is_log_name(const char *entry, const char *name);
/* One file. ERROR_NOT_FOUND: it is no log, not yet, or not any more: gone, not a regular file, no terminated line.
 * ERROR_INVALID: no line in its first 64 KiB. ERROR_IO: errno tells why. The caller frees ret_file->path. */
enum error log_follower_describe(const char *path, struct log_file *ret_file) MUST_CHECK;
/* The logs in `folder` whose names are `name` or begin with "name." or "name-" (rotated ones), the one longest
 * unchanged first. Those without a terminated line have no identity yet and are left out, as are compressed ones; those
 * that cannot be read stand apart, so that one of them keeps nobody from the others. ERROR_NOT_FOUND: no such folder.
 */
enum error log_follower_scan(const char *folder, const char *name, struct log_files *ret_files) MUST_CHECK;
void log_files_free(struct log_files *files);
/* Replaces `buffer` by the lines after `position`, at most max_bytes, all of them terminated: an unterminated tail is
 * left for later (unless it fills all of max_bytes, which no line does). Empty: nothing new. ERROR_NOT_FOUND: the path
 * is another log by now, or gone; the next scan tells. ERROR_IO: errno tells why. */
enum error log_follower_read(const struct log_file *file, int64_t position, size_t max_bytes,
                             struct text *buffer) MUST_CHECK;
/* The same; what it gives is on the disk. So a position behind it can be stored: after a loss of power the log still
 * reaches to there. */
enum error log_follower_read_synced(const struct log_file *file, int64_t position, size_t max_bytes,
                                    struct text *buffer) MUST_CHECK;

#endif
