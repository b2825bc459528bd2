/* SPDX-License-Identifier: ISC */
/*
 * Counters. A process counts in a page of its own, which others may read at any time: each cell has one writer, so that
 * adding is a load and a store of the process's own cache line, without a lock. Until metric_use_page names a page in
 * shared memory, a process counts in one that nobody reads.
 *
 * The page is a global, as the log is: what counts is spread over all layers, and a counter is no part of any contract.
 */
#ifndef MEDIAGATE_METRICS_METRIC_H
#define MEDIAGATE_METRICS_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metrics/metric_label.h"
#include "metrics/metric_table.h"

#define METRIC_ID(id, storage, type, name, a, b, unit, given, help) METRIC_##id,
enum metric { METRIC_TABLE(METRIC_ID) METRIC_COUNT };

enum metric_storage { METRIC_STORAGE_PAGE, METRIC_STORAGE_GIVEN };
enum metric_type { METRIC_TYPE_COUNTER, METRIC_TYPE_GAUGE, METRIC_TYPE_HISTOGRAM };

/* The upper bounds of histograms in microseconds; the last bucket has none. */
#define METRIC_BOUNDS                                                                                                  \
  500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000, 30000000
#define METRIC_BOUND_COUNT 15
/* Cells of one series: the buckets, not cumulated, and the sum. */
#define METRIC_HISTOGRAM_CELLS (METRIC_BOUND_COUNT + 2)

#define METRIC_SERIES_CELLS_COUNTER    1
#define METRIC_SERIES_CELLS_GAUGE      1
#define METRIC_SERIES_CELLS_HISTOGRAM  METRIC_HISTOGRAM_CELLS
#define METRIC_CELLS_PAGE(type, a, b)  (METRIC_SERIES_CELLS_##type * METRIC_##a##_COUNT * METRIC_##b##_COUNT)
#define METRIC_CELLS_GIVEN(type, a, b) 0
/* Where a metric's cells begin in a page: an enumerator that is one more than the last cell before it. */
#define METRIC_AT(id, storage, type, name, a, b, unit, given, help)                                                    \
  METRIC_AT_##id, METRIC_LAST_##id = METRIC_AT_##id + METRIC_CELLS_##storage(type, a, b) - 1,
enum { METRIC_TABLE(METRIC_AT) METRIC_CELLS };

struct metric_page {
  _Alignas(64) _Atomic uint64_t cells[METRIC_CELLS];
  _Atomic int64_t database_answered_ms; /* clock_monotonic_ms; 0: never */
  _Atomic int64_t database_failed_ms;
};

struct metric_description {
  const char *name;
  const char *help;
  const char *given; /* of GIVEN: the names of its labels, "" for none */
  enum metric_storage storage;
  enum metric_type type;
  enum metric_label labels[2];
  size_t counts[2]; /* values of each label */
  size_t at;        /* the first cell */
  size_t series;
  double unit;
};

const struct metric_description *metric_describe(enum metric metric);
/* The label's name, and its values in the order of the enum. "" for METRIC_LABEL_NONE. */
const char *metric_label_name(enum metric_label label);
const char *metric_label_value(enum metric_label label, size_t value);

/* From now on this process counts there. The page outlives the process, or the next call. NULL: the private one. */
void metric_use_page(struct metric_page *page_or_null);
/* Which of the sets POOL's values this process is; for those who count by it. */
void metric_set_pool(enum metric_pool pool);
enum metric_pool metric_pool(void);

/* a, b: the values of the metric's labels, 0 for none. */
void metric_add(enum metric metric, size_t a, size_t b, uint64_t number);
void metric_set(enum metric metric, size_t a, size_t b, uint64_t value);
void metric_observe(enum metric metric, size_t a, int64_t microseconds);
/* One statement or attempt to connect: mediagate_database_up. */
void metric_note_database(bool answered);
enum metric_code metric_code_of(int status);

#endif
