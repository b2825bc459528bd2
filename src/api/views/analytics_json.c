/* SPDX-License-Identifier: ISC */
/* What was counted of views, as JSON members; see the header. */
#include "config.h"

#include "api/views/analytics_json.h"

#include <math.h>

#include "api/views/analytics_query.h"
#include "api/reply.h"
#include "store/views/view_kinds.h"

#define ERROR_DIGITS 4

static void append_bound(struct text *body, const char *name, int64_t time_us) {
  if (time_us == 0) {
    reply_null(body, name);
  } else {
    reply_time(body, name, time_us);
  }
}

void analytics_json_bounds(struct text *body, const struct view_question *question, int64_t from_us, int64_t to_us) {
  append_bound(body, "from", question->from_us == 0 || from_us == 0 ? question->from_us : from_us);
  append_bound(body, "to", question->to_us == 0 || to_us == 0 ? question->to_us : to_us);
}

void analytics_json_kinds(struct text *body, unsigned kinds) {
  const char *internal = (kinds & VIEW_KIND_INTERNAL) == 0    ? "exclude"
                         : (kinds & VIEW_KIND_NO_OTHERS) != 0 ? "only"
                                                              : "include";
  reply_string(body, "bots", (kinds & VIEW_KIND_ROBOTS) != 0 ? "include" : "exclude");
  reply_string(body, "internal", internal);
}

static void append_amounts(struct text *body, const struct view_sums *sums) {
  reply_integer(body, "bytes_sent", sums->bytes_sent);
  reply_integer(body, "seconds", sums->seconds);
  reply_integer(body, "watched_seconds", sums->watched_seconds);
  reply_delivered(body, sums->points_views == 0 ? -1 : (double)sums->points / (double)sums->points_views);
}

static void append_uniques(struct text *body, const struct view_totals *totals, const char *unique_of) {
  reply_integer(body, "unique_ips", totals->uniques.count);
  reply_name(body, "uniques");
  text_append(body, "{");
  reply_string(body, "of", unique_of);
  reply_boolean(body, "exact", totals->unique_sample == 1);
  reply_integer(body, "sample", totals->unique_sample);
  reply_number(body, "standard_error", totals->uniques.standard_error, ERROR_DIGITS);
  append_bound(body, "known_since", totals->rows_since_us);
  text_append(body, "}");
}

/* Of a sample every sum is an estimate; the error is that of the number of views. */
static void append_sums(struct text *body, const struct view_totals *totals) {
  int64_t sample = totals->sum_sample, counted = sample == 0 ? 0 : totals->sums.views / sample;
  double error = sample > 1 ? sqrt((1 - 1 / (double)sample) / (double)(counted > 0 ? counted : 1)) : 0;
  reply_name(body, "sums");
  text_append(body, "{");
  reply_boolean(body, "exact", sample <= 1);
  reply_integer(body, "sample", sample <= 1 ? 1 : sample);
  reply_number(body, "standard_error", error, ERROR_DIGITS);
  text_append(body, "}");
}

static void append_days(struct text *body, const struct view_totals *totals) {
  reply_name(body, "views_per_day");
  text_append(body, "{");
  for (size_t i = 0; i < totals->days.count; i++) {
    reply_integer(body, totals->days.buckets[i].start, totals->days.buckets[i].sums.views);
  }
  text_append(body, "}");
}

static void append_series(struct text *body, const struct view_totals *totals) {
  reply_name(body, "series");
  text_append(body, "[");
  for (size_t i = 0; i < totals->series.count; i++) {
    const struct view_bucket *bucket = &totals->series.buckets[i];
    reply_separate(body);
    text_append(body, "{");
    reply_string(body, "start", bucket->start);
    reply_integer(body, "views", bucket->sums.views);
    reply_integer(body, "plays", bucket->sums.plays);
    reply_integer(body, "unique_ips", bucket->uniques.count);
    reply_number(body, "unique_ips_error", bucket->uniques.standard_error, ERROR_DIGITS);
    append_amounts(body, &bucket->sums);
    text_append(body, "}");
  }
  text_append(body, "]");
}

void analytics_json_totals(struct text *body, const struct view_question *question, const struct view_totals *totals,
                           const char *unique_of) {
  analytics_json_bounds(body, question, totals->from_us, totals->to_us);
  reply_string(body, "interval", analytics_query_interval_name(totals->interval));
  reply_string(body, "tz", question->tz);
  analytics_json_kinds(body, question->kinds);
  append_sums(body, totals);
  reply_integer(body, "total_views", totals->sums.views);
  reply_integer(body, "total_plays", totals->sums.plays);
  append_uniques(body, totals, unique_of);
  append_days(body, totals);
  append_amounts(body, &totals->sums);
  append_series(body, totals);
}

void analytics_json_tops(struct text *body, const struct view_totals *totals, bool with_viewers) {
  static const char *const names[] = {
      [VIEW_COUNTRY] = "countries", [VIEW_REFERRER] = "referrers", [VIEW_USER_AGENT] = "user_agents",
      [VIEW_VIEWER] = "viewers",    [VIEW_DEVICE] = "devices",     [VIEW_SYSTEM] = "systems",
      [VIEW_BROWSER] = "browsers"};
  reply_name(body, "top");
  text_append(body, "{");
  reply_boolean(body, "exact", totals->top_sample <= 1);
  reply_integer(body, "sample", totals->top_sample > 0 ? totals->top_sample : 1);
  for (int dimension = 0; dimension < VIEW_DIMENSION_COUNT_; dimension++) {
    reply_name(body, names[dimension]);
    text_append(body, "[");
    const bool shown = dimension != VIEW_VIEWER || with_viewers;
    for (size_t i = 0; shown && i < totals->top_counts[dimension]; i++) {
      const struct view_top *top = &totals->tops[dimension][i];
      reply_separate(body);
      text_append(body, "{");
      reply_string(body, "name", top->name);
      reply_integer(body, "views", top->views);
      reply_number(body, "standard_error", top->standard_error, ERROR_DIGITS);
      text_append(body, "}");
    }
    text_append(body, "]");
  }
  text_append(body, "}");
}
