/* SPDX-License-Identifier: ISC */
/*
 * Shared reports, for those who share them. A person manages all reports, a key those of its own account. The link is
 * told once: its secret stands behind the "#" of its URL, which no browser sends.
 */
#include "config.h"

#include "api/handlers.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "api/accounts/password_attempt.h"
#include "api/call.h"
#include "api/guard.h"
#include "api/page.h"
#include "api/reply.h"
#include "api/reports/report_fields.h"
#include "base/log.h"
#include "http/json_body.h"
#include "security/report_token.h"

#define READERS_PAGE "/console/report#"

/* The account whose reports the caller manages; 0: of any. */
static int64_t managed_account(const struct call *call) {
  return call->key == NULL ? 0 : call->account->id;
}

static void fail_report(struct call *call, enum error error, int64_t id, const char *doing) {
  if (error == ERROR_NOT_FOUND) {
    response_problem(call->response, 404, "There is no report %" PRId64 ", or it was deleted.", id);
  } else {
    call_fail(call, error, doing);
  }
}

static void append_report(struct text *body, const struct report *report) {
  reply_integer(body, "id", report->id);
  report_fields_append(body, report);
  reply_integer(body, "created_by", report->account_id);
  if (report->created_by_key == 0) {
    reply_null(body, "created_by_key");
  } else {
    reply_integer(body, "created_by_key", report->created_by_key);
  }
  reply_time(body, "created_at", report->created_at_us);
}

static void reply_made(struct call *call, const struct report *report, const char *secret) {
  char token[LABELLED_SECRET_TEXT_SIZE], location[48];
  struct text url = {.data = NULL};
  labelled_secret_format(REPORT_LINK_BEGINNING, report->id, secret, token);
  call_append_base(call, &url);
  text_append(&url, READERS_PAGE);
  text_append(&url, token);
  snprintf(location, sizeof location, "/reports/%" PRId64, report->id);
  response_header(call->response, "Location", location);
  struct text *body = reply_begin(call->response, 201);
  append_report(body, report);
  reply_string(body, "token", token);
  reply_string(body, "report_url", url.data);
  body->failed = body->failed || url.failed;
  reply_end(call->response);
  if (url.data != NULL) {
    explicit_bzero(url.data, url.length);
  }
  text_free(&url);
  explicit_bzero(token, sizeof token);
}

static void create_report(struct call *call, struct report *wanted, const char *password) {
  char secret[LABELLED_SECRET_SIZE];
  struct report report;
  enum error error = labelled_secret_new(secret, wanted->hash);
  if (error == ERROR_NONE && password != NULL) {
    error = password_hash(password, strlen(password), password_attempt_cost(call->app), wanted->hashed_password);
  }
  if (error == ERROR_NONE) {
    error = report_store_create(call->app->database, wanted, &report);
  }
  if (error == ERROR_NOT_FOUND) {
    response_field_error(call->response, "/media_id", "names no medium");
    response_problem_fields(call->response);
  } else if (error != ERROR_NONE) {
    call_fail(call, error, "creating a report");
  } else {
    log_event(LOG_LEVEL_INFO, "report_created", LOG_I64("account_id", call->account->id),
              LOG_I64("report_id", report.id), LOG_STR("address", call->request->remote_address));
    reply_made(call, &report, secret);
  }
  explicit_bzero(secret, sizeof secret);
}

/* Readers see what the caller sees, so the caller must see it. */
void report_api_create(struct call *call) {
  struct json_object *object;
  struct report wanted;
  const char *password = NULL;
  if (json_body_read(call->request, call->response, &object) != ERROR_NONE) {
    return;
  }
  if (guard_permit(call, SCOPE_ANALYTICS_READ) && guard_permit_unrestricted(call) && call_has_base(call) &&
      report_fields_read(call, object, &wanted, &password)) {
    create_report(call, &wanted, password);
  }
  json_object_put(object);
}

static void append_row(void *context, const struct report *report) {
  struct page *page = context;
  if (page_begin_row(page, report->created_at_us, report->id)) {
    append_report(page->body, report);
    page_end_row(page);
  }
}

void report_api_list(struct call *call) {
  struct call_page wanted;
  if (!call_page(call, &wanted)) {
    return;
  }
  struct page page = page_begin(call, &wanted);
  const struct report_list list = {
      .before = wanted.cursor.id, .account_id = managed_account(call), .limit = wanted.limit + 1};
  enum error error = report_store_list(call->app->database, &list, append_row, &page);
  if (error != ERROR_NONE) {
    call_fail(call, error, "listing the reports");
    return;
  }
  page_end(call, &page);
}

void report_api_get(struct call *call) {
  int64_t id;
  struct report report;
  if (!call_path_id(call, "report", &id)) {
    return;
  }
  enum error error = report_store_find(call->app->database, id, &report);
  const int64_t account_id = managed_account(call);
  if (error == ERROR_NONE && (report.deleted || (account_id != 0 && report.account_id != account_id))) {
    error = ERROR_NOT_FOUND;
  }
  if (error != ERROR_NONE) {
    fail_report(call, error, id, "finding a report");
    return;
  }
  append_report(reply_begin(call->response, 200), &report);
  reply_end(call->response);
}

void report_api_delete(struct call *call) {
  int64_t id;
  if (!call_path_id(call, "report", &id)) {
    return;
  }
  enum error error = report_store_delete(call->app->database, id, managed_account(call));
  if (error != ERROR_NONE) {
    fail_report(call, error, id, "deleting a report");
    return;
  }
  log_event(LOG_LEVEL_INFO, "report_deleted", LOG_I64("account_id", call->account->id), LOG_I64("report_id", id),
            LOG_STR("address", call->request->remote_address));
  response_empty(call->response, 204);
}
