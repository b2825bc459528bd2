/* SPDX-License-Identifier: ISC */
/* A view as the stores select it; see the header. */
#include "config.h"

#include "store/views/view_row.h"

#include <stdlib.h>

void view_free(struct view *view) {
  if (view != NULL) {
    free(view->user_agent);
    free(view->referrer);
    *view = (struct view){0};
  }
}

void view_row_read(struct rows *rows, struct view *ret_view) {
  ret_view->id = rows_i64(rows);
  ret_view->media_id = rows_i64(rows);
  rows_text(rows, ret_view->viewed_by_ip, sizeof ret_view->viewed_by_ip);
  ret_view->timestamp_us = rows_i64(rows);
  rows_text(rows, ret_view->viewer, sizeof ret_view->viewer);
  rows_text(rows, ret_view->grant_id, sizeof ret_view->grant_id);
  ret_view->user_agent = rows_text_copy(rows);
  rows_text(rows, ret_view->country, sizeof ret_view->country);
  ret_view->referrer = rows_text_copy(rows);
  ret_view->bytes_sent = rows_i64_or(rows, -1);
  ret_view->seconds = rows_i64_or(rows, -1);
  ret_view->delivered_points = (int)rows_i64_or(rows, -1);
  rows_text(rows, ret_view->source, sizeof ret_view->source);
  ret_view->bot = rows_bool(rows);
}

enum error view_row_list(struct rows *rows, struct view **ret_items, size_t *ret_count) {
  struct view *items = calloc(rows_count(rows) + 1, sizeof *items);
  size_t count = 0;
  while (items != NULL && rows_next(rows)) {
    if (rows_next_is_null(rows)) {
      break; /* the medium stands alone in its row: no views */
    }
    view_row_read(rows, &items[count++]);
  }
  enum error error = rows_close(rows);
  if (items == NULL) {
    return ERROR_MEMORY;
  }
  if (error != ERROR_NONE) {
    for (size_t i = 0; i < count; i++) {
      view_free(&items[i]);
    }
    free(items);
    return error;
  }
  *ret_items = items;
  *ret_count = count;
  return ERROR_NONE;
}
