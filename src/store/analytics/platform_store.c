/* SPDX-License-Identifier: ISC */
/* See platform_store.h. */
#include "config.h"

#include "store/analytics/platform_store.h"

#include <string.h>

#include "store/analytics/platform_store.sql.h"
#include "store/engine/statement.h"
#include "store/views/ingest_store.h"

static enum error read_numbers(struct database *database, struct platform_state *ret_state) {
  static const char *const select = PLATFORM_STORE_SQL;
  struct rows row = statement_row(database, select, STATEMENT_REPEATABLE, NULL);
  struct platform_state state = *ret_state;
  state.uploads_open = rows_i64(&row);
  state.uploads_reserved_bytes = rows_i64(&row);
  state.videos = rows_i64(&row);
  state.audios = rows_i64(&row);
  state.media_bytes = rows_i64(&row);
  state.jobs_queued = rows_i64(&row);
  state.jobs_running = rows_i64(&row);
  state.queue_age_seconds = rows_i64(&row);
  state.lines_counted = rows_i64(&row);
  state.lines_skipped = rows_i64(&row);
  state.lines_rejected = rows_i64(&row);
  state.views_of_people = rows_i64(&row);
  state.views_of_robots = rows_i64(&row);
  state.watching = rows_i64(&row);
  return rows_close_into(&row, ret_state, &state, sizeof state);
}

static enum error read_nodes(struct database *database, struct platform_state *state) {
  struct parameters parameters = {0};
  struct rows rows;
  parameters_i64(&parameters, INGEST_SILENT_SECONDS);
  parameters_i64(&parameters, PLATFORM_NODES_MAX);
  enum error error = statement_execute(database,
                                       "select node, unread_bytes, unread_seconds,"
                                       " seen_at > now() - $1::int8 * interval '1 second'"
                                       " from ingest_node order by seen_at desc, node limit $2::int8",
                                       STATEMENT_REPEATABLE, &parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  state->node_count = 0;
  while (state->node_count < PLATFORM_NODES_MAX && rows_next(&rows)) {
    struct platform_node *node = &state->nodes[state->node_count++];
    rows_text(&rows, node->name, sizeof node->name);
    node->unread_bytes = rows_i64(&rows);
    node->unread_seconds = rows_i64(&rows);
    node->up = rows_bool(&rows);
  }
  return rows_close(&rows);
}

enum error platform_store_read(struct database *database, struct platform_state *ret_state) {
  struct platform_state state;
  memset(&state, 0, sizeof state); /* all of it, since it is copied by its bytes */
  enum error error = read_numbers(database, &state);
  if (error == ERROR_NONE) {
    error = read_nodes(database, &state);
  }
  if (error == ERROR_NONE) {
    error = delivery_sum_store_read(database, &state.sums);
  }
  if (error == ERROR_NONE) {
    *ret_state = state;
  }
  return error;
}
