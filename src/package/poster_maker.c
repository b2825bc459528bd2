/* SPDX-License-Identifier: ISC */
/*
 * Placed and replaced as packages are, so what a URL names never changes.
 */
#include "config.h"

#include "package/poster_maker.h"

#include <fcntl.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "domain/digest.h"
#include "files/package_folder.h"
#include "files/stored_file.h"
#include "package/ffmpeg/poster.h"
#include "package/ffmpeg/survey.h"
#include "store/media/poster_store.h"

#define PAUSE_SECONDS 60
#define MAX_BYTES     (INT64_C(64) << 20) /* of all sizes together */

static enum error make_of_film(struct ffmpeg_run *run, double seconds, char ret_reason[TRANSCODE_REASON_SIZE]) {
  struct package_source source;
  enum error error = survey_streams(run, &source, ret_reason);
  if (error == ERROR_NONE && source.picture.stream < 0) {
    return ffmpeg_run_refuse(ERROR_INVALID, ret_reason, "the file has no picture");
  }
  return error == ERROR_NONE ? poster_make_chosen(run, &source.picture, POSTER_AT_TIME, seconds, ret_reason) : error;
}

static enum error make(struct poster_maker *maker, const struct wanted_poster *wanted, const char *path,
                       char ret_reason[TRANSCODE_REASON_SIZE]) {
  static const struct source_picture image = {.stream = 0};
  int source_fd = -1;
  __attribute__((cleanup(file_close_cleanup))) int folder_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  enum error error = stored_file_open(maker->folder, wanted->media_id, wanted->stored_name, &source_fd);
  if (error != ERROR_NONE || folder_fd < 0) {
    stored_file_close(maker->folder, &source_fd);
    return error != ERROR_NONE ? error : ERROR_IO;
  }
  struct ffmpeg_run run = {.options = maker->options,
                           .folder = path,
                           .folder_fd = folder_fd,
                           .source_fd = source_fd,
                           .max_bytes = MAX_BYTES};
  error = wanted->is_file ? poster_make_chosen(&run, &image, POSTER_IMAGE, 0, ret_reason)
                          : make_of_film(&run, wanted->seconds, ret_reason);
  stored_file_close(maker->folder, &source_fd);
  return error;
}

static enum error commit(struct poster_maker *maker, const struct wanted_poster *wanted, const char *name_or_null,
                         const char *reason_or_null) {
  char old_name[UNIQUE_NAME_SIZE] = "";
  enum error error = poster_store_set(maker->database, wanted, name_or_null, reason_or_null, old_name);
  if (error == ERROR_NONE && name_or_null != NULL) {
    media_folder_settle(maker->folder, wanted->media_id, name_or_null);
  }
  if (error == ERROR_NONE && old_name[0] != '\0') {
    media_folder_note_replaced(maker->folder, wanted->media_id, old_name);
  }
  if (error == ERROR_CONFLICT) { /* the next look finds what is wanted now */
    error = name_or_null == NULL ? ERROR_NONE : stored_file_remove(maker->folder, wanted->media_id, name_or_null);
    error = ERROR_NONE; /* else the sweep does it */
  }
  return error;
}

static enum error make_and_place(struct poster_maker *maker, const struct wanted_poster *wanted,
                                 char ret_name[UNIQUE_NAME_SIZE], char ret_reason[TRANSCODE_REASON_SIZE]) {
  struct package_folder *made = NULL;
  enum error error = package_folder_create(maker->folder, &made);
  if (error == ERROR_NONE) {
    error = make(maker, wanted, package_folder_path(made), ret_reason);
  }
  if (error == ERROR_NONE) {
    error = package_folder_place(made, wanted->media_id, NULL, NULL, ret_name);
  }
  package_folder_discard(made);
  return error;
}

enum error poster_maker_run_one(struct poster_maker *maker) {
  struct wanted_poster wanted;
  char name[UNIQUE_NAME_SIZE], reason[TRANSCODE_REASON_SIZE] = "";
  if (clock_monotonic_ms() < maker->pause_until_ms) {
    return ERROR_NOT_FOUND;
  }
  enum error error = poster_store_find_wanted(maker->database, &wanted);
  if (error != ERROR_NONE) {
    return error;
  }
  error = make_and_place(maker, &wanted, name, reason);
  if (error == ERROR_NONE) {
    return commit(maker, &wanted, name, NULL);
  }
  log_event(LOG_LEVEL_WARNING, "poster_failed", LOG_I64("media_id", wanted.media_id), LOG_ERROR_FIELD(error),
            LOG_STR("reason", reason));
  if (error == ERROR_INVALID || error == ERROR_TIMEOUT || error == ERROR_TOO_LARGE) {
    return commit(maker, &wanted, NULL, reason[0] != '\0' ? reason : error_strerror(error));
  }
  maker->pause_until_ms = clock_monotonic_ms() + PAUSE_SECONDS * 1000;
  return ERROR_NONE;
}
