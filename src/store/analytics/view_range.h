/* SPDX-License-Identifier: ISC */
/*
 * The time that a question about views is about, and its steps. Internal to the view stores; all of it is asked in one
 * transaction, which sees one state and has the caller's time zone.
 */
#ifndef MEDIAGATE_STORE_ANALYTICS_VIEW_RANGE_H
#define MEDIAGATE_STORE_ANALYTICS_VIEW_RANGE_H

#include "base/text.h"
#include "store/analytics/view_totals.h"
#include "store/engine/database.h"

#define QUARTER_US (INT64_C(900) * 1000000)
#define DAY_US     (INT64_C(86400) * 1000000)

struct view_range {
  int64_t media_id;
  int64_t from_us, to_us; /* equal: nothing there */
  unsigned kinds;
  struct view_filter filter;
  int64_t rows_since_us; /* 0: no row of the range was dropped; else perhaps some before this */
};

/* Begins the transaction. ERROR_INVALID: no such zone. After an error it is rolled back already. */
enum error view_range_begin(struct database *database, const char *tz) MUST_CHECK;
/* Nothing was written, and the zone goes with it. */
void view_range_end(struct database *database);

/* Closes what is open: from the first view; up to now where a beginning was given, else up to the last view.
 * ERROR_NOT_FOUND: no such medium. */
enum error view_range_resolve(struct database *database, const struct view_question *question,
                              struct view_range *ret_range) MUST_CHECK;

/* Are they no more than an answer may have? */
bool view_range_steps_fit(const struct view_range *range, enum view_interval interval);
/* The steps of the range, without sums. VIEW_MONTH: by view_sums_months. ERROR_TOO_LARGE. */
enum error view_range_steps(struct database *database, const struct view_range *range, enum view_interval interval,
                            struct view_series *ret_series) MUST_CHECK;

int64_t view_range_quarter_before(int64_t time_us); /* at or before it */
int64_t view_range_quarter_after(int64_t time_us);  /* at or after it */

/* "{time,time}" as PostgreSQL reads an array of timestamptz; of one at least. */
void view_range_append_times(struct text *array, const int64_t *times_us, size_t count);
void view_range_append_begins(struct text *array, const struct view_series *series);

#endif
