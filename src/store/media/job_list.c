/* SPDX-License-Identifier: ISC */
/*
 * See job_list.h.
 */
#include "config.h"

#include "store/media/job_list.h"

#include <stdlib.h>

#include "store/engine/statement.h"

static void read_row(struct rows *rows, struct job_row *row) {
  row->id = rows_i64(rows);
  row->media_id = rows_i64(rows);
  rows_text(rows, row->title, sizeof row->title);
  rows_text(rows, row->state, sizeof row->state);
  row->priority = rows_i64(rows);
  row->position = rows_i64_or(rows, 0);
  row->attempts = rows_i64(rows);
  rows_text(rows, row->node, sizeof row->node);
  row->percent = rows_i64_or(rows, -1);
  row->seconds_left = rows_i64_or(rows, -1);
  rows_text(rows, row->error, sizeof row->error);
  row->requested_by = rows_i64_or(rows, 0);
  row->created_at_us = rows_i64(rows);
  row->started_at_us = rows_i64_or(rows, 0);
  row->ended_at_us = rows_i64_or(rows, 0);
  row->not_before_us = rows_i64_or(rows, 0);
}

/* clang-format off */
static const char *const list_select =
    "select j.id, j.media_id, m.title, j.state, j.priority, case when j.state = 'queued' then 1 + (select count(*)"
    "  from package_job q where q.state = 'queued' and (-q.priority, q.id) < (-j.priority, j.id)) end,"
    " j.attempts, j.node, case when j.state = 'running' then m.package_progress end,"
    " case when j.state = 'running' then m.package_seconds_left end, j.error, j.requested_by, "
    SQL_MICROSECONDS("j.created_at") ", " SQL_MICROSECONDS("j.started_at") ", " SQL_MICROSECONDS("j.ended_at") ","
    " case when j.state = 'queued' and j.not_before > now() then " SQL_MICROSECONDS("j.not_before") " end"
    " from package_job j join media_asset m on m.id = j.media_id and m.deleted_at is null"
    " where ($1::text is null or j.state = $1)"
    " and (j.created_at, j.id) < (coalesce(" SQL_TIMESTAMP("$2") ", 'infinity'), coalesce($3, 9223372036854775807))"
    " order by j.created_at desc, j.id desc limit $4";
/* clang-format on */

enum error job_list_find(struct database *database, const struct job_filter *filter, struct job_row **ret_rows,
                         size_t *ret_count) {
  struct parameters parameters = {0};
  struct rows rows;
  parameters_text(&parameters, filter->state);
  parameters_i64_or_null(&parameters, filter->before_created_at_us);
  parameters_i64_or_null(&parameters, filter->before_id);
  parameters_i64(&parameters, filter->limit);
  enum error error = statement_execute(database, list_select, STATEMENT_REPEATABLE, &parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  size_t room = rows_count(&rows), count = 0;
  struct job_row *list = calloc(room == 0 ? 1 : room, sizeof *list);
  while (list != NULL && rows_next(&rows)) {
    read_row(&rows, &list[count++]);
  }
  error = rows_close(&rows);
  if (list == NULL || error != ERROR_NONE) {
    free(list);
    return list == NULL ? ERROR_MEMORY : error;
  }
  *ret_rows = list;
  *ret_count = count;
  return ERROR_NONE;
}

enum error job_list_find_log(struct database *database, int64_t media_id, struct job_row *ret_row, char **ret_log) {
  static const char *const select =
      "select j.id, j.state, j.attempts, j.error, j.log from package_job j join media_asset m on m.id = j.media_id"
      " where m.id = $1 and m.deleted_at is null order by j.id desc limit 1";
  struct parameters parameters = {0};
  struct job_row row = {.media_id = media_id};
  parameters_i64(&parameters, media_id);
  struct rows rows = statement_row(database, select, STATEMENT_REPEATABLE, &parameters);
  row.id = rows_i64(&rows);
  rows_text(&rows, row.state, sizeof row.state);
  row.attempts = rows_i64(&rows);
  rows_text(&rows, row.error, sizeof row.error);
  char *log = rows_text_copy(&rows);
  enum error error = rows_close(&rows);
  if (error != ERROR_NONE) {
    free(log);
    return error;
  }
  *ret_row = row;
  *ret_log = log;
  return ERROR_NONE;
}
