/* SPDX-License-Identifier: ISC */
/* What a reader of a shared report asks beside its numbers: what it shows, and to be let in with its password. */
#include "config.h"

#include "api/handlers.h"

#include <json-c/json.h>
#include <string.h>

#include "api/accounts/password_attempt.h"
#include "api/call.h"
#include "api/guard.h"
#include "api/reply.h"
#include "api/reports/report_fields.h"
#include "base/clock.h"
#include "base/log.h"
#include "http/json_body.h"
#include "security/password.h"
#include "security/report_token.h"

#define SESSION_SECONDS 3600

void reader_api_tell(struct call *call) {
  report_fields_append(reply_begin(call->response, 200), call->report);
  reply_end(call->response);
}

static void let_in(struct call *call) {
  const struct report *report = call->report;
  struct text session = {.data = NULL};
  enum error error = report_session_issue(call->app->access_keys, report->id, report->hash, report->hashed_password,
                                          clock_now_seconds() + SESSION_SECONDS, &session);
  if (error != ERROR_NONE) {
    call_fail(call, error, "letting a reader in");
  } else {
    struct text *body = reply_begin(call->response, 200);
    reply_string(body, "access_token", session.data);
    reply_string(body, "token_type", "Bearer");
    reply_integer(body, "expires_in", SESSION_SECONDS);
    reply_end(call->response);
  }
  text_free(&session);
}

static void refuse_password(struct call *call) {
  log_event(LOG_LEVEL_INFO, "report_password_refused", LOG_I64("report_id", call->report->id),
            LOG_STR("address", call->request->remote_address));
  guard_add_challenge(call->response);
  response_problem_of_type(call->response, 401, "report-password-refused", "The password is not that of this report.");
}

static void check_password(struct call *call, const char *password) {
  const struct report *report = call->report;
  struct password_attempt attempt;
  bool renew;
  if (!password_attempt_count_report(call, report->id, &attempt)) {
    return;
  }
  enum error error =
      password_verify(report->hashed_password, password, strlen(password), password_attempt_cost(call->app), &renew);
  if (error == ERROR_NONE) {
    password_attempt_forgive_report(call, report->id, &attempt);
    let_in(call);
  } else if (error == ERROR_DENIED) {
    refuse_password(call);
  } else {
    call_fail(call, error, "verifying the password of a report");
  }
}

void reader_api_session(struct call *call) {
  static const char *const names[] = {"password", NULL};
  struct json_object *object;
  if (call->report->hashed_password[0] == '\0') {
    response_problem(call->response, 409, "This report has no password: its link is enough.");
    return;
  }
  if (json_body_read(call->request, call->response, &object) != ERROR_NONE) {
    return;
  }
  json_body_refuse_unknown(object, names, call->response);
  const char *password = json_body_password(object, "password", 1, PASSWORD_MAX_BYTES, call->response);
  if (response_has_field_errors(call->response)) {
    response_problem_fields(call->response);
  } else {
    check_password(call, password);
  }
  json_object_put(object);
}
