/* SPDX-License-Identifier: ISC */
/* See metric.h. */
#include "config.h"

#include "metrics/metric.h"

#include <assert.h>
#include <stdatomic.h>

#include "base/clock.h"

_Static_assert(sizeof(_Atomic uint64_t) == sizeof(uint64_t), "a cell is a word");

static struct metric_page private_page;
static struct metric_page *page = &private_page;
static enum metric_pool own_pool;

#define METRIC_DESCRIPTION(id, storage_, type_, name_, a, b, unit_, given_, help_)                                     \
  [METRIC_##id] = {.name = (name_),                                                                                    \
                   .help = (help_),                                                                                    \
                   .given = (given_),                                                                                  \
                   .storage = METRIC_STORAGE_##storage_,                                                               \
                   .type = METRIC_TYPE_##type_,                                                                        \
                   .labels = {METRIC_LABEL_##a, METRIC_LABEL_##b},                                                     \
                   .counts = {METRIC_##a##_COUNT, METRIC_##b##_COUNT},                                                 \
                   .at = METRIC_AT_##id,                                                                               \
                   .series = (size_t)METRIC_##a##_COUNT * METRIC_##b##_COUNT,                                          \
                   .unit = (unit_)},
static const struct metric_description descriptions[] = {METRIC_TABLE(METRIC_DESCRIPTION)};
_Static_assert(sizeof descriptions / sizeof *descriptions == METRIC_COUNT, "each metric is described");

#define METRIC_TEXT(set, id, text)  text,
#define METRIC_VALUES(set, label)   static const char *const values_##set[] = {METRIC_SET_##set(METRIC_TEXT)};
#define METRIC_SET_ROW(set, label_) [METRIC_LABEL_##set] = {label_, values_##set, METRIC_##set##_COUNT},
METRIC_SETS(METRIC_VALUES)
static const struct {
  const char *name;
  const char *const *values;
  size_t count;
} sets[METRIC_LABEL_COUNT] = {METRIC_SETS(METRIC_SET_ROW)};

const struct metric_description *metric_describe(enum metric metric) {
  return &descriptions[metric];
}

const char *metric_label_name(enum metric_label label) {
  return sets[label].name == NULL ? "" : sets[label].name;
}

const char *metric_label_value(enum metric_label label, size_t value) {
  return value < sets[label].count ? sets[label].values[value] : "";
}

void metric_use_page(struct metric_page *page_or_null) {
  page = page_or_null == NULL ? &private_page : page_or_null;
}

void metric_set_pool(enum metric_pool pool) {
  own_pool = pool;
}

enum metric_pool metric_pool(void) {
  return own_pool;
}

static size_t series_of(const struct metric_description *description, size_t a, size_t b) {
  assert(description->storage == METRIC_STORAGE_PAGE && a < description->counts[0] && b < description->counts[1]);
  return a * description->counts[1] + b;
}

/* This process is the only writer. */
static void add_to(_Atomic uint64_t *cell, uint64_t number) {
  atomic_store_explicit(cell, atomic_load_explicit(cell, memory_order_relaxed) + number, memory_order_relaxed);
}

void metric_add(enum metric metric, size_t a, size_t b, uint64_t number) {
  const struct metric_description *description = &descriptions[metric];
  add_to(&page->cells[description->at + series_of(description, a, b)], number);
}

void metric_set(enum metric metric, size_t a, size_t b, uint64_t value) {
  const struct metric_description *description = &descriptions[metric];
  atomic_store_explicit(&page->cells[description->at + series_of(description, a, b)], value, memory_order_relaxed);
}

void metric_observe(enum metric metric, size_t a, int64_t microseconds) {
  static const int64_t bounds[] = {METRIC_BOUNDS};
  _Static_assert(sizeof bounds / sizeof *bounds == METRIC_BOUND_COUNT, "as many as are said");
  const struct metric_description *description = &descriptions[metric];
  _Atomic uint64_t *series = &page->cells[description->at + series_of(description, a, 0) * METRIC_HISTOGRAM_CELLS];
  size_t bucket = 0;
  while (bucket < METRIC_BOUND_COUNT && microseconds > bounds[bucket]) {
    bucket++;
  }
  add_to(&series[bucket], 1);
  add_to(&series[METRIC_BOUND_COUNT + 1], microseconds > 0 ? (uint64_t)microseconds : 0);
}

void metric_note_database(bool answered) {
  atomic_store_explicit(answered ? &page->database_answered_ms : &page->database_failed_ms, clock_monotonic_ms(),
                        memory_order_relaxed);
}

#define STATUS_CASE(set, status, text)                                                                                 \
  case status:                                                                                                         \
    return METRIC_CODE_##status;

enum metric_code metric_code_of(int status) {
  switch (status) {
    METRIC_STATUSES(STATUS_CASE)
  default:
    return METRIC_CODE_OTHER;
  }
}
