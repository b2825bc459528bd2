/* SPDX-License-Identifier: ISC */
/*
 * Reads the bodies of uploads, and does the last steps of every upload: probe → unique name in media/<id>/ → commit of
 * the row. The row decides: until it is committed nothing names the new file, and the old one serves on until it is
 * swept, longer than any grant lives. Each step that fails takes back what the earlier ones did;
 * what a crash leaves, the sweep finds by its note.
 */
#include "config.h"

#include "api/uploads/intake.h"

#include <string.h>

#include "api/call.h"
#include "api/media/probe_facts.h"
#include "base/log.h"
#include "domain/medium.h"
#include "files/media_objects.h"
#include "files/stored_file.h"
#include "metrics/metric.h"

void intake_beat(const struct call *call) {
  if (call->app->beat != NULL) {
    call->app->beat(call->app->beat_context);
  }
}

static bool intake_is_overdue(const struct call *call) {
  return call->app->is_overdue != NULL && call->app->is_overdue(call->app->beat_context);
}

enum error intake_read(struct call *call, char *chunk, size_t *ret_size) {
  size_t got = 0;
  *ret_size = 0;
  do {
    intake_beat(call);
    if (intake_is_overdue(call)) {
      return ERROR_EXPIRED;
    }
    enum error error = request_read(call->request, chunk + *ret_size, INTAKE_CHUNK_BYTES - *ret_size, &got);
    if (error != ERROR_NONE) {
      /* Past the deadline the supervisor ends a read that waits for a silent client. */
      return error == ERROR_ABORTED && intake_is_overdue(call) ? ERROR_EXPIRED : error;
    }
    database_begin_request(call->app->database); /* the client may have taken minutes */
    *ret_size += got;
    metric_add(METRIC_UPLOAD_BYTES, call->request->method == HTTP_PUT ? METRIC_WAY_PUT : METRIC_WAY_TUS, 0, got);
  } while (got > 0 && *ret_size < INTAKE_CHUNK_BYTES && request_has_more(call->request));
  return ERROR_NONE;
}

bool intake_has_store(struct call *call) {
  struct object_store *store = media_folder_store(call->app->media_folder);
  enum error error = store == NULL ? ERROR_NONE : object_store_check(store, NULL);
  if (error != ERROR_NONE) {
    call_fail(call, error, "looking at the bucket before an upload");
  }
  return error == ERROR_NONE;
}

void intake_count(const struct call *call, enum metric_stored result) {
  metric_add(METRIC_UPLOADS, call->request->method == HTTP_PUT ? METRIC_WAY_PUT : METRIC_WAY_TUS, result, 1);
}

bool intake_look_into(struct intake *intake) {
  struct call *call = intake->call;
  char reason[PROBE_REASON_SIZE] = "";
  const struct probe_wanted wanted = {.either = true, .timeline = &intake->timeline};
  enum error error = probe_facts_read(call->app, spool_file_fd(intake->file), &wanted, &intake->facts,
                                      &intake->media->type, intake->extension, reason);
  if (error == ERROR_NONE) {
    return true;
  }
  intake_count(call, error == ERROR_INVALID || error == ERROR_TIMEOUT ? METRIC_STORED_REFUSED : METRIC_STORED_FAILED);
  if (error == ERROR_INVALID || error == ERROR_TIMEOUT) {
    log_event(LOG_LEVEL_INFO, "upload_refused", LOG_I64("media_id", intake->media->id), LOG_STR("reason", reason));
    response_problem(call->response, 422, "The file was not kept: %s.", reason);
    if (error == ERROR_INVALID) {
      memcpy(intake->refusal, reason, sizeof reason);
    }
  } else if (error == ERROR_UNSUPPORTED) {
    log_event(LOG_LEVEL_ERROR, "probe_impossible", LOG_STR("reason", reason));
    response_header(call->response, "Retry-After", "60");
    response_problem(call->response, 503,
                     "Files cannot be looked into on this server just now, so none is taken; its log says why.");
  } else {
    call_fail(call, error, "looking into an upload");
  }
  return false;
}

/* After a lost reply to the commit: does the row name this file? If it does not, the commit may
 * still come, from a server that has not noticed that we are gone: the outcome stays unknown, the
 * file stays, and the sweep decides. */
static enum error ask_outcome(const struct intake *intake, struct media *ret_media) {
  struct media media = {.id = 0};
  database_begin_request(intake->call->app->database); /* it is worth a second wait */
  enum error error = media_store_find(intake->call->app->database, intake->media->id, &media);
  if (error == ERROR_NONE && strcmp(media.file.stored_name, intake->facts.stored_name) == 0) {
    *ret_media = media;
    return ERROR_NONE;
  }
  media_free(&media);
  return ERROR_UNKNOWN_OUTCOME;
}

static enum error commit_intake(struct intake *intake, char ret_old_name[MEDIUM_STORED_NAME_SIZE]) {
  struct call *call = intake->call;
  struct media stored = {.id = 0};
  struct database *database = call->app->database;
  enum error error =
      intake->upload == NULL
          ? media_store_set_file(database, intake->media->id, &intake->facts, &intake->condition, &stored, ret_old_name)
          : upload_store_complete(database, intake->upload, intake->media->id, &intake->facts, &stored, ret_old_name);
  if (error == ERROR_UNKNOWN_OUTCOME) {
    error = ask_outcome(intake, &stored);
  }
  if (error == ERROR_NONE) {
    media_free(intake->media);
    *intake->media = stored;
  }
  return error;
}

static void take_back_intake(struct intake *intake) {
  enum error error = stored_file_remove(intake->call->app->media_folder, intake->media->id, intake->facts.stored_name);
  if (error != ERROR_NONE) { /* the sweep will */
    log_event(LOG_LEVEL_WARNING, "upload_not_removed", LOG_I64("media_id", intake->media->id), LOG_ERROR_FIELD(error));
  }
}

bool intake_store(struct intake *intake) {
  struct call *call = intake->call;
  const int64_t id = intake->media->id;
  intake_beat(call);
  enum error error = spool_file_place(intake->file, id, intake->extension, intake->facts.stored_name);
  if (error != ERROR_NONE) {
    intake_count(call, METRIC_STORED_FAILED);
    call_fail(call, error, "placing an upload");
    return false;
  }
  char old_name[MEDIUM_STORED_NAME_SIZE] = "";
  error = commit_intake(intake, old_name);
  if (error != ERROR_NONE && error != ERROR_UNKNOWN_OUTCOME) {
    take_back_intake(intake);
  }
  intake_count(call, error == ERROR_NONE ? METRIC_STORED_STORED : METRIC_STORED_FAILED);
  if (error != ERROR_NONE) {
    call_fail_media(call, error, id, "storing an upload");
    return false;
  }
  media_folder_note_replaced(call->app->media_folder, id, old_name);
  media_folder_settle(call->app->media_folder, id, intake->facts.stored_name);
  log_event(LOG_LEVEL_INFO, "upload_stored", LOG_I64("account_id", call->account->id), LOG_I64("media_id", id),
            LOG_I64("size_bytes", intake->facts.size_bytes), LOG_STR("sha256", intake->facts.sha256));
  return true;
}
