/* SPDX-License-Identifier: ISC */
/* Reads what a question about views asks for; see the header. */
#include "config.h"

#include "api/views/analytics_query.h"

#include <stdio.h>
#include <string.h>

#include "api/report_scope.h"
#include "audience/device_list.h"
#include "base/clock.h"
#include "base/text_parse.h"
#include "domain/grant.h"
#include "domain/rendition.h"
#include "store/views/view_kinds.h"

#define TIME_ZONE_MAX 64
#define FILTER_MAX    255
#define GROUPS_NORMAL 10

static const char *const group_names[] = {[VIEW_GROUP_NONE] = "",
                                          [VIEW_GROUP_COUNTRY] = "country",
                                          [VIEW_GROUP_REFERRER] = "referrer",
                                          [VIEW_GROUP_DEVICE] = "device",
                                          [VIEW_GROUP_SYSTEM] = "system",
                                          [VIEW_GROUP_BROWSER] = "browser",
                                          NULL};
static const char *const interval_names[] = {[VIEW_HOUR] = "hour", [VIEW_DAY] = "day", [VIEW_MONTH] = "month"};

const char *analytics_query_interval_name(enum view_interval interval) {
  return interval_names[interval];
}

/* True: it is there and a time. */
static bool query_time(struct call *call, const char *name, const char *pointer, int64_t *ret_time_us,
                       bool *ret_local) {
  const char *text = query_get(call->query, name);
  bool is_time = text != NULL && clock_parse_local(text, ret_time_us, ret_local) == ERROR_NONE;
  if (text != NULL && !is_time) {
    response_field_error(call->response, pointer,
                         "must be a time such as 2026-11-22T17:00:00Z, one of tz's clocks such as 2026-11-22T17:00:00, "
                         "or a date of tz");
  }
  return is_time;
}

