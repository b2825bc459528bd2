/* SPDX-License-Identifier: ISC */
/*
 * The position moves in the transaction that stores what was read up to it. All nodes that count take turns, so its
 * statements go as one pipeline: the turn is held while the server works, not while anything travels.
 */
#include "config.h"

#include "store/views/delivery_store.h"

#include <stdlib.h>

#include "domain/digest.h"
#include "store/engine/pipeline.h"
#include "store/engine/statement.h"
#include "store/views/user_agent_store.h"

enum error delivery_store_position(struct database *database, const unsigned char id[DIGEST_SIZE],
                                   int64_t *ret_position) {
  struct parameters parameters = {0};
  parameters_hash(&parameters, id);
  struct rows row = statement_row(database, "select coalesce((select position from delivery_log where id = $1), 0)",
                                  STATEMENT_REPEATABLE, &parameters);
  int64_t position = rows_i64(&row);
  return rows_close_into(&row, ret_position, &position, sizeof position);
}

/* Where the position is another one the second insert breaks the key: ERROR_CONFLICT, and nothing is stored. */
static enum error move_position(struct database *database, const struct delivery_log *log, int64_t next_position,
                                const struct delivery_batch *batch) {
  static const char *const move =
      "with moved as (update delivery_log set position = $3, lines = lines + $4, rejected = rejected + $5,"
      " updated_at = now() where id = $1 and position = $2 returning 1)"
      " insert into delivery_log (id) select $1 from generate_series(1, 2) where not exists (select from moved)";
  enum error error = ERROR_NONE;
  struct parameters parameters = {0};
  parameters_hash(&parameters, log->id);
  if (log->position == 0) {
    error = statement_execute(database, "insert into delivery_log (id) values ($1) on conflict (id) do nothing",
                              STATEMENT_ONCE, &parameters, NULL);
  }
  parameters_i64(&parameters, log->position);
  parameters_i64(&parameters, next_position);
  parameters_i64(&parameters, batch->lines);
  parameters_i64(&parameters, batch->rejected);
  return error == ERROR_NONE ? statement_execute(database, move, STATEMENT_ONCE, &parameters, NULL) : error;
}

/* Ids are asked for before the transaction: those of one that fails would be none. */
static enum error find_user_agents(struct database *database, const struct delivery_batch *batch, int64_t *ret_ids) {
  const char **texts = calloc(batch->view_count + 1, sizeof *texts);
  if (texts == NULL) {
    return ERROR_MEMORY;
  }
  for (size_t i = 0; i < batch->view_count; i++) {
    texts[i] = batch->views[i].user_agent == NULL ? "" : batch->views[i].user_agent;
  }
  enum error error = user_agent_store_ids(database, texts, batch->view_count, ret_ids);
  free(texts);
  return error;
}

static enum error store(struct database *database, const struct delivery_log *log, int64_t next_position,
                        const struct delivery_batch *batch, const int64_t *user_agent_ids) {
  enum error error = pipeline_begin(database);
  if (error == ERROR_NONE && batch->commit_locally) {
    error = view_writer_commit_locally(database);
  }
  if (error == ERROR_NONE) {
    error = view_writer_send(database, batch->views, user_agent_ids, batch->view_count);
  }
  if (error == ERROR_NONE) {
    error = view_writer_take_turn(database);
  }
  if (error == ERROR_NONE) {
    error = move_position(database, log, next_position, batch);
  }
  if (error == ERROR_NONE) {
    error = delivery_sum_store_add(database, &batch->sums);
  }
  if (error == ERROR_NONE && batch->watching != NULL) {
    error = watching_store_change(database, batch->watching);
  }
  if (error == ERROR_NONE && batch->view_count > 0) { /* last, since it locks sums that everybody adds to */
    error = view_writer_add(database, log->id, &batch->play_rule);
  }
  return pipeline_end(database, error);
}

enum error delivery_store_commit(struct database *database, const struct delivery_log *log, int64_t next_position,
                                 const struct delivery_batch *batch) {
  int64_t *ids = calloc(batch->view_count + 1, sizeof *ids);
  enum error error = ids == NULL ? ERROR_MEMORY : find_user_agents(database, batch, ids);
  if (error == ERROR_NONE) {
    error = store(database, log, next_position, batch, ids);
  }
  free(ids);
  return error;
}

enum error delivery_store_totals(struct database *database, struct delivery_totals *ret_totals) {
  static const char *const select =
      "select count(*), coalesce(sum(lines), 0)::int8, coalesce(sum(counted), 0)::int8,"
      " coalesce(sum(rejected), 0)::int8, coalesce(sum(skipped), 0)::int8 from delivery_log";
  struct rows row = statement_row(database, select, STATEMENT_REPEATABLE, NULL);
  struct delivery_totals totals;
  totals.logs = rows_i64(&row);
  totals.lines = rows_i64(&row);
  totals.counted = rows_i64(&row);
  totals.rejected = rows_i64(&row);
  totals.skipped = rows_i64(&row);
  return rows_close_into(&row, ret_totals, &totals, sizeof totals);
}
