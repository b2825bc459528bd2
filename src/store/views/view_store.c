/* SPDX-License-Identifier: ISC */
/*
 * Views as rows: reported, listed, exported, and those of one grant. What is counted of them is in analytics/.
 */
#include "config.h"

#include "store/views/view_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "store/engine/rate_limit.h"
#include "store/engine/statement.h"
#include "store/views/add_to_rollups.sql.h"
#include "store/views/user_agent_store.h"
#include "store/views/view_kinds.h"
#include "store/views/view_report.sql.h"
#include "store/views/view_sql.h"

#define VIEW_KEY_SIZE 16 /* bytes of address_key */

/* --- rows ------------------------------------------------------------------------------------ */

/* Of `media_view_log v`, as read_view reads them. */
/* clang-format off */
#define VIEW_COLUMNS_WITH(user_agent) \
  "v.id, v.media_id, host(v.viewed_by_ip), " SQL_MICROSECONDS("v.\"timestamp\"") \
  ", v.viewer, replace(v.grant_id::text, '-', ''), " user_agent "," \
  " v.country, v.referrer, v.bytes_sent, v.seconds, v.watched_seconds, v.delivered_points, v.source, v.bot, v.internal, v.played, v.renditions"
#define VIEW_COLUMNS VIEW_COLUMNS_WITH("(select a.text from user_agent a where a.id = v.user_agent_id)")
/* clang-format on */

void view_free(struct view *view) {
  if (view != NULL) {
    free(view->user_agent);
    free(view->referrer);
    *view = (struct view){0};
  }
}

static void read_view(struct rows *rows, struct view *ret_view) {
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
  ret_view->watched_seconds = rows_i64_or(rows, -1);
  ret_view->delivered_points = (int)rows_i64_or(rows, -1);
  rows_text(rows, ret_view->source, sizeof ret_view->source);
  ret_view->robot = rows_bool(rows);
  ret_view->internal = rows_bool(rows);
  ret_view->played = rows_bool(rows);
  ret_view->renditions = (unsigned)rows_i64(rows);
}

