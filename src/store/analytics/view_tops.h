/* SPDX-License-Identifier: ISC */
/* What most views have in common: of all views while they are few, else of a sample. Internal to the view stores. */
#ifndef MEDIAGATE_STORE_ANALYTICS_VIEW_TOPS_H
#define MEDIAGATE_STORE_ANALYTICS_VIEW_TOPS_H

#include "store/analytics/view_range.h"

/* Fills the tops. Of one medium only. rows: about how many views there are to look at. */
enum error view_tops_fill(struct database *database, const struct view_range *range, int64_t rows,
                          struct view_totals *totals) MUST_CHECK;

#endif
