/* SPDX-License-Identifier: ISC */
/* Table view_watching, which ingest keeps from the lines that nginx writes at the beginning and the end of a delivery.
 */
#include "config.h"

#include "store/views/view_live.h"

#include <stdlib.h>

#include "store/engine/statement.h"

/* clang-format off */
static const char *const live_sql =
    "with watched as (select media_id, count(*) as watching from view_watching"
    "  where (last_seen_at > now() - interval '60 seconds' or open_request is not null) and (not bot or $1::boolean) group by media_id)"
    " select " SQL_MICROSECONDS("now()") ", (select coalesce(sum(watching), 0)::int8 from watched), (select count(*) from watched),"
    " w.media_id, a.title, w.watching from (select) as one left join"
    " (watched w join media_asset a on a.id = w.media_id) on true order by w.watching desc nulls last, w.media_id limit $2::int8";
/* clang-format on */

void view_live_free(struct view_live *live) {
  if (live != NULL) {
    for (size_t i = 0; i < live->count; i++) {
      free(live->items[i].title);
    }
    free(live->items);
    *live = (struct view_live){0};
  }
}

enum error view_live_read(struct database *database, bool bots, int limit, struct view_live *ret_live) {
  struct parameters parameters = {0};
  parameters_bool(&parameters, bots);
  parameters_i64(&parameters, limit);
  struct rows rows;
  enum error error = statement_execute(database, live_sql, STATEMENT_REPEATABLE, &parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  struct view_live live = {.items = calloc(rows_count(&rows) + 1, sizeof *live.items)};
  while (live.items != NULL && rows_next(&rows)) {
    live.now_us = rows_i64(&rows);
    live.watching = rows_i64(&rows);
    live.media = rows_i64(&rows);
    if (rows_next_is_null(&rows)) {
      break; /* the numbers stand alone: nobody watches */
    }
    struct view_watched *watched = &live.items[live.count++];
    watched->media_id = rows_i64(&rows);
    watched->title = rows_text_copy(&rows);
    watched->watching = rows_i64(&rows);
  }
  error = rows_close(&rows);
  if (live.items == NULL || error != ERROR_NONE) {
    error = live.items == NULL ? ERROR_MEMORY : error;
    view_live_free(&live);
    return error;
  }
  *ret_live = live;
  return ERROR_NONE;
}
