/* SPDX-License-Identifier: ISC */
/*
 * The row decides: a folder that could not be moved away is out of reach all the same once nothing names it, and the
 * sweep repeats what a crash cut short. Where media files are in a bucket, nginx has some of them in its cache: a
 * tombstone beside the revocations stops it at once here, and as its row on other nodes.
 */
#include "config.h"

#include "api/media/media_removal.h"

#include "base/clock.h"
#include "base/log.h"
#include "domain/grant.h"
#include "files/revocation.h"

/* Notes the deletion, commits it, moves the folder away: each step can be repeated, and the sweep finds the note when a
 * crash comes between. Without a note the full sweep finds what a crash left. */
enum error media_removal_delete_if(struct call *call, int64_t media_id, const struct media_change *change) {
  struct media_folder *folder = call->app->media_folder;
  enum error error = media_folder_note_deletion(folder, media_id);
  if (error != ERROR_NONE && error != ERROR_NO_SPACE) { /* deleting must work when the disk is full, of all times */
    return error;
  }
  const bool cached = call->app->settings->media_store == MEDIA_STORE_S3;
  error = media_store_delete_if(call->app->database, media_id, change, cached ? GRANT_REVOKED_SECONDS : 0);
  if (error != ERROR_NONE && error != ERROR_NOT_FOUND) {
    return error;
  }
  if (cached && error == ERROR_NONE) {
    error = revocation_write_tombstone(call->app->settings->data_dir, media_id,
                                       clock_now_seconds() + GRANT_REVOKED_SECONDS);
  }
  enum error left = media_folder_trash(folder, media_id);
  if (left != ERROR_NONE) {
    log_event(LOG_LEVEL_WARNING, "media_folder_left", LOG_I64("media_id", media_id), LOG_ERROR_FIELD(left));
  }
  return error;
}

enum error media_removal_delete(struct call *call, int64_t media_id) {
  return media_removal_delete_if(call, media_id, &(struct media_change){.title = NULL});
}
