/* SPDX-License-Identifier: ISC */
/*
 * The deliveries of a batch, added up for metrics: by what was asked for and how it was answered. Not by medium, grant
 * or viewer: these are views.
 */
#ifndef MEDIAGATE_INGEST_DELIVERY_TALLY_H
#define MEDIAGATE_INGEST_DELIVERY_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "ingest/delivery_line.h"
#include "store/views/delivery_sum_store.h"

/* Zero-initialise. */
struct delivery_tally {
  struct delivery_sum *sums;
  size_t sum_count, sum_capacity;
  uint16_t places[METRIC_KIND_COUNT][METRIC_CODE_COUNT][METRIC_RENDITION_COUNT]; /* index + 1 in sums; 0: none */
  struct delivery_long *longs;
  size_t long_count, long_capacity;
};

/* What the name of a file says that it is. Pure. */
enum metric_kind delivery_kind(const char *file);
/* Which rendition a segment is of: the first number in the name of a package's segment, where the largest picture is 0.
 */
enum metric_rendition delivery_rendition(const char *file);

/* A line of an answer, not of a beginning. */
enum error delivery_tally_add(struct delivery_tally *tally, const struct delivery *delivery) MUST_CHECK;
struct delivery_sum_change delivery_tally_change(const struct delivery_tally *tally);
void delivery_tally_clear(struct delivery_tally *tally); /* keeps the memory */
void delivery_tally_free(struct delivery_tally *tally);

#endif
