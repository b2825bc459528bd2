/* SPDX-License-Identifier: ISC */
/* By the key of views, which begins with the grant. */
#include "config.h"

#include "store/views/grant_views.h"

#include <stdlib.h>

#include "store/engine/statement.h"

enum error grant_views_read(struct database *database, const char *grant_id, struct grant_view **ret_views,
                            size_t *ret_count) {
  static const char *const select = "select id, media_id, " SQL_MICROSECONDS("\"timestamp\"") ", " SQL_MICROSECONDS(
      "coalesce(last_seen_at, \"timestamp\")") ", coalesce(bytes_sent, 0), coalesce(seconds, 0), delivered_points,"
                                               " bot, host(viewed_by_ip), viewer, country"
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
    view->bot = rows_bool(&rows);
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
