/* SPDX-License-Identifier: ISC */
/* Lists of media, page by page, and how many there are. */
#ifndef MEDIAGATE_STORE_MEDIA_MEDIA_LIST_H
#define MEDIAGATE_STORE_MEDIA_MEDIA_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/engine/database.h"
#include "store/media/media_store.h"

struct media_filter {
  int type;                                /* enum media_type, -1 for all */
  const char *search;                      /* part of the title, any case; NULL for all; % and _ are plain */
  int64_t before_created_at_us, before_id; /* the cursor; 0, 0 for the first page */
  int limit;
};
/* Newest first (created_at, id). The caller frees each medium and the array. Ask for limit + 1 to know of more. */
enum error media_list_find(struct database *database, const struct media_filter *filter, struct media **ret_items,
                           size_t *ret_count) MUST_CHECK;

struct media_counts {
  int64_t media, videos, size_bytes;
};
/* Of the media that are not deleted. */
enum error media_list_count(struct database *database, struct media_counts *ret_counts) MUST_CHECK;

#endif