/* All rows, which it closes; it ends at one whose first column is null. The caller frees each view and the array. */
static enum error read_views(struct rows *rows, struct view **ret_items, size_t *ret_count) {
  struct view *items = calloc(rows_count(rows) + 1, sizeof *items);
  size_t count = 0;
  while (items != NULL && rows_next(rows)) {
    if (rows_next_is_null(rows)) {
      break; /* the medium stands alone in its row: no views */
    }
    read_view(rows, &items[count++]);
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

/* --- reports --------------------------------------------------------------------------------- */

static enum error insert_reported(struct database *database, const struct view_report *report, const char *key_hex,
                                  int64_t user_agent_id, struct view *ret_view) {
  static const char *const insert = VIEW_REPORT_SQL(ADD_TO_ROLLUPS_SQL("d"), VIEW_COLUMNS);
  struct parameters parameters = {0};
  parameters_i64(&parameters, report->media_id);
  parameters_text(&parameters, report->address);
  parameters_text(&parameters, key_hex);
  parameters_i64(&parameters, report->address_hash);
  parameters_text(&parameters, report->viewer);
  parameters_i64_or_null(&parameters, user_agent_id);
  parameters_text_or_null(&parameters, report->country);
  parameters_bool(&parameters, report->robot);
  parameters_bool(&parameters, report->internal);
  struct rows row = statement_row(database, insert, STATEMENT_ONCE, &parameters);
  struct view view = {0};
  read_view(&row, &view);
  enum error error = rows_close_into(&row, ret_view, &view, sizeof view);
  if (error != ERROR_NONE) {
    view_free(&view);
  }
  return error;
}

enum error view_store_report(struct database *database, const struct view_report *report, int64_t limit_per_minute,
                             struct view *ret_view, int64_t *ret_retry_after) {
  char key_hex[2 * VIEW_KEY_SIZE + 1], limited[2 * VIEW_KEY_SIZE + 32];
  text_hex_encode(report->address_key, VIEW_KEY_SIZE, key_hex);
  snprintf(limited, sizeof limited, "%" PRId64 " %s", report->media_id, key_hex);
  enum error error = statement_begin(database);
  if (error != ERROR_NONE) {
    return error;
  }
  struct view view = {0};
  const char *user_agent = report->user_agent == NULL ? "" : report->user_agent;
  int64_t user_agent_id = 0;
  error = rate_limit_count_minute(database, "view", limited, limit_per_minute, ret_retry_after);
  if (error == ERROR_NONE) { /* counting may be lost at a crash; a view that was answered for may not */
    error = statement_execute(database, "set local synchronous_commit to default", STATEMENT_ONCE, NULL, NULL);
  }
  if (error == ERROR_NONE) {
    error = user_agent_store_ids(database, &user_agent, 1, &user_agent_id);
  }
  if (error == ERROR_NONE) {
    error = statement_execute(database, "select media_view_log_partition(now()) from " SQL_ISO_DATES, STATEMENT_ONCE,
                              NULL, NULL);
  }
  if (error == ERROR_NONE) {
    error = insert_reported(database, report, key_hex, user_agent_id, &view);
  }
  error = statement_end_transaction(database, error);
  if (error != ERROR_NONE) {
    view_free(&view);
    return error;
  }
  *ret_view = view;
  return ERROR_NONE;
}

/* --- lists ----------------------------------------------------------------------------------- */

/* Where a page has looked at enough. The views up to there are read by an index that has their keys. */
static enum error find_end(struct database *database, const char *sql, const struct parameters *parameters,
                           struct view_place *ret_end) {
  struct rows rows;
  struct view_place end = {.us = 0};
  enum error error = statement_execute(database, sql, STATEMENT_REPEATABLE, parameters, &rows);
  if (error == ERROR_NONE) {
    if (rows_next(&rows)) {
      end.us = rows_i64(&rows);
      end.id = rows_i64(&rows);
    }
    error = rows_close(&rows);
  }
  if (error == ERROR_NONE) {
    *ret_end = end;
  }
  return error;
}

static enum error find_end_of_list(struct database *database, const struct view_listing *wanted,
                                   struct view_place *ret_end) {
  /* clang-format off */
  static const char *const select =
      "select " SQL_MICROSECONDS("v.\"timestamp\"") ", v.id from media_view_log v where v.media_id = $1"
      " and (v.\"timestamp\", v.id) < (coalesce(" SQL_TIMESTAMP("$2") ", 'infinity'), coalesce($3, 9223372036854775807))"
      " order by v.\"timestamp\" desc, v.id desc offset $4::int8 - 1 limit 1";
  /* clang-format on */
  struct parameters parameters = {0};
  parameters_i64(&parameters, wanted->media_id);
  parameters_i64_or_null(&parameters, wanted->before_us);
  parameters_i64_or_null(&parameters, wanted->before_id);
  parameters_i64(&parameters, VIEW_FILTER_PAGE_MAX);
  return find_end(database, select, &parameters, ret_end);
}

enum error view_store_list(struct database *database, const struct view_listing *wanted, int limit,
                           struct view **ret_items, size_t *ret_count, struct view_place *ret_end) {
  /* clang-format off */
  static const char *const select =
      "select " VIEW_COLUMNS " from media_asset m left join lateral"
      " (select * from media_view_log v where v.media_id = m.id"
      "  and (v.\"timestamp\", v.id) < (coalesce(" SQL_TIMESTAMP("$2") ", 'infinity'), coalesce($3, 9223372036854775807))"
      "  and (v.\"timestamp\", v.id) >= (coalesce(" SQL_TIMESTAMP("$7") ", '-infinity'), coalesce($8, 0))"
      "  and " VIEW_KINDS_SQL("$5") " and " VIEW_FILTER_SQL("$6")
      "  order by v.\"timestamp\" desc, v.id desc limit $4) v on true"
      " where m.id = $1 and m.deleted_at is null order by v.\"timestamp\" desc, v.id desc";
  /* clang-format on */
  struct parameters parameters = {0};
  __attribute__((cleanup(text_free))) struct text filter = {0};
  parameters_i64(&parameters, wanted->media_id);
  parameters_i64_or_null(&parameters, wanted->before_us);
  parameters_i64_or_null(&parameters, wanted->before_id);
  parameters_i64(&parameters, limit);
  parameters_i64(&parameters, wanted->kinds);
  parameters_text(&parameters, view_filter_array(&wanted->filter, &filter));
  struct view_place end = {.us = 0};
  enum error error = filter.failed ? ERROR_MEMORY : ERROR_NONE;
  if (error == ERROR_NONE && view_filter_is_set(&wanted->filter)) {
    error = find_end_of_list(database, wanted, &end);
  }
  parameters_i64_or_null(&parameters, end.us);
  parameters_i64_or_null(&parameters, end.id);
  struct rows rows;
  if (error == ERROR_NONE) {
    error = statement_execute(database, select, STATEMENT_REPEATABLE, &parameters, &rows);
  }
  if (error != ERROR_NONE) {
    return error;
  }
  *ret_end = end;
  if (rows_count(&rows) == 0) {
    error = rows_close(&rows);
    return error == ERROR_NONE ? ERROR_NOT_FOUND : error;
  }
  return read_views(&rows, ret_items, ret_count);
}

/* Keyset pages in the order of (timestamp, id), each by an index of its own. One join finds all user agents of a page.
 * Both conditions on the time begin at the same one: an index is read from where the pair says, and the first alone is
 * what leaves partitions out. */
/* clang-format off */
#define END_OF_PAGE(condition) \
  "select " SQL_MICROSECONDS("v.\"timestamp\"") ", v.id" IN_PAGE(condition) \
  " order by v.\"timestamp\", v.id offset $5::int8 - 1 limit 1"
#define IN_PAGE(condition) \
  " from media_view_log v where " condition " v.\"timestamp\" >= " SQL_TIMESTAMP("$2") \
  " and v.\"timestamp\" < " SQL_TIMESTAMP("$3") " and (v.\"timestamp\", v.id) > (" SQL_TIMESTAMP("$2") ", $4::int8)"
#define EXPORTED(condition) \
  "select " VIEW_COLUMNS_WITH("a.text") " from (select *" IN_PAGE(condition) \
  " and (v.\"timestamp\", v.id) <= (coalesce(" SQL_TIMESTAMP("$8") ", 'infinity'), coalesce($9, 9223372036854775807))" \
  " and " VIEW_KINDS_SQL("$5") " and " VIEW_FILTER_SQL("$7") " order by v.\"timestamp\", v.id limit $6) v left join user_agent a on a.id = v.user_agent_id order by v.\"timestamp\", v.id"
#define OF_MEDIUM "v.media_id = $1 and"
#define OF_ALL    "$1::int8 = 0 and"
static const char *const export_of_medium = EXPORTED(OF_MEDIUM);
static const char *const export_of_all = EXPORTED(OF_ALL);
static const char *const end_of_medium = END_OF_PAGE(OF_MEDIUM);
static const char *const end_of_all = END_OF_PAGE(OF_ALL);
/* clang-format on */

/* Where the page begins. */
static void add_begin(struct parameters *parameters, const struct view_export *wanted) {
  bool begun = wanted->after_us >= wanted->from_us;
  parameters_i64(parameters, wanted->media_id);
  parameters_i64(parameters, begun ? wanted->after_us : wanted->from_us);
  parameters_i64(parameters, wanted->to_us);
  parameters_i64(parameters, begun ? wanted->after_id : 0); /* below every id */
}

static enum error find_end_of_export(struct database *database, const struct view_export *wanted,
                                     struct view_place *ret_end) {
  struct parameters parameters = {0};
  add_begin(&parameters, wanted);
  parameters_i64(&parameters, VIEW_FILTER_PAGE_MAX);
  return find_end(database, wanted->media_id == 0 ? end_of_all : end_of_medium, &parameters, ret_end);
}

enum error view_store_export(struct database *database, const struct view_export *wanted, int limit,
                             struct view **ret_items, size_t *ret_count, struct view_place *ret_end) {
  struct parameters parameters = {0};
  struct view_place end = {.us = 0};
  __attribute__((cleanup(text_free))) struct text filter = {0};
  add_begin(&parameters, wanted);
  parameters_i64(&parameters, wanted->kinds);
  parameters_i64(&parameters, limit);
  parameters_text(&parameters, view_filter_array(&wanted->filter, &filter));
  enum error error = filter.failed ? ERROR_MEMORY : ERROR_NONE;
  if (error == ERROR_NONE && view_filter_is_set(&wanted->filter)) {
    error = find_end_of_export(database, wanted, &end);
  }
  parameters_i64_or_null(&parameters, end.us);
  parameters_i64_or_null(&parameters, end.id);
  struct rows rows;
  if (error == ERROR_NONE) {
    error = statement_execute(database, wanted->media_id == 0 ? export_of_all : export_of_medium, STATEMENT_REPEATABLE,
                              &parameters, &rows);
  }
  if (error == ERROR_NONE) {
    error = read_views(&rows, ret_items, ret_count);
  }
  if (error == ERROR_NONE) {
    *ret_end = end;
  }
  return error;
}

/* By the key of views, which begins with the grant. */
enum error view_store_of_grant(struct database *database, const char *grant_id, struct grant_view **ret_views,
                               size_t *ret_count) {
  static const char *const select = "select id, media_id, " SQL_MICROSECONDS("\"timestamp\"") ", " SQL_MICROSECONDS(
      "coalesce(last_seen_at, \"timestamp\")") ", coalesce(bytes_sent, 0), coalesce(seconds, 0), delivered_points,"
                                               " bot, internal, host(viewed_by_ip), viewer, country"
                                               " from media_view_log where grant_id = $1::uuid order by 3, 1";
  struct parameters parameters = {0};
  parameters_text(&parameters, grant_id);
  struct rows rows;
  enum error error = statement_execute(database, select, STATEMENT_REPEATABLE, &parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  size_t count = 0;
  struct grant_view *views = calloc(rows_count(&rows) + 1, sizeof *views);
  while (views != NULL && rows_next(&rows)) {
    struct grant_view *view = &views[count++];
    view->id = rows_i64(&rows);
    view->media_id = rows_i64(&rows);
    view->timestamp_us = rows_i64(&rows);
    view->last_seen_us = rows_i64(&rows);
    view->bytes_sent = rows_i64(&rows);
    view->seconds = rows_i64(&rows);
    view->delivered_points = rows_i64_or(&rows, -1);
    view->robot = rows_bool(&rows);
    view->internal = rows_bool(&rows);
    rows_text(&rows, view->viewed_by_ip, sizeof view->viewed_by_ip);
    rows_text(&rows, view->viewer, sizeof view->viewer);
    rows_text(&rows, view->country, sizeof view->country);
  }
  error = rows_close(&rows);
  error = views == NULL ? ERROR_MEMORY : error;
  if (error != ERROR_NONE) {
    free(views);
    return error;
  }
  *ret_views = views;
  *ret_count = count;
  return ERROR_NONE;
}
