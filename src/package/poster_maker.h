/* SPDX-License-Identifier: ISC */
/*
 * Makes the posters that administrators choose, each in a folder of its own beside the package.
 */
#ifndef MEDIAGATE_PACKAGE_POSTER_MAKER_H
#define MEDIAGATE_PACKAGE_POSTER_MAKER_H

#include <stdint.h>

#include "base/error.h"
#include "files/media_folder.h"
#include "package/ffmpeg/ffmpeg_run.h"
#include "store/engine/database.h"

struct poster_maker {
  struct database *database;
  struct media_folder *folder;
  const struct transcode_options *options; /* progress, context and stop are NULL */
  int64_t pause_until_ms;                  /* its own, zero at first: after what may be better another time */
};

/* Makes one. What is wrong with the film or image is told to its row. ERROR_NOT_FOUND: none is wanted, or the machine
 * was not able to a moment ago. Other errors are the database's. */
enum error poster_maker_run_one(struct poster_maker *maker) MUST_CHECK;

#endif
