/* SPDX-License-Identifier: ISC */
/* What is counted of views, from one snapshot, so that the sums agree. */
#include "config.h"

#include "store/analytics/view_analytics.h"

#include <stdlib.h>

#include "store/analytics/view_range.h"
#include "store/analytics/view_sums.h"
#include "store/analytics/view_tops.h"
#include "store/analytics/view_uniques.h"

static enum error copy_series(const struct view_series *series, struct view_series *ret_copy) {
  struct view_bucket *buckets = calloc(series->count + 1, sizeof *buckets);
  if (buckets == NULL) {
    return ERROR_MEMORY;
  }
  for (size_t i = 0; i < series->count; i++) {
    buckets[i] = series->buckets[i];
  }
  *ret_copy = (struct view_series){.buckets = buckets, .count = series->count};
  return ERROR_NONE;
}

static enum error fill_series(struct database *database, const struct view_range *range, enum view_interval interval,
                              struct view_series *series) {
  enum error error = view_range_steps(database, range, interval, series);
  return error == ERROR_NONE ? view_sums_fill(database, range, interval, series) : error;
}

static enum error count_steps(struct database *database, const struct view_range *range, enum view_interval interval,
                              struct view_totals *totals) {
  enum error error = fill_series(database, range, VIEW_DAY, &totals->days);
  if (error != ERROR_NONE) {
    return error;
  }
  for (size_t i = 0; i < totals->days.count; i++) {
    view_sums_add(&totals->sums, &totals->days.buckets[i].sums, 1);
  }
  switch (interval) {
  case VIEW_HOUR:
    return fill_series(database, range, VIEW_HOUR, &totals->series);
  case VIEW_DAY:
    return copy_series(&totals->days, &totals->series);
  default:
    return view_sums_months(&totals->days, &totals->series);
  }
}

/* About how many views are still there: those of the days that began since. */
static int64_t count_rows(const struct view_totals *totals, const struct view_range *range) {
  int64_t count = 0;
  for (size_t i = 0; i < totals->days.count; i++) {
    const struct view_bucket *day = &totals->days.buckets[i];
    count += day->begin_us + DAY_US > range->rows_since_us ? day->sums.views : 0;
  }
  return count;
}

/* In the transaction. */
static enum error count_all(struct database *database, const struct view_question *question,
                            struct view_totals *totals) {
  struct view_range range;
  enum error error = view_range_resolve(database, question, &range);
  if (error != ERROR_NONE || range.from_us == range.to_us) {
    return error;
  }
  totals->from_us = range.from_us;
  totals->to_us = range.to_us;
  totals->rows_since_us = range.rows_since_us;
  error = count_steps(database, &range, question->interval, totals);
  int64_t rows = count_rows(totals, &range);
  if (error == ERROR_NONE) {
    error = view_uniques_fill(database, &range, rows, totals);
  }
  if (error == ERROR_NONE && question->media_id != 0) {
    error = view_tops_fill(database, &range, rows, totals);
  }
  return error;
}

enum error view_analytics(struct database *database, const struct view_question *question,
                          struct view_totals *ret_totals) {
  struct view_totals totals = {.unique_sample = 1};
  enum error error = view_range_begin(database, question->tz);
  if (error != ERROR_NONE) {
    return error;
  }
  error = count_all(database, question, &totals);
  view_range_end(database);
  if (error != ERROR_NONE) {
    view_totals_free(&totals);
    return error;
  }
  *ret_totals = totals;
  return ERROR_NONE;
}
