/* SPDX-License-Identifier: ISC */
/* All views of a time, oldest first, a page at a time: no transaction stays open while somebody downloads. */
#ifndef MEDIAGATE_STORE_VIEWS_VIEW_EXPORT_H
#define MEDIAGATE_STORE_VIEWS_VIEW_EXPORT_H

#include "store/views/view_store.h"

struct view_export {
  int64_t media_id;           /* 0: all */
  int64_t from_us, to_us;     /* from <= timestamp < to */
  bool bots;                  /* robots too */
  int64_t after_us, after_id; /* behind this view; 0, 0: from the beginning */
};

/* The caller frees each view and the array. */
enum error view_export_page(struct database *database, const struct view_export *wanted, int limit,
                            struct view **ret_items, size_t *ret_count) MUST_CHECK;

#endif
