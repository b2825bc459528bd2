/* SPDX-License-Identifier: ISC */
/*
 * Subtitles of media (media_asset.subtitles), and the HLS masters that name them.
 */
#ifndef MEDIAGATE_STORE_MEDIA_SUBTITLE_STORE_H
#define MEDIAGATE_STORE_MEDIA_SUBTITLE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/digest.h"
#include "domain/medium.h"
#include "store/engine/database.h"

#define SUBTITLES_MAX       32  /* of one medium */
#define SUBTITLE_LABEL_SIZE 257 /* 64 characters */
#define MASTER_OF_SIZE      80

struct subtitle {
  char language[MEDIUM_LANGUAGE_SIZE];
  char stored_name[MEDIUM_TEXT_NAME_SIZE]; /* below media/<id>/ */
  char label[SUBTITLE_LABEL_SIZE];         /* as players show it; "" for none */
  bool forced;                             /* only what must be read though the sound is understood */
  bool sdh;                                /* tells sounds too, for who does not hear them */
};

/* Adds one, or takes the place of the one in that language, whose stored name is *ret_old_name ("" for none).
 * ERROR_NOT_FOUND: no such medium. ERROR_TOO_LARGE: it has SUBTITLES_MAX others. */
enum error subtitle_store_put(struct database *database, int64_t media_id, const struct subtitle *subtitle,
                              int64_t size_bytes, int64_t cues, char ret_old_name[MEDIUM_TEXT_NAME_SIZE]) MUST_CHECK;
/* ERROR_NOT_FOUND: no such medium, or none in that language. */
enum error subtitle_store_remove(struct database *database, int64_t media_id, const char *language,
                                 char ret_old_name[MEDIUM_TEXT_NAME_SIZE]) MUST_CHECK;

/* A package whose master does not name its medium's subtitles as they are. */
struct stale_master {
  int64_t media_id;
  char package_name[UNIQUE_NAME_SIZE];
  char master_of[MASTER_OF_SIZE]; /* what the new one is made of; no other medium's, now or later, is the same */
  double duration_seconds;
  struct subtitle subtitles[SUBTITLES_MAX]; /* by language */
  size_t count;
};
/* The next behind medium `after`, then from the first on. Those that would be made of one of `put_off` are left out.
 * ERROR_NOT_FOUND: all others are as they should be. */
enum error subtitle_store_find_stale(struct database *database, int64_t after, const char *const *put_off,
                                     size_t put_off_count, struct stale_master *ret_stale) MUST_CHECK;
/* From now on this one is served. *ret_old_name is the one before, "" for none. ERROR_CONFLICT: package or subtitles
 * changed meanwhile. */
enum error subtitle_store_set_master(struct database *database, const struct stale_master *stale, const char *name,
                                     char ret_old_name[UNIQUE_NAME_SIZE]) MUST_CHECK;

#endif
