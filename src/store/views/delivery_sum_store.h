/* SPDX-License-Identifier: ISC */
/*
 * Sums of deliveries by what was asked for and how it was answered (table delivery_sum), for metrics. ingest adds to
 * them in the transaction that moves a log's position, so that each line counts exactly once.
 */
#ifndef MEDIAGATE_STORE_VIEWS_DELIVERY_SUM_STORE_H
#define MEDIAGATE_STORE_VIEWS_DELIVERY_SUM_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "metrics/metric_label.h"
#include "store/engine/database.h"

/* What a batch adds to one row. */
struct delivery_sum {
  enum metric_kind kind;
  enum metric_code code;
  enum metric_rendition rendition; /* of a segment, else METRIC_RENDITION_NONE */
  int64_t deliveries;
  int64_t bytes;
  int64_t broken_off;
};

/* A segment that took a second or more: the database knows whether that is longer than it plays. */
struct delivery_long {
  int64_t media_id;
  int64_t duration_us;
  enum metric_rendition rendition;
};

struct delivery_sum_change {
  const struct delivery_sum *sums; /* each row once */
  size_t sum_count;
  const struct delivery_long *longs;
  size_t long_count;
};

enum error delivery_sum_store_add(struct database *database, const struct delivery_sum_change *change) MUST_CHECK;

/* All rows, by their labels. Plain data. */
struct delivery_sums {
  int64_t deliveries[METRIC_KIND_COUNT][METRIC_CODE_COUNT];
  int64_t bytes[METRIC_KIND_COUNT];
  int64_t broken_off[METRIC_KIND_COUNT];
  int64_t segments[METRIC_RENDITION_COUNT]; /* delivered: 200 and 206 */
  int64_t slow;
};
enum error delivery_sum_store_read(struct database *database, struct delivery_sums *ret_sums) MUST_CHECK;

#endif
