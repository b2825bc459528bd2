/* SPDX-License-Identifier: ISC */
/* What was counted of views, as JSON members; see the header. */
#include "config.h"

#include "api/views/analytics_json.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

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

/* Of a number of views that a sample gave, as a share of it. */
static double error_of_sample(int64_t views, int64_t sample) {
  int64_t counted = sample > 1 ? views / sample : 0;
  return sample > 1 ? sqrt((1 - 1 / (double)sample) / (double)(counted > 0 ? counted : 1)) : 0;
}

/* Of a sample every sum is an estimate; the error is that of the number of views. */
static void append_sums(struct text *body, const struct view_totals *totals) {
  int64_t sample = totals->sum_sample;
  reply_name(body, "sums");
  text_append(body, "{");
  reply_boolean(body, "exact", sample <= 1);
  reply_integer(body, "sample", sample <= 1 ? 1 : sample);
  reply_number(body, "standard_error", error_of_sample(totals->sums.views, sample), ERROR_DIGITS);
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

static void append_group_steps(struct text *body, const struct view_group *group, size_t steps) {
  static const struct {
    const char *name;
    size_t offset;
  } columns[] = {{"views", offsetof(struct view_sums, views)},
                 {"plays", offsetof(struct view_sums, plays)},
                 {"bytes_sent", offsetof(struct view_sums, bytes_sent)},
                 {"watched_seconds", offsetof(struct view_sums, watched_seconds)}};
  reply_name(body, "series");
  text_append(body, "{");
  for (size_t column = 0; column < sizeof columns / sizeof *columns; column++) {
    reply_name(body, columns[column].name);
    text_append(body, "[");
    for (size_t step = 0; step < steps; step++) {
      int64_t value = 0;
      memcpy(&value, (const char *)&group->steps[step] + columns[column].offset, sizeof value);
      text_append(body, step == 0 ? "" : ",");
      text_append_i64(body, value);
    }
    text_append(body, "]");
  }
  text_append(body, "}");
}

static void append_group(struct text *body, const struct view_group *group, int64_t sample, size_t steps) {
  reply_separate(body);
  text_append(body, "{");
  reply_string(body, "name", group->name);
  reply_boolean(body, "other", group->is_others);
  reply_integer(body, "views", group->sums.views);
  reply_number(body, "standard_error", error_of_sample(group->sums.views, sample), ERROR_DIGITS);
  reply_integer(body, "plays", group->sums.plays);
  append_amounts(body, &group->sums);
  append_group_steps(body, group, steps);
  text_append(body, "}");
}

void analytics_json_groups(struct text *body, const struct view_question *question, const struct view_totals *totals) {
  const struct view_groups *groups = &totals->groups;
  if (question->group_by == VIEW_GROUP_NONE) {
    return;
  }
  reply_name(body, "groups");
  text_append(body, "{");
  reply_string(body, "by", analytics_query_group_name(question->group_by));
  reply_boolean(body, "exact", groups->sample <= 1);
  reply_integer(body, "sample", groups->sample <= 1 ? 1 : groups->sample);
  reply_name(body, "items");
  text_append(body, "[");
  for (size_t i = 0; i < groups->count; i++) {
    append_group(body, &groups->items[i], groups->sample, totals->series.count);
  }
  text_append(body, "]}");
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
