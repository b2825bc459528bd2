/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "api/uploads/tus_upload.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/call.h"
#include "api/uploads/intake.h"
#include "base/clock.h"
#include "base/log.h"
#include "domain/digest.h"
#include "files/upload_file.h"

/* So many bytes at most are lost when the machine goes down in the middle of a long request. */
#define CHECKPOINT_BYTES ((int64_t)64 * 1024 * 1024)
/* A client whose connection broke is back sooner than nginx gives the old one up. */
#define LOCK_WAIT_MS  5000
#define LOCK_PAUSE_MS 50

/* --- opening --- */

static enum error open_file(struct call *call, const char *id, struct spool_file **ret_file) {
  const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000000L};
  const int64_t deadline = clock_monotonic_ms() + LOCK_WAIT_MS;
  enum error error = upload_file_open(call->app->media_folder, id, ret_file);
  while (error == ERROR_CONFLICT && clock_monotonic_ms() < deadline) {
    intake_beat(call);
    (void)nanosleep(&pause, NULL); /* cut short by a signal: one more look */
    error = upload_file_open(call->app->media_folder, id, ret_file);
  }
  return error;
}

static void answer_locked(struct call *call) {
  response_header(call->response, "Retry-After", "2");
  response_problem(call->response, 423,
                   "Another request is writing to this upload just now; ask for its offset again "
                   "in a moment.");
}

static void answer_unknown(struct call *call) {
  response_problem(call->response, 404, "There is no such upload, or it is another account's.");
}

/* The file, with the lock, then the row: whoever changes either has the lock. *ret_file NULL: there is none. */
static bool open_both(struct call *call, const char *id, struct spool_file **ret_file, struct upload_row *ret_row) {
  struct spool_file *file = NULL;
  enum error error = ERROR_NOT_FOUND;
  if (upload_file_is_name(id)) {
    error = open_file(call, id, &file);
  }
  if (error == ERROR_CONFLICT) {
    answer_locked(call);
    return false;
  }
  if (error == ERROR_NONE || (error == ERROR_NOT_FOUND && upload_file_is_name(id))) {
    error = upload_store_take(call->app->database, id, call->account->id, ret_row);
  }
  if (error != ERROR_NONE) {
    spool_file_discard(file);
    if (error == ERROR_NOT_FOUND) {
      answer_unknown(call);
    } else {
      call_fail(call, error, "opening an upload");
    }
    return false;
  }
  *ret_file = file;
  return true;
}

/* All that was written is on the disk, and the row says so. When it cannot be synced, what the row does not vouch for
 * is gone; when only the row cannot be written, the bytes stay for the next request to find. */
static enum error settle_upload(struct tus_upload *upload) {
  struct call *call = upload->call;
  char hash_state[RESUMABLE_SHA256_STATE_SIZE];
  int64_t size = 0;
  intake_beat(call);
  enum error error = upload_file_sync(upload->file, &size, hash_state);
  if (error != ERROR_NONE) {
    enum error left = upload_file_resume(upload->file, upload->row.offset, upload->row.hash_state, NULL, NULL);
    log_event(LOG_LEVEL_ERROR, "upload_not_synced", LOG_STR("upload", upload->row.id), LOG_ERROR_FIELD(error),
              LOG_STR("rest", left == ERROR_NONE ? "cut off" : "left"));
    if (left != ERROR_NONE) { /* then it must not count later */
      left = upload_store_set_tail(call->app->database, &upload->row, "");
    }
    (void)left; /* nothing works any more */
    return error;
  }
  error = upload_store_advance(call->app->database, &upload->row, size, hash_state, call->app->settings->upload_expiry,
                               &upload->row.expires_at_us);
  if (error == ERROR_NONE) {
    upload->row.offset = size;
    memcpy(upload->row.hash_state, hash_state, sizeof hash_state);
  }
  return error;
}

