/* SPDX-License-Identifier: ISC */
/*
 * Views: reported and listed. What is counted of them is in view_analytics.c.
 */
#include "config.h"

#include "store/views/view_store.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "store/engine/rate_limit.h"
#include "store/views/user_agent_store.h"
#include "store/views/view_row.h"
#include "store/views/view_sql.h"
#include "store/views/add_to_rollups.sql.h"
#include "store/views/view_report.sql.h"

#define VIEW_KEY_SIZE 16 /* bytes of address_key */

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
  parameters_bool(&parameters, report->bot);
  struct rows row = statement_row(database, insert, STATEMENT_ONCE, &parameters);
  struct view view = {0};
  view_row_read(&row, &view);
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

enum error view_store_list(struct database *database, int64_t media_id, bool bots, int64_t before_timestamp_us,
                           int64_t before_id, int limit, struct view **ret_items, size_t *ret_count) {
  /* clang-format off */
  static const char *const select =
      "select " VIEW_COLUMNS " from media_asset m left join lateral"
      " (select * from media_view_log l where l.media_id = m.id"
      "  and (l.\"timestamp\", l.id) < (coalesce(" SQL_TIMESTAMP("$2") ", 'infinity'), coalesce($3, 9223372036854775807))"
      "  and (not l.bot or $5::boolean)"
      "  order by l.\"timestamp\" desc, l.id desc limit $4) v on true"
      " where m.id = $1 and m.deleted_at is null order by v.\"timestamp\" desc, v.id desc";
  /* clang-format on */
  struct parameters parameters = {0};
  parameters_i64(&parameters, media_id);
  parameters_i64_or_null(&parameters, before_timestamp_us);
  parameters_i64_or_null(&parameters, before_id);
  parameters_i64(&parameters, limit);
  parameters_bool(&parameters, bots);
  struct rows rows;
  enum error error = statement_execute(database, select, STATEMENT_REPEATABLE, &parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  if (rows_count(&rows) == 0) {
    error = rows_close(&rows);
    return error == ERROR_NONE ? ERROR_NOT_FOUND : error;
  }
  return view_row_list(&rows, ret_items, ret_count);
}
