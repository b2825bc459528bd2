/* SPDX-License-Identifier: ISC */
/* Sums of the views that fit a filter. Rollups know nothing of filters, so views are counted. Internal to the stores.
 */
#ifndef MEDIAGATE_STORE_ANALYTICS_VIEW_FILTERED_H
#define MEDIAGATE_STORE_ANALYTICS_VIEW_FILTERED_H

#include "store/analytics/view_range.h"

/* Of views in the range, fitting or not: is it *ret_sample = 1, all of them, or every so many-th one?
 * ERROR_UNSUPPORTED: they are of all media, and too many. */
enum error view_filtered_sample(const struct view_range *range, int64_t views, int64_t *ret_sample) MUST_CHECK;
/* Fills the sums of each step; of a sample they are estimates. */
enum error view_filtered_fill(struct database *database, const struct view_range *range, int64_t sample,
                              struct view_series *series) MUST_CHECK;

#endif