/* Decides which bytes count: see the header. */
static enum error recover_upload(struct tus_upload *upload) {
  struct call *call = upload->call;
  char boot[UUID_SIZE];
  int64_t present = 0;
  upload_file_boot(boot);
  enum error error = upload_file_size(upload->file, &present);
  if (error != ERROR_NONE) {
    return error;
  }
  bool tail_counts = boot[0] != '\0' && strcmp(boot, upload->row.tail_boot) == 0;
  int64_t size = tail_counts && present > upload->row.offset ? present : upload->row.offset;
  if (upload->row.length != UPLOAD_LENGTH_UNKNOWN && size > upload->row.length) {
    size = upload->row.length;
  }
  error = upload_file_resume(upload->file, size, upload->row.hash_state, call->app->beat, call->app->beat_context);
  if (error == ERROR_NONE && size > upload->row.offset) {
    log_event(LOG_LEVEL_INFO, "upload_recovered", LOG_STR("upload", upload->row.id),
              LOG_I64("bytes", size - upload->row.offset));
    error = settle_upload(upload);
  }
  return error;
}

/* Nobody cuts a file below what the row says; a restored uploads/ may be older than the row. */
static bool has_bytes(const struct tus_upload *upload) {
  int64_t present = 0;
  return upload->file != NULL && (upload_file_size(upload->file, &present) != ERROR_NONE ||
                                  present >= upload->row.offset); /* asked once more */
}

/* Of a row without the expected file, and of one that is over. False: the response has the answer. */
static bool is_open(struct tus_upload *upload) {
  struct call *call = upload->call;
  const bool under_way = !upload->row.completed && upload->row.refusal[0] == '\0';
  if (under_way && upload->row.expired && !upload->row.begun) {
    response_problem_of_type(call->response, 410, "upload-url-expired", "This URL has expired. Ask for another one.");
  } else if (under_way && upload->row.expired) {
    response_problem(call->response, 410, "This upload got no bytes for too long and has expired; begin again.");
  } else if (upload->row.refusal[0] != '\0') {
    response_problem(call->response, 422, "The file was not kept: %s.", upload->row.refusal);
  } else if (under_way && !upload->row.begun) {
    response_problem(call->response, 404, "No file has begun here yet. Begin one with POST.");
  } else if (under_way && !has_bytes(upload)) {
    log_event(
        LOG_LEVEL_ERROR, "upload_file_missing", LOG_STR("upload", upload->row.id),
        LOG_STR("remedy", "data_dir/uploads must be on one disk for all nodes, and is not to be cleaned by others"));
    response_problem(call->response, 410, "The bytes of this upload are lost; begin again.");
  } else {
    return true;
  }
  return false;
}

bool tus_upload_take(struct call *call, const char *id, struct tus_upload *ret_upload) {
  ret_upload->call = call;
  ret_upload->file = NULL;
  return open_both(call, id, &ret_upload->file, &ret_upload->row);
}

static bool open_upload(struct call *call, const char *id, bool refused_too, struct tus_upload *ret_upload) {
  struct tus_upload *upload = ret_upload;
  if (!tus_upload_take(call, id, upload)) {
    return false;
  }
  enum error error = ERROR_NONE;
  if (refused_too && upload->row.refusal[0] != '\0') {
    return true;
  }
  if (!is_open(upload)) {
    tus_upload_close(upload);
    return false;
  }
  if (!upload->row.completed) {
    error = recover_upload(upload);
  } else if (upload->file != NULL) { /* a crash came between the commit and the removal */
    error = upload_file_remove(call->app->media_folder, id);
  }
  if (error != ERROR_NONE) {
    tus_upload_close(upload);
    call_fail(call, error, "opening an upload's file");
    return false;
  }
  return true;
}

bool tus_upload_open(struct call *call, const char *id, struct tus_upload *ret_upload) {
  return open_upload(call, id, false, ret_upload);
}

bool tus_upload_look(struct call *call, const char *id, struct tus_upload *ret_upload) {
  return open_upload(call, id, true, ret_upload);
}

void tus_upload_close(struct tus_upload *upload) {
  spool_file_discard(upload->file);
  upload->file = NULL;
}

/* --- receiving --- */

int64_t tus_upload_most(const struct call *call, const struct upload_row *row) {
  int64_t most = call->app->settings->upload_max;
  return row->max_bytes > 0 && row->max_bytes < most ? row->max_bytes : most;
}

