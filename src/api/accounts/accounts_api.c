/* SPDX-License-Identifier: ISC */
/*
 * Other people's accounts, for who has the scope accounts:manage: lists them, changes roles, disables. There is always
 * an enabled owner.
 */
#include "config.h"

#include "api/handlers.h"

#include <inttypes.h>
#include <json-c/json.h>

#include "api/call.h"
#include "api/guard.h"
#include "api/page.h"
#include "api/reply.h"
#include "base/log.h"
#include "http/json_body.h"
#include "store/accounts/account_store.h"

static void append_account(struct text *body, const struct account *account) {
  reply_integer(body, "id", account->id);
  reply_string(body, "email", account->email);
  reply_string(body, "role", role_name(account->role));
  reply_boolean(body, "disabled", account->disabled);
  reply_boolean(body, "totp", account->has_totp);
  reply_time(body, "created_at", account->created_at_us);
}

static void reply_account(struct call *call, const struct account *account) {
  struct text *body = reply_begin(call->response, 200);
  append_account(body, account);
  reply_end(call->response);
}

static void append_row(void *context, const struct account *account) {
  struct page *page = context;
  if (page_begin_row(page, account->created_at_us, account->id)) {
    append_account(page->body, account);
    page_end_row(page);
  }
}

void accounts_api_list(struct call *call) {
  struct call_page asked;
  if (!call_page(call, &asked)) {
    return;
  }
  struct page page = page_begin(call, &asked);
  enum error error = account_store_page(call->app->database, asked.cursor.time_us, asked.cursor.id, asked.limit + 1,
                                        append_row, &page);
  if (error != ERROR_NONE) {
    call_fail(call, error, "listing accounts");
    return;
  }
  page_end(call, &page);
}

static void fail(struct call *call, enum error error, int64_t id, const char *doing) {
  if (error == ERROR_NOT_FOUND) {
    response_problem(call->response, 404, "There is no account %" PRId64 ".", id);
  } else if (error == ERROR_CONFLICT) {
    response_problem_of_type(call->response, 409, "last-owner",
                             "This is the last enabled owner, and stays one. Make another account an owner first.");
  } else {
    call_fail(call, error, doing);
  }
}

void accounts_api_get(struct call *call) {
  int64_t id;
  struct account account;
  if (!call_path_id(call, "account", &id)) {
    return;
  }
  enum error error = account_store_find(call->app->database, id, &account);
  if (error != ERROR_NONE) {
    fail(call, error, id, "finding an account");
    return;
  }
  reply_account(call, &account);
}

/* False: the response has the 422. */
static bool read_change(struct call *call, struct json_object *object, struct account_change *ret_change) {
  static const char *const names[] = {"role", "disabled", NULL};
  struct response *response = call->response;
  struct account_change change = {.sets_disabled = json_body_has(object, "disabled")};
  json_body_refuse_unknown(object, names, response);
  const char *role = json_body_string_optional(object, "role", 1, ROLE_NAME_SIZE, response);
  if (role != NULL) {
    change.sets_role = role_find(role, &change.role) == ERROR_NONE;
    if (!change.sets_role) {
      response_field_error(response, "/role", "must be owner, editor or analyst");
    }
  }
  json_body_boolean_optional(object, "disabled", &change.disabled, response);
  if (response_has_field_errors(response)) {
    response_problem_fields(response);
    return false;
  }
  *ret_change = change;
  return true;
}

/* A key changes nobody who may do more than the key. False: the response has the answer. */
static bool may_change(struct call *call, int64_t id, const struct account_change *change) {
  struct account account;
  if (change->sets_role && !guard_permit_role(call, change->role)) {
    return false;
  }
  if (call->key == NULL) {
    return true;
  }
  enum error error = account_store_find(call->app->database, id, &account);
  if (error != ERROR_NONE) {
    fail(call, error, id, "finding an account");
    return false;
  }
  return guard_permit_role(call, account.role) && guard_permit_unrestricted(call);
}

static void change_account(struct call *call, int64_t id, const struct account_change *change) {
  struct account account;
  if (!may_change(call, id, change)) {
    return;
  }
  enum error error = account_store_change(call->app->database, id, change, &account);
  if (error != ERROR_NONE) {
    fail(call, error, id, "changing an account");
    return;
  }
  log_event(LOG_LEVEL_INFO, "account_changed", LOG_STR("address", call->request->remote_address),
            LOG_I64("account_id", id), LOG_STR("role", role_name(account.role)),
            LOG_STR("state", account.disabled ? "disabled" : "enabled"), LOG_I64("changed_by", call->account->id));
  reply_account(call, &account);
}

void accounts_api_change(struct call *call) {
  int64_t id;
  struct json_object *object;
  struct account_change change;
  if (!call_path_id(call, "account", &id) || json_body_read(call->request, call->response, &object) != ERROR_NONE) {
    return;
  }
  if (read_change(call, object, &change)) {
    change_account(call, id, &change);
  }
  json_object_put(object);
}
