/* SPDX-License-Identifier: ISC */
/*
 * A view as the stores select it: the column list (of `media_view_log v`) and what reads it. Internal to the stores.
 */
#ifndef MEDIAGATE_STORE_VIEWS_VIEW_ROW_H
#define MEDIAGATE_STORE_VIEWS_VIEW_ROW_H

#include "store/engine/statement.h"
#include "store/views/view_store.h"

/* clang-format off */
#define VIEW_COLUMNS_WITH(user_agent) \
  "v.id, v.media_id, host(v.viewed_by_ip), " SQL_MICROSECONDS("v.\"timestamp\"") \
  ", v.viewer, replace(v.grant_id::text, '-', ''), " user_agent "," \
  " v.country, v.referrer, v.bytes_sent, v.seconds, v.delivered_points, v.source, v.bot"
#define VIEW_COLUMNS VIEW_COLUMNS_WITH("(select a.text from user_agent a where a.id = v.user_agent_id)")
/* clang-format on */

void view_row_read(struct rows *rows, struct view *ret_view);
/* All rows, which it closes; it ends at one whose first column is null. The caller frees each view and the array. */
enum error view_row_list(struct rows *rows, struct view **ret_items, size_t *ret_count) MUST_CHECK;

#endif
