/* SPDX-License-Identifier: ISC */
/*
 * A master is a folder of its own beside the package: master.m3u8 and a playlist for each language. Placed and replaced
 * as packages are, so the one that a URL names never changes.
 */
#include "config.h"

#include "package/subtitler.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "domain/digest.h"
#include "domain/medium.h"
#include "files/package_folder.h"
#include "files/stored_file.h"
#include "files/subtitles.h"
#include "package/master_playlist.h"

#define MASTER_MAX_BYTES   (64 * 1024)
#define SUBTITLE_MAX_BYTES (6 * SUBTITLES_MAX_BYTES) /* SRT's & becomes &amp; */
#define PUT_OFF_SECONDS    60

static enum error write_file(const char *folder, const char *name, const struct text *text) {
  char path[4096 + 64];
  if (text->failed) {
    return ERROR_MEMORY;
  }
  snprintf(path, sizeof path, "%s/%s", folder, name);
  __attribute__((cleanup(file_close_cleanup))) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  return fd < 0 ? ERROR_IO : file_write_all(fd, text->data, text->length);
}

static enum error read_package_master(struct media_folder *folder, const struct stale_master *stale,
                                      char ret_master[MASTER_MAX_BYTES + 1]) {
  char name[MEDIUM_STORED_NAME_SIZE];
  size_t size = 0;
  snprintf(name, sizeof name, "%s/%s", stale->package_name, PACKAGE_HLS);
  __attribute__((cleanup(file_close_cleanup))) int fd = -1;
  enum error error = stored_file_open(folder, stale->media_id, name, &fd);
  if (error == ERROR_NONE) {
    error = file_read_at(fd, 0, ret_master, MASTER_MAX_BYTES, &size);
  }
  ret_master[size] = '\0';
  return error;
}

/* Of a film of unknown length its subtitles tell at least how far they go, in seconds. */
static enum error find_end(struct media_folder *folder, int64_t media_id, const char *stored_name, double *ret_end) {
  size_t size = 0;
  char *vtt = malloc(SUBTITLE_MAX_BYTES);
  __attribute__((cleanup(file_close_cleanup))) int fd = -1;
  enum error error = vtt == NULL ? ERROR_MEMORY : stored_file_open(folder, media_id, stored_name, &fd);
  if (error == ERROR_NONE) {
    error = file_read_at(fd, 0, vtt, SUBTITLE_MAX_BYTES, &size);
  }
  if (error == ERROR_NONE) {
    *ret_end = fmax(1, (double)subtitles_end_ms(vtt, size) / 1000);
  }
  free(vtt);
  return error;
}

static enum error write_subtitle(struct media_folder *folder, const struct stale_master *stale,
                                 const struct subtitle *subtitle, const char *path) {
  char name[MEDIUM_LANGUAGE_SIZE + sizeof ".m3u8"];
  __attribute__((cleanup(text_free))) struct text text = {0};
  double seconds = stale->duration_seconds;
  enum error error = seconds > 0 ? ERROR_NONE : find_end(folder, stale->media_id, subtitle->stored_name, &seconds);
  if (error != ERROR_NONE) {
    return error;
  }
  snprintf(name, sizeof name, "%s.m3u8", subtitle->language);
  master_playlist_append_subtitle(&text, subtitle->stored_name, seconds);
  return write_file(path, name, &text);
}

static enum error write_master(struct media_folder *folder, const struct stale_master *stale, const char *path) {
  const char *languages[SUBTITLES_MAX];
  struct text text = {0};
  char *master = malloc(MASTER_MAX_BYTES + 1);
  enum error error = master == NULL ? ERROR_MEMORY : read_package_master(folder, stale, master);
  for (size_t i = 0; i < stale->count; i++) {
    languages[i] = stale->subtitles[i].language;
  }
  if (error == ERROR_NONE) {
    error = master_playlist_append(&text, master, stale->package_name, languages, stale->count);
  }
  if (error == ERROR_NONE) {
    error = write_file(path, PACKAGE_HLS, &text);
  }
  for (size_t i = 0; i < stale->count && error == ERROR_NONE; i++) {
    error = write_subtitle(folder, stale, &stale->subtitles[i], path);
  }
  free(master);
  text_free(&text);
  return error;
}

