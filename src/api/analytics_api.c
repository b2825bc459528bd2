/* SPDX-License-Identifier: ISC */
/* How often a medium was seen, by how many, and when: reads the question, asks the store, writes
 * the answer. */
#include "config.h"

#include "api/analytics_api.h"

#include <string.h>

#include "api/call.h"
#include "api/reply.h"
#include "base/clock.h"
#include "store/view_store.h"

#define TIME_ZONE_MAX 64

static const char *const interval_names[] = {[VIEW_HOUR] = "hour", [VIEW_DAY] = "day", [VIEW_MONTH] = "month"};

struct question {
  int64_t from_us, to_us; /* 0: open */
  enum view_interval interval;
  const char *tz;
};

static void read_time(struct call *call, const char *name, const char *pointer, int64_t *ret_time_us) {
  const char *text = query_get(call->query, name);
  if (text != NULL && clock_parse_rfc3339(text, ret_time_us) != ERROR_NONE) {
    response_field_error(call->response, pointer, "must be a time such as 2026-11-22T17:00:00Z, or a date");
  }
}

static void read_interval(struct call *call, enum view_interval *ret_interval) {
  const char *text = query_get(call->query, "interval");
  *ret_interval = VIEW_DAY;
  for (enum view_interval interval = VIEW_HOUR; text != NULL && interval <= VIEW_MONTH; interval++) {
    if (strcmp(text, interval_names[interval]) == 0) {
      *ret_interval = interval;
      return;
    }
  }
  if (text != NULL) {
    response_field_error(call->response, "?interval", "must be hour, day or month");
  }
}

static void note_bad_zone(struct call *call) {
  response_field_error(call->response, "?tz", "must be the IANA name of a time zone, such as Europe/Berlin or UTC");
}

/* False: the response has the 422. */
static bool read_question(struct call *call, struct question *ret_question) {
  *ret_question = (struct question){.tz = query_get(call->query, "tz")};
  read_time(call, "from", "?from", &ret_question->from_us);
  read_time(call, "to", "?to", &ret_question->to_us);
  read_interval(call, &ret_question->interval);
  if (ret_question->tz == NULL) {
    ret_question->tz = "UTC";
  } else if (*ret_question->tz == '\0' || strlen(ret_question->tz) > TIME_ZONE_MAX) {
    note_bad_zone(call);
  }
  if (ret_question->from_us != 0 && ret_question->to_us != 0 && ret_question->from_us >= ret_question->to_us) {
    response_field_error(call->response, "?to", "must be later than from");
  }
  if (response_has_field_errors(call->response)) {
    response_problem_fields(call->response);
    return false;
  }
  return true;
}

static void append_bound(struct text *body, const char *name, int64_t time_us) {
  if (time_us == 0) {
    reply_null(body, name);
  } else {
    reply_time(body, name, time_us);
  }
}

static void append_days(struct text *body, const struct view_totals *totals) {
  reply_name(body, "views_per_day");
  text_append(body, "{");
  for (size_t i = 0; i < totals->day_count; i++) {
    reply_integer(body, totals->days[i].start, totals->days[i].views);
  }
  text_append(body, "}");
}

static void append_series(struct text *body, const struct view_totals *totals) {
  reply_name(body, "series");
  text_append(body, "[");
  for (size_t i = 0; i < totals->series_count; i++) {
    const struct view_bucket *bucket = &totals->series[i];
    reply_separate(body);
    text_append(body, "{");
    reply_string(body, "start", bucket->start);
    reply_integer(body, "views", bucket->views);
    reply_integer(body, "unique_ips", bucket->unique_ips);
    text_append(body, "}");
  }
  text_append(body, "]");
}

static void reply_totals(struct call *call, int64_t media_id, const struct question *question,
                         const struct view_totals *totals) {
  struct text *body = reply_begin(call->response, 200);
  reply_integer(body, "media_id", media_id);
  append_bound(body, "from", question->from_us);
  append_bound(body, "to", question->to_us);
  reply_string(body, "interval", interval_names[question->interval]);
  reply_string(body, "tz", question->tz);
  reply_integer(body, "total_views", totals->total_views);
  reply_integer(body, "unique_ips", totals->unique_ips);
  append_days(body, totals);
  reply_integer(body, "bytes_sent", totals->bytes_sent);
  append_series(body, totals);
  reply_end(call->response);
}

void analytics_api_media(struct call *call) {
  int64_t id;
  struct question question;
  if (!call_media_id(call, &id) || !read_question(call, &question)) {
    return;
  }
  struct view_totals totals = {.total_views = 0};
  enum error error = view_store_analytics(call->app->database, id, question.from_us, question.to_us, question.interval,
                                          question.tz, &totals);
  if (error == ERROR_INVALID) {
    note_bad_zone(call);
    response_problem_fields(call->response);
  } else if (error == ERROR_TOO_LARGE) {
    response_field_error(call->response, "?interval",
                         "makes more than 10000 steps; take a longer one, or a shorter time");
    response_problem_fields(call->response);
  } else if (error != ERROR_NONE) {
    call_fail_media(call, error, id, "adding up views");
  } else {
    reply_totals(call, id, &question, &totals);
  }
  view_totals_free(&totals);
}
