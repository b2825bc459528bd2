/* SPDX-License-Identifier: ISC */
/* Limits of guessing; see the header. The counters themselves are the store's. */
#include "config.h"

#include "api/accounts/password_attempt.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "metrics/metric.h"
#include "store/events/event_store.h"

struct password_cost password_attempt_cost(const struct app *app) {
  return (struct password_cost){.memory_kib = (uint32_t)app->settings->argon2_memory,
                                .time = (uint32_t)app->settings->argon2_time};
}

/* An IPv6 customer has 2^64 addresses at least, and may have been given 2^80. */
static void place_of(const struct request *request, char ret_address[ADDRESS_TEXT_SIZE],
                     char ret_network[ADDRESS_TEXT_SIZE]) {
  address_prefix(request->remote_address, 32, 64, ret_address);
  address_prefix(request->remote_address, 24, 48, ret_network);
}

static struct login_limits limits_of(const struct call *call) {
  const struct settings *settings = call->app->settings;
  return (struct login_limits){.account = settings->login_account_limit,
                               .address = settings->login_address_limit,
                               .window_seconds = settings->login_window,
                               .known_seconds = settings->login_known_ttl};
}

static void complain(const char *event, enum error error) {
  if (error != ERROR_NONE) { /* a counter ends with its window anyway */
    log_event(LOG_LEVEL_WARNING, event, LOG_ERROR_FIELD(error));
  }
}

/* Answers what counting came to. True: nothing stands against it. */
static bool admit(struct call *call, enum error error, enum metric_limit limit, int64_t retry_after,
                  const char *detail) {
  if (error == ERROR_LIMITED) {
    log_event(LOG_LEVEL_WARNING, limit == METRIC_LIMIT_SIGNUP ? "signup_limited" : "login_limited",
              LOG_STR("address", call->request->remote_address), LOG_I64("retry_after", retry_after));
    call_too_many(call, limit, retry_after, detail);
  } else if (error != ERROR_NONE) {
    call_fail(call, error, "counting an attempt");
  }
  return error == ERROR_NONE;
}

void password_attempt_note_refusal(struct call *call, int64_t account_id, bool limited) {
  complain("login_refusal_not_counted", event_store_count_refusal(call->app->database, account_id, limited));
}

bool password_attempt_count(struct call *call, const char *email, struct password_attempt *ret_attempt) {
  const struct login_limits limits = limits_of(call);
  const struct call_limit told[] = {{"login", limits.account, limits.window_seconds},
                                    {"login-address", limits.address, limits.window_seconds}};
  int64_t retry_after = limits.window_seconds;
  call_tell_limits(call, told, sizeof told / sizeof *told);
  place_of(call->request, ret_attempt->address, ret_attempt->network);
  ret_attempt->who =
      (struct login_attempt){.email = email, .address = ret_attempt->address, .network = ret_attempt->network};
  enum error error =
      login_limit_count(call->app->database, &ret_attempt->who, &limits, &ret_attempt->standing, &retry_after);
  if (error == ERROR_LIMITED) {
    metric_add(METRIC_LOGINS, METRIC_LOGIN_LIMITED, 0, 1);
    password_attempt_note_refusal(call, 0, true);
  }
  return admit(call, error, METRIC_LIMIT_LOGIN, retry_after,
               "Too many attempts for this account or from this address.");
}

void password_attempt_forgive(struct call *call, const struct password_attempt *attempt) {
  complain("login_forgive_failed", login_limit_forgive(call->app->database, &attempt->who, attempt->standing));
}

void password_attempt_remember(struct call *call, int64_t account_id) {
  char address[ADDRESS_TEXT_SIZE], network[ADDRESS_TEXT_SIZE];
  place_of(call->request, address, network);
  complain("login_remember_failed", login_limit_remember(call->app->database, account_id, address, network));
}

bool password_attempt_count_change(struct call *call) {
  const struct login_limits limits = limits_of(call);
  int64_t retry_after = limits.window_seconds;
  call_tell_limits(call, &(struct call_limit){"password", limits.account, limits.window_seconds}, 1);
  enum error error = password_change_limit_count(call->app->database, call->account->id, &limits, &retry_after);
  return admit(call, error, METRIC_LIMIT_PASSWORD, retry_after, "Too many attempts at the current password.");
}

