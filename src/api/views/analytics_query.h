/* SPDX-License-Identifier: ISC */
/*
 * What questions about views ask for in their query: ?from= ?to= ?interval= ?tz= ?bots= ?internal=, filters and so on.
 * Each function notes what is wrong as a field error; the caller answers for all at once.
 */
#ifndef MEDIAGATE_API_VIEWS_ANALYTICS_QUERY_H
#define MEDIAGATE_API_VIEWS_ANALYTICS_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "api/call.h"
#include "store/analytics/view_analytics.h"

/* What was asked, as far as the route knows it. The bounds are those of `question` but for: */
struct analytics_query {
  struct view_question question;   /* from, to, interval, tz, kinds and filter; media_id is left 0 */
  bool ends;                       /* `to` was given */
  bool from_is_local, to_is_local; /* a time of tz's clocks, as if they showed UTC, until analytics_query_settle */
};

void analytics_query_read(struct call *call, struct analytics_query *ret_query);
/* When all of the query was read: finds out when local times are, and compares the bounds. False: something is wrong
 * with the query, or the database is away, and the response says so. */
bool analytics_query_settle(struct call *call, struct analytics_query *query);
/* ?country= ?referrer= ?viewer= ?source= ?device= ?system= ?browser= ?rendition=: the views must fit all that are
 * given. The texts are the query's. */
void analytics_query_filter(struct call *call, struct view_filter *ret_filter);
/* What a value of this filter must be; NULL: it is. */
const char *analytics_query_filter_rule(enum view_filter_by by, const char *value);
/* ?group_by= ?groups= */
void analytics_query_groups(struct call *call, struct view_question *question);
/* For a filter, or groups, that would have to look at more views than an answer may take (ERROR_UNSUPPORTED of
 * view_analytics). */
void analytics_query_filter_too_wide(struct call *call);
/* ?bots= and ?internal=, as bits of view_kinds.h. */
unsigned analytics_query_kinds(struct call *call);
/* The index of the value in a NULL-terminated list, the first when absent. */
int analytics_query_choice(struct call *call, const char *name, const char *const choices[]);
int analytics_query_limit(struct call *call, int normal, int max);
const char *analytics_query_interval_name(enum view_interval interval);
const char *analytics_query_group_name(enum view_group_by by);
void analytics_query_bad_zone(struct call *call);

#endif
