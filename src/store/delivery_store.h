/* SPDX-License-Identifier: ISC */
/*
 * What was read of nginx's delivery logs (table delivery_log), stored together with the views that it adds to: one
 * transaction moves a log's position and counts what lies between, so that every line counts exactly once.
 */
#ifndef MEDIAGATE_STORE_DELIVERY_STORE_H
#define MEDIAGATE_STORE_DELIVERY_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "store/database.h"

#define DELIVERY_LOG_ID_SIZE 32

/* One delivery that counts. Texts are valid UTF-8 without NUL; "" is none. */
struct delivery_row {
  int64_t media_id;
  const char *grant_id; /* 32 hex digits */
  const char *address;
  int64_t started_us, ended_us; /* since 1970 */
  int64_t bytes_sent;
  const char *viewer;
  const char *user_agent;
  const char *referrer_host;
};

/* Rows on their way to the database, a column each as an array in PostgreSQL's text form. Zero-initialise. */
enum delivery_column {
  DELIVERY_MEDIA,
  DELIVERY_GRANT,
  DELIVERY_ADDRESS,
  DELIVERY_STARTED,
  DELIVERY_ENDED,
  DELIVERY_BYTES,
  DELIVERY_VIEWER,
  DELIVERY_USER_AGENT,
  DELIVERY_REFERRER,
  DELIVERY_COLUMNS
};
struct delivery_batch {
  struct text columns[DELIVERY_COLUMNS];
  size_t count;
};

/* A failed allocation shows when the batch is stored. */
void delivery_batch_add(struct delivery_batch *batch, const struct delivery_row *row);
void delivery_batch_clear(struct delivery_batch *batch); /* keeps the memory */
void delivery_batch_free(struct delivery_batch *batch);

struct delivery_log {
  unsigned char id[DELIVERY_LOG_ID_SIZE];
  int64_t position; /* bytes that were read */
};

/* Where reading goes on; 0 for a log that nobody has read yet. */
enum error delivery_store_position(struct database *database, const unsigned char id[DELIVERY_LOG_ID_SIZE],
                                   int64_t *ret_position) MUST_CHECK;
/* Stores the batch and moves the log's position from log->position to next_position, both or neither.
 * ERROR_CONFLICT: the position is no longer log->position; somebody else read on, so ask for it anew.
 * ERROR_UNKNOWN_OUTCOME: ask for it too. Deliveries of media that the database does not know are left out. */
enum error delivery_store_commit(struct database *database, const struct delivery_log *log, int64_t next_position,
                                 int64_t lines, int64_t rejected, struct delivery_batch *batch) MUST_CHECK;

struct delivery_totals {
  int64_t logs, lines, counted, rejected;
};
enum error delivery_store_totals(struct database *database, struct delivery_totals *ret_totals) MUST_CHECK;

#endif