static void query_interval(struct call *call, enum view_interval *ret_interval) {
  const char *text = query_get(call->query, "interval");
  *ret_interval = VIEW_AUTO;
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

void analytics_query_bad_zone(struct call *call) {
  response_field_error(call->response, "?tz", "must be the IANA name of a time zone, such as Europe/Berlin or UTC");
}

static int read_number(struct call *call, const char *name, int normal, int max) {
  const char *text = query_get(call->query, name);
  uint64_t wanted = (uint64_t)normal;
  if (text != NULL && (text_parse_u64(text, strlen(text), (uint64_t)max, &wanted) != ERROR_NONE || wanted == 0)) {
    char pointer[40];
    snprintf(pointer, sizeof pointer, "?%s", name);
    response_field_error(call->response, pointer, "must be a whole number from 1 to %d", max);
    return normal;
  }
  return (int)wanted;
}

static const char *const robots_names[] = {"exclude", "include", NULL};
static const char *const internal_names[] = {"exclude", "include", "only", NULL};
static const unsigned internal_kinds[] = {0, VIEW_KIND_INTERNAL, VIEW_KIND_INTERNAL | VIEW_KIND_NO_OTHERS};

unsigned analytics_query_kinds(struct call *call) {
  unsigned robots = analytics_query_choice(call, "bots", robots_names) == 1 ? VIEW_KIND_ROBOTS : 0;
  return robots | internal_kinds[analytics_query_choice(call, "internal", internal_names)];
}

static bool is_country(const char *text) {
  return strlen(text) == 2 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 2;
}

static bool is_source(const char *text) {
  return strcmp(text, "stream") == 0 || strcmp(text, "reported") == 0;
}

static bool is_rendition(const char *text) {
  return rendition_by_text(text) != RENDITION_COUNT_;
}

static bool is_name(const char *text) {
  return *text != '\0' && strlen(text) <= FILTER_MAX && text_is_utf8(text, strlen(text));
}

const char *analytics_query_filter_rule(enum view_filter_by by, const char *value) {
  static const struct {
    const char *rule;
    bool (*fits)(const char *text);
  } rows[VIEW_FILTER_COUNT_] = {
      [VIEW_FILTER_COUNTRY] = {"must be two capital letters (ISO 3166-1), such as DE", is_country},
      [VIEW_FILTER_REFERRER] = {"must be a host, such as www.example.org", is_name},
      [VIEW_FILTER_VIEWER] = {"must be 1 to 64 of A-Z a-z 0-9 _ -", grant_viewer_is_valid},
      [VIEW_FILTER_SOURCE] = {"must be stream or reported", is_source},
      [VIEW_FILTER_DEVICE] = {"must be one of desktop, phone, tablet, television, console, watch, other",
                              device_kind_is_known},
      [VIEW_FILTER_SYSTEM] = {"must be the name of a system, such as Android", is_name},
      [VIEW_FILTER_BROWSER] = {"must be the name of a browser or app, such as Firefox", is_name},
      [VIEW_FILTER_RENDITION] = {"must be source, other, or a number from 0 to 7", is_rendition},
  };
  return rows[by].fits(value) ? NULL : rows[by].rule;
}

void analytics_query_filter(struct call *call, struct view_filter *ret_filter) {
  struct view_filter filter = {.values = {NULL}};
  for (enum view_filter_by by = 0; by < VIEW_FILTER_COUNT_; by++) {
    const char *value = query_get(call->query, view_filter_name(by));
    const char *rule = value == NULL ? NULL : analytics_query_filter_rule(by, value);
    char pointer[40];
    filter.values[by] = value;
    if (rule != NULL) {
      snprintf(pointer, sizeof pointer, "?%s", view_filter_name(by));
      response_field_error(call->response, pointer, "%s", rule);
    }
  }
  *ret_filter = filter;
}

void analytics_query_groups(struct call *call, struct view_question *question) {
  question->group_by = (enum view_group_by)(query_get(call->query, "group_by") == NULL
                                                ? VIEW_GROUP_NONE
                                                : analytics_query_choice(call, "group_by", group_names + 1) + 1);
  question->groups = read_number(call, "groups", GROUPS_NORMAL, VIEW_GROUPS_MAX);
}

const char *analytics_query_group_name(enum view_group_by by) {
  return group_names[by];
}

void analytics_query_filter_too_wide(struct call *call) {
  response_problem(
      call->response, 422,
      "With a filter or group_by no more than %d views of all media are looked at, and this time has more. Take a "
      "shorter time, or ask for one medium.",
      VIEW_FILTER_OF_ALL_MAX);
}

void analytics_query_read(struct call *call, struct analytics_query *ret_query) {
  struct analytics_query query = {.question = {.tz = query_get(call->query, "tz")}};
  struct view_question *question = &query.question;
  /* Without a bound everything from 1970 on, and up to now. */
  (void)query_time(call, "from", "?from", &question->from_us, &query.from_is_local);
  query.ends = query_time(call, "to", "?to", &question->to_us, &query.to_is_local);
  query_interval(call, &question->interval);
  if (question->tz == NULL) {
    question->tz = "UTC";
  } else if (*question->tz == '\0' || strlen(question->tz) > TIME_ZONE_MAX) {
    analytics_query_bad_zone(call);
  }
  question->kinds = analytics_query_kinds(call);
  analytics_query_filter(call, &question->filter);
  *ret_query = query;
}

/* Asks the database, which knows the zones; no local time makes it look whether there is such a zone. */
static enum error find_local_times(struct call *call, struct analytics_query *query) {
  struct view_question *question = &query->question;
  int64_t *times[2];
  size_t count = 0;
  if (query->from_is_local) {
    times[count++] = &question->from_us;
  }
  if (query->to_is_local) {
    times[count++] = &question->to_us;
  }
  if (strcmp(question->tz, "UTC") == 0) {
    return ERROR_NONE;
  }
  enum error error = view_local_times(call->app->database, question->tz, times, count);
  question->from_us = question->from_us < 0 ? 0 : question->from_us; /* the first hours of 1970 east of Greenwich */
  question->to_us = question->to_us < 0 ? 0 : question->to_us;
  return error;
}

bool analytics_query_settle(struct call *call, struct analytics_query *query) {
  if (!response_has_field_errors(call->response)) {
    enum error error = find_local_times(call, query);
    if (error == ERROR_INVALID) {
      analytics_query_bad_zone(call);
    } else if (error != ERROR_NONE) {
      call_fail(call, error, "looking up a time zone");
      return false;
    }
  }
  bool within = call->report == NULL || response_has_field_errors(call->response) ||
                report_scope_cut(call->report, &query->question.from_us, &query->question.to_us);
  if (!within) {
    response_field_error(call->response, query->ends ? "?to" : "?from", "lies outside of the report's time");
  }
  /* 0 is an open bound, and 1970 too: no view is older, but as an end it would let in all of them. */
  if (within && query->ends && query->question.from_us >= query->question.to_us) {
    response_field_error(call->response, "?to", "must be later than from, and than 1970-01-01");
  }
  if (response_has_field_errors(call->response)) {
    response_problem_fields(call->response);
    return false;
  }
  return true;
}

int analytics_query_choice(struct call *call, const char *name, const char *const choices[]) {
  const char *text = query_get(call->query, name);
  char pointer[40], known[100] = "";
  for (int i = 0; choices[i] != NULL; i++) {
    if (text == NULL || strcmp(text, choices[i]) == 0) {
      return i;
    }
    size_t length = strlen(known);
    snprintf(known + length, sizeof known - length, "%s%s", i == 0 ? "" : ", ", choices[i]);
  }
  snprintf(pointer, sizeof pointer, "?%s", name);
  response_field_error(call->response, pointer, "must be one of %s", known);
  return 0;
}

int analytics_query_limit(struct call *call, int normal, int max) {
  return read_number(call, "limit", normal, max);
}
