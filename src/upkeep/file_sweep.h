/* SPDX-License-Identifier: ISC */
/*
 * Removes files that no row stands for: media files, and the bytes of resumable uploads. `mediagate sweep` and serve's
 * housekeeping do it.
 *
 * Both functions need the settings, the database and the media folder, and log what they removed. ERROR_UNAVAILABLE:
 * without the database they cannot tell which file is current.
 */
#ifndef MEDIAGATE_UPKEEP_FILE_SWEEP_H
#define MEDIAGATE_UPKEEP_FILE_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "files/sweep.h"
#include "upkeep/upkeep.h"

/* Longer than a request may wait for the database between placing a file, or noting a deletion, and the commit. */
#define FILE_SWEEP_COMMIT_SECONDS 900
/* An expired upload is answered 410 this long, then 404. */
#define FILE_SWEEP_UPLOAD_SECONDS (7LL * 24 * 3600)

/* Media files. `full` looks at every file, not only at those that are noted as unsettled: once after a start and once a
 * day are enough. */
enum error file_sweep_media(struct upkeep *upkeep, bool full, int64_t commit_seconds,
                            struct sweep_counts *ret_counts) MUST_CHECK;
/* Uploads that are over: expired, refused, complete, or without a row for long. Their rows go upload_seconds after. */
enum error file_sweep_uploads(struct upkeep *upkeep, int64_t upload_seconds, int64_t *ret_removed) MUST_CHECK;

#endif
