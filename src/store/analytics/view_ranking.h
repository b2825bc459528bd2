/* SPDX-License-Identifier: ISC */
/* Which media are viewed most. */
#ifndef MEDIAGATE_STORE_ANALYTICS_VIEW_RANKING_H
#define MEDIAGATE_STORE_ANALYTICS_VIEW_RANKING_H

#include "base/error.h"
#include "store/analytics/view_totals.h"
#include "store/engine/database.h"

/* By seconds: those watched. The time from the first delivery to the last has the pauses in it. */
enum view_ranking_by { VIEW_BY_VIEWS, VIEW_BY_PLAYS, VIEW_BY_BYTES, VIEW_BY_SECONDS };

struct view_rank {
  int64_t media_id;
  char *title; /* malloc'd */
  bool deleted;
  int64_t views, plays, bytes_sent, seconds, watched_seconds;
};

struct view_ranking {
  int64_t from_us, to_us;  /* 0: there is nothing */
  struct view_rank *items; /* malloc'd */
  size_t count;
};

void view_ranking_free(struct view_ranking *ranking);
/* The first `limit` media, exactly; equal ones by their ids, the lower first. Of the question: from, to, kinds
 * and filter. ERROR_UNSUPPORTED: a filter over more than VIEW_FILTER_OF_ALL_MAX views. ERROR_TOO_LARGE: over more than
 * 10,000 days. */
enum error view_ranking_read(struct database *database, const struct view_question *question, enum view_ranking_by by,
                             int limit, struct view_ranking *ret_ranking) MUST_CHECK;

#endif