/* The files, placed; no row names them yet. */
static enum error make_master(struct media_folder *folder, const struct stale_master *stale,
                              char ret_name[UNIQUE_NAME_SIZE]) {
  struct package_folder *master = NULL;
  enum error error = package_folder_create(folder, &master);
  if (error == ERROR_NONE) {
    error = write_master(folder, stale, package_folder_path(master));
  }
  if (error == ERROR_NONE) {
    error = package_folder_place(master, stale->media_id, NULL, NULL, ret_name);
  }
  package_folder_discard(master);
  return error;
}

static enum error commit(struct database *database, struct media_folder *folder, const struct stale_master *stale,
                         const char *name) {
  char old_name[UNIQUE_NAME_SIZE];
  enum error error = subtitle_store_set_master(database, stale, name, old_name);
  if (error == ERROR_NONE) {
    media_folder_settle(folder, stale->media_id, name);
    if (old_name[0] != '\0') {
      media_folder_note_replaced(folder, stale->media_id, old_name);
    }
    log_event(LOG_LEVEL_INFO, "subtitles_named", LOG_I64("media_id", stale->media_id),
              LOG_I64("languages", (int64_t)stale->count));
  } else if (error == ERROR_CONFLICT) { /* the next look finds what it is now */
    enum error removed = stored_file_remove(folder, stale->media_id, name);
    (void)removed; /* else the sweep does it */
    error = ERROR_NONE;
  }
  return error;
}

/* --- what failed -------------------------------------------------------------------------------- */

static void put_off(struct subtitler *subtitler, const struct stale_master *stale, enum error error) {
  size_t i = subtitler->put_off_count++;
  memcpy(subtitler->put_off[i].master_of, stale->master_of, sizeof stale->master_of);
  subtitler->put_off[i].until_ms = clock_monotonic_ms() + PUT_OFF_SECONDS * 1000;
  log_event(LOG_LEVEL_WARNING, "subtitles_failed", LOG_I64("media_id", stale->media_id),
            LOG_STR("package", stale->package_name), LOG_ERROR_FIELD(error), LOG_I64("retry_after", PUT_OFF_SECONDS));
}

/* They are in the order in which their times come. */
static void forget_due(struct subtitler *subtitler) {
  size_t due = 0;
  while (due < subtitler->put_off_count && subtitler->put_off[due].until_ms <= clock_monotonic_ms()) {
    due++;
  }
  subtitler->put_off_count -= due;
  memmove(subtitler->put_off, subtitler->put_off + due, subtitler->put_off_count * sizeof subtitler->put_off[0]);
}

enum error subtitler_run_one(struct subtitler *subtitler) {
  struct stale_master stale;
  const char *left_out[SUBTITLER_PUT_OFF_MAX];
  char name[UNIQUE_NAME_SIZE];
  forget_due(subtitler);
  if (subtitler->put_off_count == SUBTITLER_PUT_OFF_MAX) {
    return ERROR_NOT_FOUND;
  }
  for (size_t i = 0; i < subtitler->put_off_count; i++) {
    left_out[i] = subtitler->put_off[i].master_of;
  }
  enum error error =
      subtitle_store_find_stale(subtitler->database, subtitler->last_id, left_out, subtitler->put_off_count, &stale);
  if (error != ERROR_NONE) {
    return error;
  }
  subtitler->last_id = stale.media_id;
  error = make_master(subtitler->folder, &stale, name);
  if (error != ERROR_NONE) {
    put_off(subtitler, &stale, error);
    return ERROR_NONE;
  }
  return commit(subtitler->database, subtitler->folder, &stale, name);
}
