/* SPDX-License-Identifier: ISC */
/* Sums of views over time by what they have in common: countries, devices and so on. Internal to the stores. */
#ifndef MEDIAGATE_STORE_ANALYTICS_VIEW_GROUPS_H
#define MEDIAGATE_STORE_ANALYTICS_VIEW_GROUPS_H

#include "store/analytics/view_range.h"

/* Fills the groups, each with as many steps as the series has. rows: about how many views there are to look at; of very
 * many a sample is. ERROR_UNSUPPORTED: they are of all media, and too many. */
enum error view_groups_fill(struct database *database, const struct view_range *range,
                            const struct view_question *question, int64_t rows, struct view_totals *totals) MUST_CHECK;

#endif
