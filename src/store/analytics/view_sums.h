/* SPDX-License-Identifier: ISC */
/*
 * Exact sums of any time from a handful of rows: rollups of days, corrected by those of quarter hours, and the views
 * themselves where a bound is not on a quarter hour. Internal to the view stores.
 */
#ifndef MEDIAGATE_STORE_ANALYTICS_VIEW_SUMS_H
#define MEDIAGATE_STORE_ANALYTICS_VIEW_SUMS_H

#include "store/analytics/view_range.h"
#include "store/engine/rows.h"

#define VIEW_SUM_COLUMNS                                                                                               \
  "sum(views)::int8, sum(plays)::int8, sum(bytes_sent)::int8, sum(seconds)::int8, sum(watched_seconds)::int8,"         \
  " sum(points)::int8, sum(points_views)::int8"

/* The next columns of a row: those of VIEW_SUM_COLUMNS. */
struct view_sums view_sums_read(struct rows *rows);
/* Adds `times` times `more`: 1, or -1. */
void view_sums_add(struct view_sums *sums, const struct view_sums *more, int64_t times);

/* Fills the sums of each step of the range. interval: what the steps are, hours or days. */
enum error view_sums_fill(struct database *database, const struct view_range *range, enum view_interval interval,
                          struct view_series *series) MUST_CHECK;
/* Of the whole range. */
enum error view_sums_total(struct database *database, const struct view_range *range,
                           struct view_sums *ret_sums) MUST_CHECK;
/* Days put together to months, sums and all. */
enum error view_sums_months(const struct view_series *days, struct view_series *ret_series) MUST_CHECK;

#endif