/* More bytes than these cannot come any more. */
static int64_t upload_room(const struct tus_upload *upload) {
  int64_t most =
      upload->row.length == UPLOAD_LENGTH_UNKNOWN ? tus_upload_most(upload->call, &upload->row) : upload->row.length;
  return most - upload->row.offset;
}

static enum error keep_chunk(struct tus_upload *upload, struct chunk_checksum *checksum, const char *chunk,
                             size_t size) {
  enum error error = checksum == NULL ? ERROR_NONE : chunk_checksum_add(checksum, chunk, size);
  return error == ERROR_NONE ? spool_file_write(upload->file, chunk, size) : error;
}

/* The body into the file. Checkpoints are for a machine that goes down: a database that is away only puts them off. */
static enum error write_body(struct tus_upload *upload, struct chunk_checksum *checksum, char *chunk) {
  int64_t left = upload_room(upload);
  int64_t unsettled = 0;
  enum error ended = ERROR_NONE;
  size_t size = 0;
  do {
    ended = intake_read(upload->call, chunk, &size);
    if ((int64_t)size > left) {
      return ERROR_TOO_LARGE;
    }
    enum error error = size == 0 ? ERROR_NONE : keep_chunk(upload, checksum, chunk, size);
    left -= (int64_t)size;
    unsettled += (int64_t)size;
    if (error == ERROR_NONE && checksum == NULL && unsettled >= CHECKPOINT_BYTES) {
      error = settle_upload(upload);
      unsettled = 0;
    }
    if (error != ERROR_NONE && error != ERROR_UNAVAILABLE && error != ERROR_TIMEOUT) {
      return error;
    }
  } while (ended == ERROR_NONE && size > 0);
  return ended;
}

/* Before the first byte: will those that come count by themselves? */
static enum error mark_tail(struct tus_upload *upload, bool checked_first) {
  char boot[UUID_SIZE] = "";
  if (!checked_first) {
    upload_file_boot(boot);
  }
  if (strcmp(boot, upload->row.tail_boot) == 0) {
    return ERROR_NONE;
  }
  return upload_store_set_tail(upload->call->app->database, &upload->row, boot);
}

enum error tus_upload_receive(struct tus_upload *upload, struct chunk_checksum *checksum) {
  const int64_t before = upload->row.offset;
  char *chunk = malloc(INTAKE_CHUNK_BYTES);
  enum error error = chunk == NULL ? ERROR_MEMORY : mark_tail(upload, checksum != NULL);
  if (error != ERROR_NONE) {
    free(chunk);
    return error;
  }
  error = write_body(upload, checksum, chunk);
  free(chunk);
  if (checksum != NULL && error == ERROR_NONE && !chunk_checksum_fits(checksum)) {
    error = ERROR_DENIED;
  }
  enum error settled = checksum != NULL && error != ERROR_NONE
                           ? upload_file_resume(upload->file, before, upload->row.hash_state, NULL, NULL)
                           : settle_upload(upload);
  log_event(LOG_LEVEL_INFO, "upload_received", LOG_STR("upload", upload->row.id),
            LOG_I64("received_bytes", (int64_t)upload->call->request->body_read), LOG_I64("offset", upload->row.offset),
            LOG_STR("ended", error == ERROR_NONE ? "whole" : error_strerror(error)));
  return error == ERROR_NONE ? settled : error;
}

/* --- the end --- */

bool tus_upload_is_whole(const struct tus_upload *upload) {
  return upload->row.offset == upload->row.length;
}

/* For good: the row says why, and the bytes go. */
static void refuse_upload(struct tus_upload *upload, const char *reason) {
  const struct app *app = upload->call->app;
  snprintf(upload->row.refusal, sizeof upload->row.refusal, "%s", reason);
  enum error error = upload_store_refuse(app->database, &upload->row, reason);
  if (error == ERROR_NONE) {
    error = upload_file_remove(app->media_folder, upload->row.id);
  }
  if (error != ERROR_NONE) { /* looked into once more when it is asked for, or swept */
    log_event(LOG_LEVEL_WARNING, "upload_not_refused", LOG_STR("upload", upload->row.id), LOG_ERROR_FIELD(error));
  }
}

