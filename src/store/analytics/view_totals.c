/* SPDX-License-Identifier: ISC */
/* Frees an answer; its parts are filled by view_sums.c, view_uniques.c, view_groups.c and view_tops.c. */
#include "config.h"

#include "store/analytics/view_totals.h"

#include <stdlib.h>

void view_totals_free(struct view_totals *totals) {
  if (totals != NULL) {
    for (int dimension = 0; dimension < VIEW_DIMENSION_COUNT_; dimension++) {
      for (size_t i = 0; i < totals->top_counts[dimension]; i++) {
        free(totals->tops[dimension][i].name);
      }
    }
    for (size_t i = 0; i < totals->groups.count; i++) {
      free(totals->groups.items[i].name);
      free(totals->groups.items[i].steps);
    }
    free(totals->series.buckets);
    free(totals->days.buckets);
    *totals = (struct view_totals){0};
  }
}
