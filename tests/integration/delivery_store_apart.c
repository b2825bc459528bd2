/* SPDX-License-Identifier: ISC */
/*
 * The delivery store, wrong on purpose: it commits the views and then the position, in two transactions, as one would
 * write it at first. The test that counts exactly once must find it out. Linked before the library, it takes the place
 * of src/store/views/delivery_store.c, which it otherwise is.
 */
#define delivery_store_commit delivery_store_commit_whole
#include "store/views/delivery_store.c" /* NOLINT(bugprone-suspicious-include) */
#undef delivery_store_commit

#include <unistd.h>

#define BETWEEN_US 200000 /* so that most kills hit the moment between the two commits, however slow the rest is */

enum error delivery_store_commit(struct database *database, const struct delivery_log *log, int64_t next_position,
                                 const struct delivery_batch *batch);

enum error delivery_store_commit(struct database *database, const struct delivery_log *log, int64_t next_position,
                                 const struct delivery_batch *batch) {
  int64_t *ids = calloc(batch->view_count + 1, sizeof *ids);
  enum error error = ids == NULL ? ERROR_MEMORY : find_user_agents(database, batch, ids);
  if (error == ERROR_NONE) {
    error = statement_begin(database);
  }
  if (error == ERROR_NONE) {
    error = view_writer_send(database, batch->views, ids, batch->view_count);
    if (error == ERROR_NONE) {
      error = view_writer_take_turn(database);
    }
    if (error == ERROR_NONE && batch->view_count > 0) {
      error = view_writer_add(database, log->id, &batch->play_rule);
    }
    error = statement_end_transaction(database, error);
  }
  free(ids);
  if (error != ERROR_NONE) {
    return error;
  }
  usleep(BETWEEN_US);
  const struct delivery_batch position_alone = {
      .lines = batch->lines, .rejected = batch->rejected, .sums = batch->sums};
  return delivery_store_commit_whole(database, log, next_position, &position_alone);
}
