/* SPDX-License-Identifier: ISC */
/*
 * A master is a folder of its own beside the package: master.m3u8, a playlist for each language, and manifest.mpd.
 * Placed and replaced as packages are, so the one that a URL names never changes.
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
#include "package/playlist/master_playlist.h"

#define MASTER_MAX_BYTES   (8 << 20)
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

static enum error read_of_package(struct media_folder *folder, const struct stale_master *stale, const char *file,
                                  struct text *ret_text) {
  char name[MEDIUM_STORED_NAME_SIZE], block[4096];
  size_t size = 0;
  snprintf(name, sizeof name, "%s/%s", stale->package_name, file);
  int fd = -1;
  enum error error = stored_file_open(folder, stale->media_id, name, &fd);
  do {
    error = error == ERROR_NONE ? file_read_at(fd, (int64_t)ret_text->length, block, sizeof block, &size) : error;
    if (error == ERROR_NONE) {
      text_append_bytes(ret_text, block, size);
    }
  } while (error == ERROR_NONE && size > 0 && ret_text->length < MASTER_MAX_BYTES);
  stored_file_close(folder, &fd);
  return error == ERROR_NONE && ret_text->failed ? ERROR_MEMORY : error;
}

/* Of a film of unknown length its subtitles tell at least how far they go, in seconds. */
static enum error find_end(struct media_folder *folder, int64_t media_id, const char *stored_name, double *ret_end) {
  size_t size = 0;
  char *vtt = malloc(SUBTITLE_MAX_BYTES);
  int fd = -1;
  enum error error = vtt == NULL ? ERROR_MEMORY : stored_file_open(folder, media_id, stored_name, &fd);
  if (error == ERROR_NONE) {
    error = file_read_at(fd, 0, vtt, SUBTITLE_MAX_BYTES, &size);
  }
  stored_file_close(folder, &fd);
  if (error == ERROR_NONE) {
    *ret_end = fmax(1, (double)subtitles_end_ms(vtt, size) / 1000);
  }
  free(vtt);
  return error;
}

static enum error write_subtitle(struct media_folder *folder, const struct stale_master *stale,
                                 const struct subtitle *subtitle, const char *path) {
  char name[MEDIUM_LANGUAGE_SIZE + sizeof ".m3u8"], uri[MASTER_TEXT_URI_SIZE];
  __attribute__((cleanup(text_free))) struct text text = {0};
  double seconds = stale->duration_seconds;
  enum error error = seconds > 0 ? ERROR_NONE : find_end(folder, stale->media_id, subtitle->stored_name, &seconds);
  if (error != ERROR_NONE) {
    return error;
  }
  snprintf(name, sizeof name, "%s.m3u8", subtitle->language);
  snprintf(uri, sizeof uri, "../%s", subtitle->stored_name);
  text_track_append_playlist(&text, uri, seconds);
  return write_file(path, name, &text);
}

/* Players tell them apart by name: a label that an earlier one has too gives way to the language. */
static void name_texts(const struct stale_master *stale, struct master_text texts[SUBTITLES_MAX]) {
  for (size_t i = 0; i < stale->count; i++) {
    const struct subtitle *subtitle = &stale->subtitles[i];
    bool named = subtitle->label[0] != '\0';
    for (size_t j = 0; j < i; j++) {
      named = named && strcmp(texts[j].track.name, subtitle->label) != 0;
    }
    texts[i] = (struct master_text){.track = {.name = named ? subtitle->label : subtitle->language,
                                              .language = subtitle->language,
                                              .forced = subtitle->forced,
                                              .sdh = subtitle->sdh},
                                    .stored_name = subtitle->stored_name};
  }
}

typedef enum error append_playlist(struct text *text, const char *old, const char *package_name,
                                   const struct master_text *texts, size_t text_count);

/* One of the package's own, with the texts. */
static enum error rewrite(struct media_folder *folder, const struct stale_master *stale,
                          const struct master_text *texts, const char *path, const char *file,
                          append_playlist *append) {
  __attribute__((cleanup(text_free))) struct text old = {0};
  __attribute__((cleanup(text_free))) struct text text = {0};
  enum error error = read_of_package(folder, stale, file, &old);
  if (error == ERROR_NONE) {
    error = append(&text, old.length > 0 ? old.data : "", stale->package_name, texts, stale->count);
  }
  return error == ERROR_NONE ? write_file(path, file, &text) : error;
}

static enum error write_master(struct media_folder *folder, const struct stale_master *stale, const char *path) {
  struct master_text texts[SUBTITLES_MAX];
  name_texts(stale, texts);
  enum error error = rewrite(folder, stale, texts, path, PACKAGE_HLS, master_playlist_append);
  if (error == ERROR_NONE) {
    error = rewrite(folder, stale, texts, path, PACKAGE_DASH, master_playlist_append_dash);
  }
  for (size_t i = 0; i < stale->count && error == ERROR_NONE; i++) {
    error = write_subtitle(folder, stale, &stale->subtitles[i], path);
  }
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
