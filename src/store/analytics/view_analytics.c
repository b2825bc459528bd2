/* SPDX-License-Identifier: ISC */
/* What is counted of views, from one snapshot, so that the sums agree. */
#include "config.h"

#include "store/analytics/view_analytics.h"

#include <stdlib.h>

#include "store/analytics/view_filtered.h"
#include "store/analytics/view_groups.h"
#include "store/analytics/view_range.h"
#include "store/analytics/view_sums.h"
#include "store/analytics/view_tops.h"
#include "store/analytics/view_uniques.h"
#include "store/engine/statement.h"

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

/* What the rollups say of all views in the time is replaced by what was counted of those that fit. */
static enum error fill_filtered(struct database *database, const struct view_range *range, int64_t sample,
                                struct view_series *series) {
  for (size_t i = 0; i < series->count; i++) {
    series->buckets[i].sums = (struct view_sums){.views = 0};
  }
  return view_filtered_fill(database, range, sample, series);
}

static enum error count_filtered(struct database *database, const struct view_range *range, int64_t rows_there,
                                 struct view_totals *totals) {
  enum error error = view_filtered_sample(range, rows_there, &totals->sum_sample);
  if (error == ERROR_NONE) {
    error = fill_filtered(database, range, totals->sum_sample, &totals->days);
  }
  if (error == ERROR_NONE) {
    error = fill_filtered(database, range, totals->sum_sample, &totals->series);
  }
  totals->sums = (struct view_sums){.views = 0};
  for (size_t i = 0; error == ERROR_NONE && i < totals->days.count; i++) {
    view_sums_add(&totals->sums, &totals->days.buckets[i].sums, 1);
  }
  return error;
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

/* Hours of up to three days, days of up to a year and some, months of more: fewer than 400 steps each. */
static enum view_interval suitable(const struct view_range *range) {
  static const int64_t hours_max_us = 3 * DAY_US, days_max_us = 398 * DAY_US; /* and a step that is cut at each end */
  int64_t length_us = range->to_us - range->from_us;
  return length_us <= hours_max_us ? VIEW_HOUR : length_us <= days_max_us ? VIEW_DAY : VIEW_MONTH;
}

/* Whoever leaves the beginning open does not know how many hours there are: days, when they are too many. */
static enum view_interval coarsest_needed(const struct view_question *question, const struct view_range *range) {
  if (question->interval == VIEW_AUTO) {
    return suitable(range);
  }
  bool too_many = question->interval == VIEW_HOUR && !view_range_steps_fit(range, VIEW_HOUR);
  return question->from_us == 0 && too_many ? VIEW_DAY : question->interval;
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
  totals->interval = coarsest_needed(question, &range);
  error = count_steps(database, &range, totals->interval, totals);
  if (error == ERROR_NONE && question->group_by != VIEW_GROUP_NONE && totals->series.count > VIEW_GROUP_STEPS_MAX) {
    error = ERROR_TOO_LARGE;
  }
  int64_t rows = count_rows(totals, &range);
  if (error == ERROR_NONE && view_filter_is_set(&question->filter)) {
    error = count_filtered(database, &range, rows, totals);
  }
  if (error == ERROR_NONE && question->group_by != VIEW_GROUP_NONE) {
    error = view_groups_fill(database, &range, question, rows, totals);
  }
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
  struct view_totals totals = {.sum_sample = 1, .unique_sample = 1, .interval = VIEW_DAY};
  if (question->interval != VIEW_AUTO) {
    totals.interval = question->interval;
  }
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

enum error view_local_times(struct database *database, const char *tz, int64_t *const times_us[], size_t count) {
  /* PostgreSQL takes the last of two; clocks go back by four hours at the most. */
  /* clang-format off */
  static const char *const select =
      "select " SQL_MICROSECONDS("coalesce((select min(t) from (select w.wall::timestamptz - step * interval '15 minutes' as t"
      " from generate_series(0, 16) step) s where t::timestamp = w.wall), w.wall::timestamptz)")
      " from (select " SQL_TIMESTAMP("$1") " at time zone 'UTC' as wall) w";
  /* clang-format on */
  enum error error = view_range_begin(database, tz);
  if (error != ERROR_NONE) {
    return error;
  }
  for (size_t i = 0; error == ERROR_NONE && i < count; i++) {
    struct parameters parameters = {0};
    parameters_i64(&parameters, *times_us[i]);
    struct rows row = statement_row(database, select, STATEMENT_REPEATABLE, &parameters);
    int64_t time_us = rows_i64(&row);
    error = rows_close_into(&row, times_us[i], &time_us, sizeof time_us);
  }
  view_range_end(database);
  return error;
}
