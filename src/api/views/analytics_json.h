/* SPDX-License-Identifier: ISC */
/* What was counted of views, as JSON members. */
#ifndef MEDIAGATE_API_VIEWS_ANALYTICS_JSON_H
#define MEDIAGATE_API_VIEWS_ANALYTICS_JSON_H

#include "base/text.h"
#include "store/analytics/view_analytics.h"

/* from, to, interval, tz, bots, internal, total_views, total_plays, unique_ips, uniques, views_per_day, bytes_sent,
 * seconds, watched_seconds, delivered_percent and series. unique_of: what is counted as one address, by the setting
 * view_ip. */
void analytics_json_totals(struct text *body, const struct view_question *question, const struct view_totals *totals,
                           const char *unique_of);
/* top: countries, referrers, user agents and viewers, whose list is empty unless with_viewers. */
void analytics_json_tops(struct text *body, const struct view_totals *totals, bool with_viewers);
/* groups, where they were asked for. */
void analytics_json_groups(struct text *body, const struct view_question *question, const struct view_totals *totals);
/* bots and internal: which views were asked for, as bits of view_kinds.h. */
void analytics_json_kinds(struct text *body, unsigned kinds);
/* The time that was counted: a bound that was left open is null. */
void analytics_json_bounds(struct text *body, const struct view_question *question, int64_t from_us, int64_t to_us);

#endif
