/* SPDX-License-Identifier: ISC */
/*
 * Removes what uploads, links and deletions left behind, those that a kill -9 interrupted included, and looks again at
 * every link into the library.
 */
#ifndef MEDIAGATE_FILES_SWEEP_H
#define MEDIAGATE_FILES_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "files/media_folder.h"

/* Is this entry of media/<id>/ (a stored name up to its first "/") the row's? Of a deleted medium
 * none is. ERROR_NOT_FOUND: the database never heard of this medium; its files are left alone,
 * since that is what a restored backup or a wrong connection string looks like. */
typedef enum error sweep_is_current(void *context, int64_t media_id, const char *entry, bool *ret_current,
                                    bool *ret_deleted);

struct sweep_options {
  /* A replaced file stays this long after it was noted, for the grants that play it. At least the
   * time that an upload may take between placing its file and committing the row. */
  int64_t keep_seconds;
  /* A deletion that was noted this long ago and has not been committed never will be. */
  int64_t deletion_grace_seconds;
  /* Spool files and packages on their way that no process holds and that are this old. */
  int64_t spool_grace_seconds;
  /* Looks at every file of every medium, not only at those that are noted as unsettled: after a
   * start, and once a day. */
  bool full;
  sweep_is_current *is_current;
  /* Told of each link into the library that was removed because it led out, or made again. May be NULL. */
  void (*link_changed)(void *context, int64_t media_id, bool cut);
  void *context;
};

struct sweep_counts {
  int64_t spool, trash, stored,
      deleted;           /* removed: what was on its way, folders in trash/, stored files, folders of deleted media */
  int64_t noted;         /* found by a full sweep and kept for now */
  int64_t cut, restored; /* links into the library: removed because they led out, and made again */
  int64_t unknown;       /* of media that the database never heard of: left alone */
  int64_t failed;        /* could not be looked at or removed; the next sweep tries again */
};

/* ERROR_IO and the like only when a folder as a whole cannot be read; ERROR_UNAVAILABLE when
 * is_current says so: then nothing is removed that depends on it. Counts are valid in every case.
 */
enum error sweep_run(struct media_folder *folder, const struct sweep_options *options,
                     struct sweep_counts *ret_counts) MUST_CHECK;

#endif
