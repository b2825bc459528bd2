/* SPDX-License-Identifier: ISC */
/* The database's clock alone is asked: those of the nodes may differ. */
#include "config.h"

#include "store/views/ingest_store.h"

#include "store/engine/statement.h"

enum error ingest_store_say(struct database *database, const char *node, int64_t unread_bytes, int64_t unread_seconds) {
  struct parameters parameters = {0};
  parameters_text(&parameters, node);
  parameters_i64(&parameters, unread_bytes);
  parameters_i64(&parameters, unread_seconds);
  return statement_change(database,
                          "with gone as (delete from ingest_node where seen_at < now() - interval '" INGEST_NODE_KEPT
                          "' and node <> $1)"
                          " insert into ingest_node (node, unread_bytes, unread_seconds) values ($1, $2, $3)"
                          " on conflict (node) do update set seen_at = now(), unread_bytes = excluded.unread_bytes,"
                          " unread_seconds = excluded.unread_seconds",
                          STATEMENT_REPEATABLE, &parameters, NULL);
}

enum error ingest_store_state(struct database *database, struct ingest_state *ret_state) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, INGEST_SILENT_SECONDS);
  static const char *const select =
      "select count(*), count(*) filter (where seen_at < now() - $1::int8 * interval '1 second'),"
      " coalesce(sum(unread_bytes), 0)::int8, coalesce(max(unread_seconds), 0)::int8,"
      " coalesce(extract(epoch from now() - min(seen_at)), 0)::int8"
      " from ingest_node where seen_at > now() - interval '1 day'";
  struct rows row = statement_row(database, select, STATEMENT_REPEATABLE, &parameters);
  struct ingest_state state;
  state.nodes = rows_i64(&row);
  state.silent_nodes = rows_i64(&row);
  state.unread_bytes = rows_i64(&row);
  state.unread_seconds = rows_i64(&row);
  state.heard_seconds = rows_i64(&row);
  return rows_close_into(&row, ret_state, &state, sizeof state);
}