void password_attempt_forgive_change(struct call *call) {
  complain("login_forgive_failed", password_change_limit_forgive(call->app->database, call->account->id));
}

bool password_attempt_check_own(struct call *call, const char *password) {
  struct account account;
  enum error error = account_store_find(call->app->database, call->account->id, &account);
  if (error != ERROR_NONE) {
    call_fail(call, error, "finding an account");
    return false;
  }
  bool renew;
  error =
      password_verify(account.hashed_password, password, strlen(password), password_attempt_cost(call->app), &renew);
  if (error == ERROR_MEMORY) {
    call_fail(call, error, "hashing a password");
  } else if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_WARNING, "password_change_refused", LOG_STR("address", call->request->remote_address),
              LOG_I64("account_id", account.id));
    password_attempt_note_refusal(call, account.id, false);
    response_problem(call->response, 403, "The current password is wrong.");
  }
  return error == ERROR_NONE;
}

bool password_attempt_count_code(struct call *call, int64_t account_id, const struct password_attempt *attempt) {
  const struct login_limits limits = limits_of(call);
  int64_t retry_after = limits.window_seconds;
  if (attempt->standing != LOGIN_STRANGER) {
    return true;
  }
  enum error error = code_limit_count(call->app->database, account_id, &limits, &retry_after);
  if (error == ERROR_LIMITED) {
    metric_add(METRIC_LOGINS, METRIC_LOGIN_LIMITED, 0, 1);
    password_attempt_note_refusal(call, account_id, true);
  }
  return admit(call, error, METRIC_LIMIT_LOGIN, retry_after, "Too many attempts at this account's codes.");
}

void password_attempt_forgive_code(struct call *call, int64_t account_id, const struct password_attempt *attempt) {
  if (attempt->standing == LOGIN_STRANGER) {
    complain("login_forgive_failed", code_limit_give_back(call->app->database, account_id));
  }
}

bool password_attempt_count_report(struct call *call, int64_t report_id, struct password_attempt *ret_attempt) {
  const struct login_limits limits = limits_of(call);
  const struct call_limit told[] = {{"report", limits.account, limits.window_seconds},
                                    {"login-address", limits.address, limits.window_seconds}};
  int64_t retry_after = limits.window_seconds;
  call_tell_limits(call, told, sizeof told / sizeof *told);
  place_of(call->request, ret_attempt->address, ret_attempt->network);
  ret_attempt->who = (struct login_attempt){
      .email = "", .address = ret_attempt->address, .network = ret_attempt->network}; /* of no account */
  enum error error = report_limit_count(call->app->database, report_id, &ret_attempt->who, &limits, &retry_after);
  return admit(call, error, METRIC_LIMIT_LOGIN, retry_after,
               "Too many attempts at the password of this report or from this address.");
}

void password_attempt_forgive_report(struct call *call, int64_t report_id, const struct password_attempt *attempt) {
  complain("login_forgive_failed", report_limit_forgive(call->app->database, report_id, &attempt->who));
}

bool password_attempt_count_signup(struct call *call) {
  const struct settings *settings = call->app->settings;
  const struct signup_limits limits = {.address = settings->signup_address_limit,
                                       .all = settings->signup_limit,
                                       .window_seconds = settings->signup_window};
  const struct call_limit told[] = {{"signup", limits.address, limits.window_seconds},
                                    {"signup-all", limits.all, limits.window_seconds}};
  int64_t retry_after = settings->signup_window;
  call_tell_limits(call, told, sizeof told / sizeof *told);
  char address[ADDRESS_TEXT_SIZE];
  address_prefix(call->request->remote_address, 32, 48, address); /* else one /48 takes everybody's share */
  enum error error = signup_limit_count(call->app->database, address, &limits, &retry_after);
  return admit(call, error, METRIC_LIMIT_SIGNUP, retry_after,
               "Too many accounts were made from this address, or from all together.");
}
