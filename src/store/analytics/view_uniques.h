/* SPDX-License-Identifier: ISC */
/* Distinct addresses: of all views while they are few, else of a sample. Internal to the view stores. */
#ifndef MEDIAGATE_STORE_ANALYTICS_VIEW_UNIQUES_H
#define MEDIAGATE_STORE_ANALYTICS_VIEW_UNIQUES_H

#include "store/analytics/view_range.h"

/* Fills the uniques of each step of the series and of all of it. rows: about how many views there are to look at. */
enum error view_uniques_fill(struct database *database, const struct view_range *range, int64_t rows,
                             struct view_totals *totals) MUST_CHECK;

#endif
