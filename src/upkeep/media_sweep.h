/* SPDX-License-Identifier: ISC */
/*
 * The sweep of the media files against the rows: what `mediagate sweep` and serve's housekeeping
 * do.
 */
#ifndef MEDIAGATE_UPKEEP_MEDIA_SWEEP_H
#define MEDIAGATE_UPKEEP_MEDIA_SWEEP_H

#include <stdbool.h>

#include "api/app.h"
#include "base/error.h"
#include "files/sweep.h"

/* Needs the app's settings, database and media folder. `full` looks at every file, not only at
 * those that are noted as unsettled: once after a start and once a day are enough. Logs what was
 * removed. ERROR_UNAVAILABLE: without the database nothing can be told apart. */
enum error media_sweep_run(struct app *app, bool full, struct sweep_counts *ret_counts) MUST_CHECK;

#endif
