/* SPDX-License-Identifier: ISC */
/* How long files are kept, and how the sweeps ask the rows. */
#include "config.h"

#include "upkeep/file_sweep.h"

#include "base/log.h"
#include "domain/grant.h"
#include "files/upload_file.h"
#include "store/media/media_store.h"
#include "store/media/upload_store.h"
#include "upkeep/object_sweep.h"

/* From making a spool file to locking it. */
#define SPOOL_GRACE_SECONDS 10

/* --- media ----------------------------------------------------------------------------------- */

/* ERROR_UNAVAILABLE ends the sweep. */
static enum error is_current(void *context, int64_t media_id, const char *entry, bool *ret_current, bool *ret_deleted) {
  struct upkeep *upkeep = context;
  upkeep_beat(upkeep);
  if (upkeep_is_stopping(upkeep)) {
    return ERROR_UNAVAILABLE;
  }
  return media_store_is_current(upkeep->database, media_id, entry, ret_current, ret_deleted);
}

static void log_link(void *context, int64_t media_id, bool cut) {
  (void)context;
  if (cut) {
    log_event(LOG_LEVEL_WARNING, "library_link_cut", LOG_I64("media_id", media_id),
              LOG_STR("meaning", "its path in the library leads out of it now, so nobody plays it any more"),
              LOG_STR("remedy", "put the file back where it was, or set file_url again"));
  } else {
    log_event(LOG_LEVEL_INFO, "library_link_restored", LOG_I64("media_id", media_id));
  }
}

static void log_counts(const struct sweep_counts *counts) {
  bool wrong = counts->unknown + counts->failed > 0;
  if (wrong || counts->spool + counts->trash + counts->stored + counts->deleted + counts->noted > 0) {
    log_event(wrong ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "files_swept", LOG_I64("spool", counts->spool),
              LOG_I64("trash", counts->trash), LOG_I64("stored", counts->stored), LOG_I64("deleted", counts->deleted),
              LOG_I64("noted", counts->noted), LOG_I64("unknown", counts->unknown), LOG_I64("failed", counts->failed));
  }
}

enum error file_sweep_media(struct upkeep *upkeep, bool full, int64_t commit_seconds, struct sweep_counts *ret_counts) {
  /* The last URL of a replaced file is signed from a cached row, and then lives its time: what stream_ttl_max was in
   * that moment is not known any more. */
  const struct sweep_options options = {.keep_seconds =
                                            upkeep->settings->stale_seconds + GRANT_LIFE_MAX_SECONDS + commit_seconds,
                                        .deletion_grace_seconds = commit_seconds,
                                        .spool_grace_seconds = SPOOL_GRACE_SECONDS,
                                        .full = full,
                                        .is_current = is_current,
                                        .link_changed = log_link,
                                        .context = upkeep};
  enum error error = sweep_run(upkeep->media_folder, &options, ret_counts);
  if (error == ERROR_NONE) {
    error = object_sweep_run(upkeep, &options, ret_counts);
  }
  log_counts(ret_counts);
  return error;
}

/* --- uploads --------------------------------------------------------------------------------- */

/* A file without a row is what a crash left at its creation, or what a restored backup or a wrong connection string
 * looks like: it goes when it would have expired. */
static enum error is_over(void *context, const char *name, int64_t age_seconds, bool *ret_remove) {
  struct upkeep *upkeep = context;
  upkeep_beat(upkeep);
  if (upkeep_is_stopping(upkeep)) {
    return ERROR_UNAVAILABLE;
  }
  enum error error = upload_store_is_over(upkeep->database, name, ret_remove);
  if (error == ERROR_NOT_FOUND) {
    *ret_remove = age_seconds > upkeep->settings->upload_expiry;
    return ERROR_NONE;
  }
  return error;
}

enum error file_sweep_uploads(struct upkeep *upkeep, int64_t upload_seconds, int64_t *ret_removed) {
  int64_t removed = 0;
  int64_t forgotten = 0;
  enum error error = upload_store_tell_expired(upkeep->database);
  if (error != ERROR_NONE) {
    return error;
  }
  error = upload_file_sweep(upkeep->media_folder, is_over, upkeep, &removed);
  if (error == ERROR_NONE) {
    error = upload_store_sweep(upkeep->database, upload_seconds, &forgotten);
  }
  if (removed + forgotten > 0) {
    log_event(LOG_LEVEL_INFO, "uploads_swept", LOG_I64("files", removed), LOG_I64("rows", forgotten));
  }
  *ret_removed = removed;
  return error;
}
