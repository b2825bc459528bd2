/* SPDX-License-Identifier: ISC */
/*
 * A transaction that is open may yet commit events at its position. So nothing at or above the oldest of them is read.
 */
#include "config.h"

#include "store/events/event_list.h"

#include <stdlib.h>

#include "store/engine/statement.h"

#define NO_ID  "00000000-0000-0000-0000-000000000000"
#define ANY_ID "ffffffff-ffff-ffff-ffff-ffffffffffff"

/* Positions below it are complete. */
#define HORIZON "((select base from event_base) + pg_snapshot_xmin(pg_current_snapshot())::text::int8)"

#define SELECT                                                                                                         \
  "select id, position, " SQL_MICROSECONDS("\"time\"") ", type, actor, host(address), subject, data from event"        \
                                                       " where position < " HORIZON                                    \
                                                       " and ($1::text is null or type = $1"                           \
                                                       "  or ($1 like '%.*' and starts_with(type, left($1, -1))))"     \
                                                       " and ($2::text is null or actor = $2)"                         \
                                                       " and ($3::text is null or subject = $3)"

static enum error read_rows(struct rows *rows, void (*row)(void *context, const struct event *event), void *context) {
  while (rows_next(rows)) {
    struct event event = {.data = NULL};
    rows_text(rows, event.cursor.id, sizeof event.cursor.id);
    event.cursor.position = rows_i64(rows);
    event.time_us = rows_i64(rows);
    rows_text(rows, event.type, sizeof event.type);
    rows_text(rows, event.actor, sizeof event.actor);
    rows_text(rows, event.address, sizeof event.address);
    rows_text(rows, event.subject, sizeof event.subject);
    char *data = rows_text_copy(rows);
    event.data = data;
    if (rows->error == ERROR_NONE && data != NULL) {
      row(context, &event);
    }
    free(data);
  }
  return rows_close(rows);
}

enum error event_list(struct database *database, const struct event_filter *filter, int64_t limit,
                      void (*row)(void *context, const struct event *event), void *context) {
  static const char *const oldest_first =
      SELECT " and (position, id) > ($4::int8, $5::uuid) order by position, id limit $6::int8";
  static const char *const newest_first =
      SELECT " and ($4::int8 = 0 or (position, id) < ($4::int8, $5::uuid)) order by position desc, id desc"
             " limit $6::int8";
  struct parameters parameters = {0};
  struct rows rows;
  parameters_text(&parameters, filter->type);
  parameters_text(&parameters, filter->actor);
  parameters_text(&parameters, filter->subject);
  parameters_i64(&parameters, filter->after.position);
  parameters_text(&parameters, filter->after.id[0] == '\0' ? NO_ID : filter->after.id);
  parameters_i64(&parameters, limit);
  enum error error = statement_execute_planned(database, filter->newest_first ? newest_first : oldest_first,
                                               STATEMENT_REPEATABLE, &parameters, &rows);
  return error == ERROR_NONE ? read_rows(&rows, row, context) : error;
}

enum error event_list_end(struct database *database, struct event_cursor *ret_cursor) {
  struct rows row = statement_row(database, "select " HORIZON " - 1", STATEMENT_REPEATABLE, NULL);
  struct event_cursor cursor = {.position = rows_i64(&row), .id = ANY_ID};
  return rows_close_into(&row, ret_cursor, &cursor, sizeof cursor);
}
