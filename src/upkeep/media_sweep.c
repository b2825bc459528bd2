/* SPDX-License-Identifier: ISC */
/* The sweep's times, and how it asks the rows. See media_sweep.h. */
#include "config.h"

#include "upkeep/media_sweep.h"

#include "base/log.h"
#include "security/signed_url.h"

/* Longer than a request may wait for the database between placing a file or noting a deletion and
 * the commit. */
#define COMMIT_GRACE_SECONDS 900
/* From making a spool file to locking it. */
#define SPOOL_GRACE_SECONDS 10

/* ERROR_UNAVAILABLE ends the sweep: the next worker's begins anew. */
static enum error is_current(void *context, int64_t media_id, const char *entry, bool *ret_current, bool *ret_deleted) {
  struct app *app = context;
  if (app->beat != NULL) {
    app->beat(app->beat_context);
  }
  if (app->is_overdue != NULL && app->is_overdue(app->beat_context)) {
    return ERROR_UNAVAILABLE;
  }
  return media_store_is_current(app->database, media_id, entry, ret_current, ret_deleted);
}

enum error media_sweep_run(struct app *app, bool full, struct sweep_counts *ret_counts) {
  const struct settings *settings = app->settings;
  /* The last URL of a replaced file is signed from a cached row, and then lives its time: what stream_ttl_max was in
   * that moment is not known any more. */
  const struct sweep_options options = {.keep_seconds =
                                            settings->stale_seconds + GRANT_HARD_MAX_SECONDS + COMMIT_GRACE_SECONDS,
                                        .deletion_grace_seconds = COMMIT_GRACE_SECONDS,
                                        .spool_grace_seconds = SPOOL_GRACE_SECONDS,
                                        .full = full,
                                        .is_current = is_current,
                                        .context = app};
  enum error error = sweep_run(app->media_folder, &options, ret_counts);
  const struct sweep_counts *counts = ret_counts;
  if (counts->spool + counts->trash + counts->stored + counts->deleted + counts->noted + counts->unknown +
          counts->failed >
      0) {
    log_event(counts->unknown + counts->failed > 0 ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "files_swept",
              LOG_I64("spool", counts->spool), LOG_I64("trash", counts->trash), LOG_I64("stored", counts->stored),
              LOG_I64("deleted", counts->deleted), LOG_I64("noted", counts->noted), LOG_I64("unknown", counts->unknown),
              LOG_I64("failed", counts->failed));
  }
  return error;
}
