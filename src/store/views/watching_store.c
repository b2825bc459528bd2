/* SPDX-License-Identifier: ISC */
/* One row a viewer of a medium: of several deliveries that run at once the one that began last is its open one. */
#include "config.h"

#include "store/views/watching_store.h"

#include <stdlib.h>

#include "domain/digest.h"
#include "store/engine/array.h"
#include "store/engine/statement.h"
#include "store/views/view_kinds.h"
#include "store/views/watching_open.sql.h"

enum column {
  COLUMN_REQUEST,
  COLUMN_GRANT,
  COLUMN_MEDIA,
  COLUMN_ADDRESS_KEY,
  COLUMN_VIEWER,
  COLUMN_COUNTRY,
  COLUMN_ROBOT,
  COLUMN_INTERNAL,
  COLUMN_STARTED,
  COLUMNS
};

static void add_start(struct text columns[COLUMNS], const struct watching_start *start) {
  const struct view_change *view = &start->view;
  char key[UNIQUE_NAME_SIZE];
  text_hex_encode(view->address_key, sizeof view->address_key, key);
  array_add_plain(&columns[COLUMN_REQUEST], start->request_id);
  array_add_plain(&columns[COLUMN_GRANT], view->grant_id);
  array_add_i64(&columns[COLUMN_MEDIA], view->media_id);
  array_add_plain(&columns[COLUMN_ADDRESS_KEY], key);
  array_add_text(&columns[COLUMN_VIEWER], view->viewer);
  array_add_text(&columns[COLUMN_COUNTRY], view->country);
  array_add_plain(&columns[COLUMN_ROBOT], view->robot ? "t" : "f");
  array_add_plain(&columns[COLUMN_INTERNAL], view->internal ? "t" : "f");
  array_add_i64(&columns[COLUMN_STARTED], view->started_us);
}

static enum error open_rows(struct database *database, struct text columns[COLUMNS], const char *ended) {
  static const char *const insert = WATCHING_OPEN_SQL;
  struct parameters parameters = {0};
  enum error error = array_end_columns(columns, COLUMNS, &parameters);
  if (error != ERROR_NONE) {
    return error;
  }
  parameters_text(&parameters, ended);
  return statement_change(database, insert, STATEMENT_ONCE, &parameters, NULL);
}

/* A backlog has tens of thousands of both. A subquery is looked up by a hash; an array whose length a kept plan does
 * not know is walked for each row, and so would a join be (`coalesce` keeps it from becoming one; see
 * view_writer_take_turn). */
enum error watching_store_change(struct database *database, struct watching_change *change) {
  bool any_ended = change->ended.length > 0;
  const char *ended = array_end(&change->ended);
  if (ended == NULL) {
    return ERROR_MEMORY;
  }
  enum error error = ERROR_NONE;
  if (change->start_count > 0) {
    struct text columns[COLUMNS] = {{0}};
    for (size_t i = 0; i < change->start_count; i++) {
      add_start(columns, &change->starts[i]);
    }
    error = open_rows(database, columns, ended);
    array_free_columns(columns, COLUMNS);
  }
  if (error == ERROR_NONE && any_ended) {
    struct parameters parameters = {0};
    parameters_text(&parameters, ended);
    error = statement_change(database,
                             "update view_watching set open_request = null"
                             " where coalesce(open_request in (select unnest($1::text[])), false)",
                             STATEMENT_ONCE, &parameters, NULL);
  }
  return error;
}

enum error watching_store_sweep(struct database *database) {
  return statement_change(
      database,
      "delete from view_watching where (grant_id, media_id, address_key) in (select grant_id,"
      " media_id, address_key from view_watching where last_seen_at < now() - case when open_request"
      " is null then interval '2 minutes' else interval '12 hours' end for update skip locked)",
      STATEMENT_REPEATABLE, NULL, NULL);
}

/* --- who watches just now -------------------------------------------------------------------- */

/* clang-format off */
static const char *const select_live =
    "with watched as (select media_id, count(*) as watching from view_watching"
    "  where (last_seen_at > now() - interval '60 seconds' or open_request is not null) and " VIEW_KINDS_SQL("$1") " group by media_id)"
    " select " SQL_MICROSECONDS("now()") ", (select coalesce(sum(watching), 0)::int8 from watched), (select count(*) from watched),"
    " w.media_id, a.title, w.watching from (select) as one left join"
    " (watched w join media_asset a on a.id = w.media_id) on true order by w.watching desc nulls last, w.media_id limit $2::int8";
/* clang-format on */

void watching_live_free(struct watching_live *live) {
  if (live != NULL) {
    for (size_t i = 0; i < live->count; i++) {
      free(live->items[i].title);
    }
    free(live->items);
    *live = (struct watching_live){0};
  }
}

enum error watching_store_read(struct database *database, unsigned kinds, int limit, struct watching_live *ret_live) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, kinds);
  parameters_i64(&parameters, limit);
  struct rows rows;
  enum error error = statement_execute(database, select_live, STATEMENT_REPEATABLE, &parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  struct watching_live live = {.items = calloc(rows_count(&rows) + 1, sizeof *live.items)};
  while (live.items != NULL && rows_next(&rows)) {
    live.now_us = rows_i64(&rows);
    live.watching = rows_i64(&rows);
    live.media = rows_i64(&rows);
    if (rows_next_is_null(&rows)) {
      break; /* the numbers stand alone: nobody watches */
    }
    struct watched_medium *watched = &live.items[live.count++];
    watched->media_id = rows_i64(&rows);
    watched->title = rows_text_copy(&rows);
    watched->watching = rows_i64(&rows);
  }
  error = rows_close(&rows);
  if (live.items == NULL || error != ERROR_NONE) {
    error = live.items == NULL ? ERROR_MEMORY : error;
    watching_live_free(&live);
    return error;
  }
  *ret_live = live;
  return ERROR_NONE;
}
