/* SPDX-License-Identifier: ISC */
/*
 * The delivery store, wrong on purpose: it commits the views and then the position, in two transactions, as one would
 * write it at first. The test that counts exactly once must find it out. Linked before the library, it takes the place
 * of src/store/delivery_store.c, which it otherwise is.
 */
#define delivery_store_commit delivery_store_commit_whole
#include "store/delivery_store.c" /* NOLINT(bugprone-suspicious-include) */
#undef delivery_store_commit

#include <unistd.h>

#define BETWEEN_US 30000 /* so that a kill often hits the moment between the two commits, however slow the rest is */

enum error delivery_store_commit(struct database *database, const struct delivery_log *log, int64_t next_position,
                                 int64_t lines, int64_t rejected, struct delivery_batch *batch);

enum error delivery_store_commit(struct database *database, const struct delivery_log *log, int64_t next_position,
                                 int64_t lines, int64_t rejected, struct delivery_batch *batch) {
  enum error error = database_begin(database);
  if (error == ERROR_NONE) {
    error = take_turn(database);
    if (error == ERROR_NONE && batch->count > 0) {
      error = add_to_views(database, batch);
    }
    if (error == ERROR_NONE) {
      error = database_commit(database);
    } else {
      database_rollback(database);
    }
  }
  if (error != ERROR_NONE) {
    return error;
  }
  usleep(BETWEEN_US);
  delivery_batch_clear(batch);
  return delivery_store_commit_whole(database, log, next_position, lines, rejected, batch);
}
