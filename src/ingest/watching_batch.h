/* SPDX-License-Identifier: ISC */
/* Who began and who ended a long delivery, on the way to the database (see store/watching_store.h). */
#ifndef MEDIAGATE_INGEST_WATCHING_BATCH_H
#define MEDIAGATE_INGEST_WATCHING_BATCH_H

#include "base/error.h"
#include "ingest/delivery_line.h"
#include "store/views/watching_store.h"

/* Zero-initialise. As in a view_batch, a start's address is not masked yet, and its marks are missing. */
struct watching_batch {
  struct watching_change change;
  size_t capacity;
};

/* Of every line, counting or not: takes what matters now. ERROR_MEMORY. */
enum error watching_batch_add(struct watching_batch *batch, const struct delivery *delivery, int64_t now_us) MUST_CHECK;
void watching_batch_clear(struct watching_batch *batch); /* keeps the memory */
void watching_batch_free(struct watching_batch *batch);

#endif
