/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "api/reports/report_fields.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "api/reply.h"
#include "api/views/analytics_query.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/text_parse.h"
#include "http/json_body.h"
#include "security/password.h"
#include "security/password_policy.h"

#define DAY_US           (INT64_C(86400) * 1000000)
#define LIFE_NORMAL_DAYS 30
#define LIFE_MAX_DAYS    3660
#define TIME_TEXT_MAX    40

static void read_title(struct call *call, struct json_object *object, struct report *report) {
  const char *title = json_body_string(object, "title", 1, REPORT_TITLE_MAX, call->response);
  snprintf(report->title, sizeof report->title, "%s", title == NULL ? "" : title);
  text_trim(report->title);
  if (title != NULL && report->title[0] == '\0') {
    response_field_error(call->response, "/title", "must hold more than blanks");
  }
}

static void read_expiry(struct call *call, struct json_object *object, struct report *report) {
  const char *text = json_body_string_optional(object, "expires_at", 1, TIME_TEXT_MAX, call->response);
  const int64_t now_us = clock_now_us();
  report->expires_at_us = now_us + LIFE_NORMAL_DAYS * DAY_US;
  if (text == NULL) {
    return;
  }
  if (clock_parse_rfc3339(text, &report->expires_at_us) != ERROR_NONE || report->expires_at_us <= now_us ||
      report->expires_at_us > now_us + LIFE_MAX_DAYS * DAY_US) {
    response_field_error(call->response, "/expires_at",
                         "must be a time to come, as RFC 3339 has it, and within %d days", LIFE_MAX_DAYS);
  }
}

static void read_password(struct call *call, struct json_object *object, const char **ret_password) {
  const size_t min = (size_t)call->app->settings->password_min;
  const char *complaint = NULL;
  *ret_password = NULL;
  if (!json_body_has(object, "password")) {
    return;
  }
  const char *password = json_body_password(object, "password", min, PASSWORD_MAX_BYTES, call->response);
  if (password == NULL) {
    return;
  }
  enum error error = password_policy_check(password, min, call->account->email, &complaint);
  if (error != ERROR_NONE) {
    response_field_error(call->response, "/password", "%s", complaint == NULL ? "cannot be judged" : complaint);
  }
  *ret_password = password;
}

/* NULL: the value may stand there. */
static const char *judge_filter(enum view_filter_by by, struct json_object *value) {
  const char *text = json_object_get_string(value);
  size_t size = (size_t)json_object_get_string_len(value);
  return !json_object_is_type(value, json_type_string)                      ? "must be a string"
         : memchr(text, '\0', size) != NULL || text_has_control(text, size) ? "must not contain control characters"
         : size >= REPORT_VALUE_SIZE                                        ? "is too long"
                                                                            : analytics_query_filter_rule(by, text);
}

static void read_one_filter(struct call *call, const char *name, struct json_object *value, struct report *report) {
  char pointer[64];
  const char *rule = "is not known";
  enum view_filter_by by = 0;
  while (by < VIEW_FILTER_COUNT_ && strcmp(view_filter_name(by), name) != 0) {
    by++;
  }
  if (by < VIEW_FILTER_COUNT_) {
    rule = value == NULL ? NULL : judge_filter(by, value);
  }
  if (rule != NULL) {
    snprintf(pointer, sizeof pointer, "/filter/%s", name);
    response_field_error(call->response, pointer, "%s", rule);
  } else if (value != NULL) {
    snprintf(report->filter[by], REPORT_VALUE_SIZE, "%s", json_object_get_string(value));
  }
}

static void read_filter(struct call *call, struct json_object *object, struct report *report) {
  struct json_object *filter = NULL;
  if (!json_object_object_get_ex(object, "filter", &filter) || filter == NULL) {
    return;
  }
  if (!json_object_is_type(filter, json_type_object)) {
    response_field_error(call->response, "/filter", "must be an object");
    return;
  }
  json_object_object_foreach(filter, name, value) {
    read_one_filter(call, name, value, report);
  }
  if (report->filter[VIEW_FILTER_VIEWER][0] != '\0' && !report->show_viewers) {
    response_field_error(call->response, "/filter/viewer", "names a viewer, which only a report with show_viewers may");
  }
}

/* True: it is one of tz's clocks, and not yet a time. */
static bool read_bound(struct call *call, struct json_object *object, const char *name, int64_t *ret_time_us) {
  const char *text = json_body_string_optional(object, name, 1, TIME_TEXT_MAX, call->response);
  char pointer[16];
  bool local = false;
  if (text != NULL && (clock_parse_local(text, ret_time_us, &local) != ERROR_NONE || *ret_time_us <= 0)) {
    snprintf(pointer, sizeof pointer, "/%s", name);
    response_field_error(call->response, pointer,
                         "must be a time such as 2026-11-22T17:00:00Z, one of tz's clocks such as 2026-11-22T17:00:00, "
                         "or a date of tz, later than 1970-01-01");
  }
  return local;
}

