/* SPDX-License-Identifier: ISC */
/*
 * Which parts of a medium its views were given: a curve over its time. A view adds at most 1 to a part, however often
 * it was delivered. What was delivered may not have been looked at: players load ahead.
 */
#ifndef MEDIAGATE_STORE_ANALYTICS_VIEW_RETENTION_H
#define MEDIAGATE_STORE_ANALYTICS_VIEW_RETENTION_H

#include "base/error.h"
#include "store/analytics/view_totals.h"
#include "store/engine/database.h"

#define VIEW_RETENTION_PARTS_MAX 200

struct view_retention {
  int64_t from_us, to_us;  /* as it was counted; 0: there is nothing */
  double duration_seconds; /* 0: unknown */
  int64_t views;           /* in that time: exact, but for a filter over a sample */
  int64_t known;           /* of these, those whose parts are known, as far as the sample tells */
  int64_t sample;          /* every so many-th view was looked at; 1: all */
  int64_t looked_at;       /* views of the sample */
  int parts;
  int64_t reached[VIEW_RETENTION_PARTS_MAX]; /* of the views looked at */
};

/* parts: 1 to VIEW_RETENTION_PARTS_MAX, all equally long. question: its medium, time, zone and kinds. A part counts
 * for a view when its middle was delivered. ERROR_NOT_FOUND: no such medium. ERROR_INVALID: no such zone. */
enum error view_retention_read(struct database *database, const struct view_question *question, int parts,
                               struct view_retention *ret_retention) MUST_CHECK;

#endif
