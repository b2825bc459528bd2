/* SPDX-License-Identifier: ISC */
/*
 * What was read of nginx's delivery logs (table delivery_log), stored together with the views that it adds to: one
 * transaction moves a log's position and counts what lies between, so that every line counts exactly once.
 */
#ifndef MEDIAGATE_STORE_VIEWS_DELIVERY_STORE_H
#define MEDIAGATE_STORE_VIEWS_DELIVERY_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/digest.h"
#include "store/engine/database.h"
#include "store/views/delivery_sum_store.h"
#include "store/views/view_writer.h"
#include "store/views/watching_store.h"

struct delivery_log {
  unsigned char id[DIGEST_SIZE];
  int64_t position; /* bytes that were read */
};

/* Where reading goes on; 0 for a log that nobody has read yet. */
enum error delivery_store_position(struct database *database, const unsigned char id[DIGEST_SIZE],
                                   int64_t *ret_position) MUST_CHECK;
/* What the lines between two positions of a log come to. */
struct delivery_batch {
  int64_t lines;
  int64_t rejected;
  bool commit_locally; /* the commit does not wait for a standby: the log is kept, and is read again if both are lost */
  struct play_rule play_rule;
  const struct view_change *views; /* each view once */
  size_t view_count;
  struct watching_change *watching; /* may be NULL */
  struct delivery_sum_change sums;
};
/* Stores the batch and moves the log's position from log->position to next_position, both or neither.
 * ERROR_CONFLICT: the position is no longer log->position; somebody else read on, so ask for it anew.
 * ERROR_UNKNOWN_OUTCOME: ask for it too. */
enum error delivery_store_commit(struct database *database, const struct delivery_log *log, int64_t next_position,
                                 const struct delivery_batch *batch) MUST_CHECK;

struct delivery_totals {
  int64_t logs, lines;
  int64_t counted;  /* lines that added to a view */
  int64_t rejected; /* lines that were none */
  int64_t skipped;  /* lines of media that the database does not know */
};
enum error delivery_store_totals(struct database *database, struct delivery_totals *ret_totals) MUST_CHECK;

#endif
