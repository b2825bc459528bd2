/* SPDX-License-Identifier: ISC */
/* Lists of media, page by page, and how many there are. */
#ifndef MEDIAGATE_STORE_MEDIA_MEDIA_LIST_H
#define MEDIAGATE_STORE_MEDIA_MEDIA_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/engine/database.h"
#include "store/media/media_store.h"

enum media_sort {
  MEDIA_BY_CREATED_AT,
  MEDIA_BY_TITLE, /* as ICU's root locale has it */
  MEDIA_BY_DURATION,
  MEDIA_BY_SIZE,
  MEDIA_BY_VIEWS, /* of people, of all time, as the monthly sums have them */
  MEDIA_SORT_COUNT
};

/* NULL: whatever it is. */
struct media_filter {
  int type;                /* enum media_type, -1 for all */
  const char *search;      /* part of the title, any case; % and _ are plain */
  const char *description; /* the same of the description */
  const char *tags;        /* all of these, as media_tags_end has them */
  const char *external_id;
  const char *metadata;      /* JSON: an object with members; all of them are in the medium's, as jsonb's @> has it */
  const char *package_state; /* "none": without a job */
  const bool *has_file;      /* a stored one or a remote one */
  enum media_sort sort;
  bool ascending;
  int64_t after_key, after_id; /* the cursor; id 0 for the first page */
  int limit;
};

/* One medium of a list; `key` and its id are the cursor of what comes after it. */
struct media_item {
  struct media media;
  int64_t key;
};

/* Media that are equal in what they are sorted by go by their id. Unknown durations and sizes are 0. Sorted by title, a
 * cursor stands behind the title that its medium has now. The caller frees each medium and the array. Ask for limit + 1
 * to know of more. */
enum error media_list_find(struct database *database, const struct media_filter *filter, struct media_item **ret_items,
                           size_t *ret_count) MUST_CHECK;
/* How many media pass the filter, whatever its cursor and limit. */
enum error media_list_matches(struct database *database, const struct media_filter *filter,
                              int64_t *ret_count) MUST_CHECK;

struct media_counts {
  int64_t media, videos, audios, size_bytes;
};
/* Of the media that are not deleted. */
enum error media_list_count(struct database *database, struct media_counts *ret_counts) MUST_CHECK;

#endif
