/* SPDX-License-Identifier: ISC */
/* What is counted of views, of one medium or of all. */
#ifndef MEDIAGATE_STORE_ANALYTICS_VIEW_ANALYTICS_H
#define MEDIAGATE_STORE_ANALYTICS_VIEW_ANALYTICS_H

#include "base/error.h"
#include "store/analytics/view_totals.h"
#include "store/engine/database.h"

/* ERROR_NOT_FOUND: no such medium. ERROR_INVALID: not a time zone that PostgreSQL knows. ERROR_TOO_LARGE: more than
 * 10,000 steps, of groups VIEW_GROUP_STEPS_MAX. ERROR_UNSUPPORTED: a filter or groups over more than
 * VIEW_FILTER_OF_ALL_MAX views of all media. Tops are of a medium only. A bound that is not on a quarter hour is
 * rounded down where the views themselves are not kept any more.
 */
enum error view_analytics(struct database *database, const struct view_question *question,
                          struct view_totals *ret_totals) MUST_CHECK;

/* Of a time that wall clocks in `tz` show, as if they showed UTC: when that is. A time that comes twice is the first of
 * both; one that the clocks pass over is as long after the change as it is in the gap, so midnight is where its day
 * begins. ERROR_INVALID: no such zone. */
enum error view_local_times(struct database *database, const char *tz, int64_t *const times_us[],
                            size_t count) MUST_CHECK;

#endif
