/* SPDX-License-Identifier: ISC */
/*
 * Posters that were chosen: a picture of the film at a time, or an image that was uploaded (media_asset.poster_wanted).
 * `mediagate package` makes them; a change is found in the row.
 */
#ifndef MEDIAGATE_STORE_MEDIA_POSTER_STORE_H
#define MEDIAGATE_STORE_MEDIA_POSTER_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/digest.h"
#include "domain/medium.h"
#include "store/engine/database.h"

#define POSTER_WANTED_SIZE 64 /* "time 12.500" or "file <32 hex digits>.img" */
#define POSTER_KEY_SIZE    96

/* What takes the place of the poster before: `wanted` as above, NULL: that of the package again. ERROR_NOT_FOUND: no
 * such medium, or, without `wanted`, no poster was chosen. */
enum error poster_store_want(struct database *database, int64_t media_id, const char *wanted) MUST_CHECK;

struct wanted_poster {
  int64_t media_id;
  char key[POSTER_KEY_SIZE];                 /* what the new one is made of */
  bool is_file;                              /* else a time */
  double seconds;                            /* of a time */
  char stored_name[MEDIUM_STORED_NAME_SIZE]; /* the film, or the image */
};
/* One that is not made yet. ERROR_NOT_FOUND: there is none. */
enum error poster_store_find_wanted(struct database *database, struct wanted_poster *ret_wanted) MUST_CHECK;
/* From now on the folder `name` has it; NULL with the reason why there is none. ERROR_CONFLICT: another is wanted. */
enum error poster_store_set(struct database *database, const struct wanted_poster *wanted, const char *name_or_null,
                            const char *reason_or_null, char ret_old_name[UNIQUE_NAME_SIZE]) MUST_CHECK;

#endif
