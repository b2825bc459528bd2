/* SPDX-License-Identifier: ISC */
/*
 * A question about views and its answer: what the files of this folder share. Sums are exact. Distinct addresses and
 * tops are exact while there are few views, else estimated from a sample, with the error that such a sample has.
 */
#ifndef MEDIAGATE_STORE_ANALYTICS_VIEW_TOTALS_H
#define MEDIAGATE_STORE_ANALYTICS_VIEW_TOTALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/views/view_filter.h"

enum view_interval {
  VIEW_HOUR,
  VIEW_DAY,
  VIEW_MONTH,
  VIEW_AUTO, /* of a question: as suits the time, and fewer than 400 steps */
};

enum view_group_by {
  VIEW_GROUP_NONE,
  VIEW_GROUP_COUNTRY,
  VIEW_GROUP_REFERRER,
  VIEW_GROUP_DEVICE,
  VIEW_GROUP_SYSTEM,
  VIEW_GROUP_BROWSER,
};

#define VIEW_GROUPS_MAX      20
#define VIEW_GROUP_STEPS_MAX 400 /* of a series that groups have */

struct view_question {
  int64_t media_id;       /* 0: all media */
  int64_t from_us, to_us; /* from <= timestamp < to; 0: open */
  unsigned kinds;         /* of view_kinds.h: which views count */
  enum view_interval interval;
  const char *tz;            /* an IANA name */
  struct view_filter filter; /* only the views that fit */
  enum view_group_by group_by;
  int groups; /* so many of the largest, 1 to VIEW_GROUPS_MAX; the rest is one more */
};

struct view_sums {
  int64_t views;
  int64_t plays; /* of these, those that played */
  int64_t bytes_sent;
  int64_t seconds;         /* from the first delivery to the end of the last */
  int64_t watched_seconds; /* the delivered share of the duration, of views of which that is known */
  int64_t points;          /* hundredths of a percent that were delivered, */
  int64_t points_views;    /* of so many views: those of which that is known */
};

/* How many distinct addresses. The error is the standard error as a share of the count: 0 for an exact one. */
struct view_uniques {
  int64_t count;
  double standard_error;
};

struct view_bucket {
  char start[32]; /* "2026-11-22" for days, RFC 3339 with offset for hours, "2026-11" for months: local to tz */
  int64_t begin_us;
  struct view_sums sums;
  struct view_uniques uniques; /* of the series only */
};

struct view_series {
  struct view_bucket *buckets; /* malloc'd */
  size_t count;
};

enum view_dimension {
  VIEW_COUNTRY,
  VIEW_REFERRER,
  VIEW_USER_AGENT,
  VIEW_VIEWER,
  VIEW_DEVICE,
  VIEW_SYSTEM,
  VIEW_BROWSER,
  VIEW_DIMENSION_COUNT_
};

/* The views that have something in common, over time. */
struct view_group {
  char *name;              /* malloc'd; NULL: unknown, or the others */
  bool is_others;          /* all that are not among the largest */
  int64_t place;           /* from 1 */
  struct view_sums sums;   /* of all steps */
  struct view_sums *steps; /* malloc'd; as many as the series has */
};

struct view_groups {
  int64_t sample; /* every so many-th view was counted; 1: all; 0: groups were not asked for */
  int64_t most;   /* so many were asked for, */
  size_t count;   /* and these there are, the largest first and the others last */
  struct view_group items[VIEW_GROUPS_MAX + 1];
};

#define VIEW_TOP_MAX 10

struct view_top {
  char *name; /* malloc'd */
  int64_t views;
  double standard_error; /* as a share */
};

struct view_totals {
  int64_t from_us, to_us; /* as it was counted; 0: there is nothing */
  enum view_interval
      interval; /* of the series: days where hours were asked for, with an open beginning, and too many */
  struct view_sums sums;
  int64_t sum_sample; /* sums and series: every so many-th view was counted; 1: all */
  struct view_uniques uniques;
  int64_t unique_sample;     /* every so many-th address was looked at; 1: all */
  int64_t rows_since_us;     /* uniques and tops know nothing from before; 0: they know all of the range */
  struct view_series series; /* every step of the range, zeros filled */
  struct view_series days;   /* the same by day */
  struct view_groups groups;
  struct view_top tops[VIEW_DIMENSION_COUNT_][VIEW_TOP_MAX];
  size_t top_counts[VIEW_DIMENSION_COUNT_];
  int64_t top_sample; /* every so many-th view was looked at; 1: all; 0: tops were not asked for */
};

void view_totals_free(struct view_totals *totals);

#endif