/* What the file is for; of a medium that is not made yet only the type is known. */
static bool find_medium(struct tus_upload *upload, struct media *ret_media) {
  struct call *call = upload->call;
  if (upload->row.media_id == 0) {
    *ret_media = (struct media){.type = upload->row.type};
    return true;
  }
  enum error error = media_store_find(call->app->database, upload->row.media_id, ret_media);
  if (error == ERROR_NOT_FOUND) {
    refuse_upload(upload, "its medium was deleted meanwhile");
    response_problem(call->response, 422, "The file was not kept: its medium was deleted meanwhile.");
  } else if (error != ERROR_NONE) {
    call_fail(call, error, "finding the medium of an upload");
  }
  return error == ERROR_NONE;
}

/* The medium is made with its file, when that is known to be good. */
static bool reserve_medium(struct tus_upload *upload, struct media *media) {
  struct call *call = upload->call;
  if (media->id != 0) {
    return true;
  }
  enum error error = upload_store_reserve_medium(call->app->database, &upload->row, &media->id);
  if (error != ERROR_NONE) {
    call_fail(call, error, "reserving the medium of an upload");
  }
  return error == ERROR_NONE;
}

/* False: the response has the answer, and the intake why. */
static bool is_short_enough(const struct tus_upload *upload, struct intake *intake) {
  const int64_t most = upload->row.max_duration_seconds;
  const double seconds = intake->facts.duration_seconds;
  if (most == 0 || (seconds > 0 && seconds <= (double)most)) {
    return true;
  }
  if (seconds > 0) {
    snprintf(intake->refusal, sizeof intake->refusal, "it takes %.0f s, and at most %" PRId64 " s are wanted", seconds,
             most);
  } else {
    snprintf(intake->refusal, sizeof intake->refusal,
             "it does not say how long it takes, and at most %" PRId64 " s are wanted", most);
  }
  response_problem(upload->call->response, 422, "The file was not kept: %s.", intake->refusal);
  return false;
}

static void note_completed(struct tus_upload *upload, int64_t media_id) {
  const struct call *call = upload->call;
  if (upload->row.media_id == 0) {
    log_event(LOG_LEVEL_INFO, "media_created", LOG_I64("account_id", call->account->id), LOG_I64("media_id", media_id));
  }
  upload->row.media_id = media_id;
  upload->row.completed = true;
}

bool tus_upload_finish(struct tus_upload *upload) {
  struct call *call = upload->call;
  struct media media = {.id = 0};
  if (upload->row.completed) {
    return true;
  }
  if (!find_medium(upload, &media)) {
    return false;
  }
  struct intake intake = {.call = call, .file = upload->file, .media = &media, .upload = &upload->row};
  enum error error = spool_file_finish(upload->file, intake.facts.sha256, &intake.facts.size_bytes);
  if (error != ERROR_NONE) {
    call_fail(call, error, "finishing an upload");
  }
  bool good = error == ERROR_NONE && intake_look_into(&intake) && is_short_enough(upload, &intake);
  if (intake.refusal[0] != '\0') {
    refuse_upload(upload, intake.refusal);
  }
  bool stored = good && reserve_medium(upload, &media) && intake_store(&intake);
  int64_t media_id = media.id;
  media_free(&media);
  if (!stored) {
    return false;
  }
  note_completed(upload, media_id);
  error = upload_file_remove(call->app->media_folder, upload->row.id);
  if (error != ERROR_NONE) { /* the sweep will */
    log_event(LOG_LEVEL_WARNING, "upload_not_removed", LOG_STR("upload", upload->row.id), LOG_ERROR_FIELD(error));
  }
  return true;
}

bool tus_upload_terminate(struct call *call, const char *id) {
  struct spool_file *file = NULL;
  struct upload_row row;
  if (!open_both(call, id, &file, &row)) {
    return false;
  }
  enum error error = upload_store_delete(call->app->database, id);
  if (error == ERROR_NONE) {
    error = upload_file_remove(call->app->media_folder, id);
  }
  spool_file_discard(file);
  if (error != ERROR_NONE) {
    call_fail(call, error, "ending an upload");
  }
  return error == ERROR_NONE;
}
