/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "upkeep/upload_sweep.h"

#include "base/log.h"
#include "files/upload_file.h"
#include "store/media/upload_store.h"

/* An expired upload is answered 410 this long, then 404. */
#define ROW_GRACE_SECONDS (7LL * 24 * 3600)

/* A file without a row is what a crash left at its creation, or what a restored backup or a wrong connection string
 * looks like: it goes when it would have expired. */
static enum error visit(void *context, const char *name, int64_t age_seconds, bool *ret_remove) {
  struct app *app = context;
  if (app->beat != NULL) {
    app->beat(app->beat_context);
  }
  if (app->is_overdue != NULL && app->is_overdue(app->beat_context)) {
    return ERROR_UNAVAILABLE; /* the next worker's sweep begins anew */
  }
  enum error error = upload_store_is_over(app->database, name, ret_remove);
  if (error == ERROR_NOT_FOUND) {
    *ret_remove = age_seconds > app->settings->upload_expiry;
    return ERROR_NONE;
  }
  return error;
}

enum error upload_sweep_run(struct app *app, int64_t *ret_removed) {
  int64_t removed = 0;
  int64_t forgotten = 0;
  enum error error = upload_file_sweep(app->media_folder, visit, app, &removed);
  if (error == ERROR_NONE) {
    error = upload_store_sweep(app->database, ROW_GRACE_SECONDS, &forgotten);
  }
  if (removed + forgotten > 0) {
    log_event(LOG_LEVEL_INFO, "uploads_swept", LOG_I64("files", removed), LOG_I64("rows", forgotten));
  }
  *ret_removed = removed;
  return error;
}
