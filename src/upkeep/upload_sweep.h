/* SPDX-License-Identifier: ISC */
/* Removes the bytes of resumable uploads that are over: expired, refused, complete, or without a row for long. */
#ifndef MEDIAGATE_UPKEEP_UPLOAD_SWEEP_H
#define MEDIAGATE_UPKEEP_UPLOAD_SWEEP_H

#include <stdint.h>

#include "api/app.h"
#include "base/error.h"

/* Needs the app's settings, database and media folder. Logs what was removed. ERROR_UNAVAILABLE: without the database
 * nothing can be told apart. */
enum error upload_sweep_run(struct app *app, int64_t *ret_removed) MUST_CHECK;

#endif
