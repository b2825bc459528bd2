/* SPDX-License-Identifier: ISC */
/*
 * Keeps the HLS masters of packages in step with their media's subtitles: a change of either is found in the rows, so
 * whoever makes it needs to tell nobody, and nothing is lost when a process dies.
 */
#ifndef MEDIAGATE_PACKAGE_SUBTITLER_H
#define MEDIAGATE_PACKAGE_SUBTITLER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "files/media_folder.h"
#include "store/engine/database.h"
#include "store/media/subtitle_store.h"

#define SUBTITLER_PUT_OFF_MAX 64

struct subtitler {
  struct database *database;
  struct media_folder *folder;
  /* Its own, zero at first. */
  int64_t last_id; /* the medium looked after last */
  struct {
    char master_of[MASTER_OF_SIZE];
    int64_t until_ms;
  } put_off[SUBTITLER_PUT_OFF_MAX]; /* what failed, and when it is tried again */
  size_t put_off_count;
};

/* Writes one master that is missing or outdated. One that cannot be written is told to the log and put off for a
 * minute, unless its medium gets another package or other subtitles before; the others come first. ERROR_NOT_FOUND:
 * there is none, or so many failed that more than media must be wrong. Other errors are the database's. */
enum error subtitler_run_one(struct subtitler *subtitler) MUST_CHECK;

#endif
