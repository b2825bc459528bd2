/* SPDX-License-Identifier: ISC */
/*
 * A delivery log that is given by hand, compressed or not, as a file that the ingester can read like any other. gzip
 * is told by the file's first bytes, not by its name.
 */
#ifndef MEDIAGATE_INGEST_OLD_LOG_H
#define MEDIAGATE_INGEST_OLD_LOG_H

#include <signal.h>

#include "base/error.h"
#include "ingest/log_follower.h"

enum packing {
  PACKING_NONE,
  PACKING_GZIP,  /* zlib reads it */
  PACKING_OTHER, /* xz, zstd, bzip2, lz4 …: nothing here reads it, and zlib would take it for text */
};

/* How the file is compressed, by its first bytes. Where it is read is not changed. */
enum packing old_log_packing(int fd);

struct old_log {
  struct log_file file; /* its path is good as long as the log is open */
  int fd;
};

/* A compressed log is unpacked into a nameless file in scratch_folder, which goes with the last descriptor.
 * ERROR_NOT_FOUND: no such file. ERROR_INVALID: a damaged gzip file, or no line of a delivery log in its first 64 KiB.
 * ERROR_UNSUPPORTED: compressed by something else. ERROR_NO_SPACE: scratch_folder's
 * disk is full. ERROR_ABORTED: *stop while it was unpacked; stop may be NULL. */
enum error old_log_open(const char *path, const char *scratch_folder, const volatile sig_atomic_t *stop,
                        struct old_log *ret_log) MUST_CHECK;
void old_log_close(struct old_log *log);

#endif