/* Asks the database, which knows the zones; no local time makes it look whether there is such a zone. False: the
 * response has the 503. */
static bool settle_times(struct call *call, struct report *report, bool from_is_local, bool to_is_local) {
  int64_t any = DAY_US;
  int64_t *times[] = {from_is_local ? &report->from_us : &any, to_is_local ? &report->to_us : &any};
  enum error error = ERROR_NONE;
  for (size_t i = 0; error == ERROR_NONE && i < sizeof times / sizeof *times; i++) {
    error = report_store_local_time(call->app->database, report->tz, times[i]);
  }
  if (error == ERROR_INVALID) {
    response_field_error(call->response, "/tz", "must be the IANA name of a time zone, such as Europe/Berlin or UTC");
  } else if (error != ERROR_NONE) {
    call_fail(call, error, "looking up a time zone");
    return false;
  }
  return true;
}

/* False: the response has the 503. */
static bool read_time(struct call *call, struct json_object *object, struct report *report) {
  const char *tz = json_body_string_optional(object, "tz", 1, REPORT_ZONE_SIZE - 1, call->response);
  snprintf(report->tz, sizeof report->tz, "%s", tz == NULL ? "UTC" : tz);
  json_body_integer_optional(object, "last_days", 1, REPORT_LAST_DAYS_MAX, &report->last_days, call->response);
  bool from_is_local = read_bound(call, object, "from", &report->from_us);
  bool to_is_local = read_bound(call, object, "to", &report->to_us);
  if (report->last_days > 0 && (report->from_us != 0 || report->to_us != 0)) {
    response_field_error(call->response, "/last_days", "stands instead of from and to");
  }
  if (!response_has_field_errors(call->response) && !settle_times(call, report, from_is_local, to_is_local)) {
    return false;
  }
  if (report->to_us != 0 && report->from_us >= report->to_us) {
    response_field_error(call->response, "/to", "must be later than from");
  }
  return true;
}

bool report_fields_read(struct call *call, struct json_object *object, struct report *ret_report,
                        const char **ret_password) {
  static const char *const names[] = {"title", "media_id", "from",         "to",         "last_days", "tz",
                                      "bots",  "filter",   "show_viewers", "expires_at", "password",  NULL};
  struct report report = {.account_id = call->account->id, .created_by_key = call->key == NULL ? 0 : call->key->id};
  struct response *response = call->response;
  json_body_refuse_unknown(object, names, response);
  read_title(call, object, &report);
  json_body_integer_optional(object, "media_id", 1, INT64_MAX, &report.media_id, response);
  json_body_boolean_optional(object, "show_viewers", &report.show_viewers, response);
  const char *robots = json_body_string_optional(object, "bots", 1, TIME_TEXT_MAX, response);
  report.robots = robots != NULL && strcmp(robots, "include") == 0;
  if (robots != NULL && !report.robots && strcmp(robots, "exclude") != 0) {
    response_field_error(response, "/bots", "must be one of exclude, include");
  }
  read_filter(call, object, &report);
  read_expiry(call, object, &report);
  read_password(call, object, ret_password);
  if (!read_time(call, object, &report)) {
    return false;
  }
  if (response_has_field_errors(response)) {
    response_problem_fields(response);
    return false;
  }
  *ret_report = report;
  return true;
}

static void append_bound(struct text *body, const char *name, int64_t time_us) {
  if (time_us == 0) {
    reply_null(body, name);
  } else {
    reply_time(body, name, time_us);
  }
}

static void append_medium(struct text *body, const struct report *report) {
  if (report->media_id == 0) {
    reply_null(body, "medium");
    return;
  }
  reply_name(body, "medium");
  text_append(body, "{");
  reply_integer(body, "id", report->media_id);
  reply_string(body, "title", report->media_title);
  if (report->media_seconds > 0) {
    reply_number(body, "duration_seconds", report->media_seconds, 3);
  } else {
    reply_null(body, "duration_seconds");
  }
  text_append(body, "}");
}

void report_fields_append(struct text *body, const struct report *report) {
  reply_string(body, "title", report->title);
  append_medium(body, report);
  append_bound(body, "from", report->from_us);
  append_bound(body, "to", report->to_us);
  if (report->last_days > 0) {
    reply_integer(body, "last_days", report->last_days);
  } else {
    reply_null(body, "last_days");
  }
  reply_string(body, "tz", report->tz);
  reply_string(body, "bots", report->robots ? "include" : "exclude");
  reply_name(body, "filter");
  text_append(body, "{");
  for (enum view_filter_by by = 0; by < VIEW_FILTER_COUNT_; by++) {
    if (report->filter[by][0] != '\0') {
      reply_string(body, view_filter_name(by), report->filter[by]);
    }
  }
  text_append(body, "}");
  reply_boolean(body, "show_viewers", report->show_viewers);
  reply_boolean(body, "has_password", report->hashed_password[0] != '\0');
  reply_time(body, "expires_at", report->expires_at_us);
}
