/* SPDX-License-Identifier: ISC */
/*
 * Deliveries on their way to the database, added up by view, so that its work is by view and not by line.
 */
#ifndef MEDIAGATE_INGEST_VIEW_BATCH_H
#define MEDIAGATE_INGEST_VIEW_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "ingest/delivery_line.h"
#include "store/views/delivery_store.h"

/* Zero-initialise. Until it is stored, a view's address is the one that was delivered to; who fills in the marks masks
 * it. */
struct view_batch {
  struct view_change *views;
  size_t count;
  size_t capacity;
  uint32_t *slots; /* index + 1 of a view by the hash of its key, 0 for none */
  size_t slot_count;
  uint64_t seed; /* of the hash: addresses are chosen by clients */
};

/* Adds a delivery that counts. The earliest one of the batch says which address is shown and which player it is.
 * ERROR_MEMORY; ERROR_INVALID: its address is none. */
enum error view_batch_add(struct view_batch *batch, const struct delivery *delivery) MUST_CHECK;
void view_batch_clear(struct view_batch *batch); /* keeps the memory */
void view_batch_free(struct view_batch *batch);

#endif
