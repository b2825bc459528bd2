/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "api/report_scope.h"

#include <stdio.h>
#include <string.h>

#include "store/analytics/report_store.h"

/* What the report says of a parameter. */
struct fixed {
  const char *name;
  const char *value; /* "": nothing */
};

static void note(struct call *call, const char *name, const char *rule) {
  char pointer[40];
  snprintf(pointer, sizeof pointer, "?%s", name);
  response_field_error(call->response, pointer, "%s", rule);
}

static enum error fix(struct call *call, struct query *query, const struct fixed *fixed) {
  const char *asked = query_get(query, fixed->name);
  if (fixed->value[0] == '\0') {
    return ERROR_NONE;
  }
  if (asked == NULL) {
    return query_add(query, fixed->name, fixed->value);
  }
  if (strcmp(asked, fixed->value) != 0) {
    note(call, fixed->name, "is what the report says, and cannot be another");
  }
  return ERROR_NONE;
}

enum error report_scope_fill(struct call *call, struct query *query) {
  const struct report *report = call->report;
  enum error error = ERROR_NONE;
  for (int i = 0; error == ERROR_NONE && i < VIEW_FILTER_COUNT_; i++) {
    const struct fixed fixed = {view_filter_name((enum view_filter_by)i), report->filter[i]};
    error = fix(call, query, &fixed);
  }
  if (!report->show_viewers && query_get(query, view_filter_name(VIEW_FILTER_VIEWER)) != NULL) {
    note(call, "viewer", "is not for readers of this report");
  }
  if (error == ERROR_NONE && query_get(query, "tz") == NULL) {
    error = query_add(query, "tz", report->tz);
  }
  const struct fixed robots = {"bots", "exclude"};
  if (error == ERROR_NONE && !report->robots) {
    error = fix(call, query, &robots);
  } else if (error == ERROR_NONE && query_get(query, "bots") == NULL) {
    error = query_add(query, "bots", "include");
  }
  return error;
}

bool report_scope_cut(const struct report *report, int64_t *from_us, int64_t *to_us) {
  if (*from_us < report->from_us) {
    *from_us = report->from_us;
  }
  if (report->to_us != 0 && (*to_us == 0 || *to_us > report->to_us)) {
    *to_us = report->to_us;
  }
  return *to_us == 0 || *from_us < *to_us;
}
