/* SPDX-License-Identifier: ISC */
/*
 * What questions about views ask for in their query: ?from= ?to= ?interval= ?tz= ?bots= and so on. Each function notes
 * what is wrong as a field error; the caller answers for all at once.
 */
#ifndef MEDIAGATE_API_VIEWS_ANALYTICS_QUERY_H
#define MEDIAGATE_API_VIEWS_ANALYTICS_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "api/call.h"
#include "store/analytics/view_analytics.h"

/* from, to, interval, tz and bots, as far as the route knows them; media_id is left 0. */
void analytics_query_read(struct call *call, struct view_question *ret_question);
/* Do robots count too? */
bool analytics_query_bots(struct call *call);
/* The index of the value in a NULL-terminated list, the first when absent. */
int analytics_query_choice(struct call *call, const char *name, const char *const choices[]);
int analytics_query_limit(struct call *call, int normal, int max);
const char *analytics_query_interval_name(enum view_interval interval);
void analytics_query_bad_zone(struct call *call);

#endif
