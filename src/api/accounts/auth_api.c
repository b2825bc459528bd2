/* SPDX-License-Identifier: ISC */
/*
 * Sessions. A login gives a short-lived access token (a JWT that no database is asked about but for
 * the account's epoch and the session) and a refresh token, spent at each use. An unknown e-mail, a
 * wrong password and a disabled account have one answer, at one price.
 */
#include "config.h"

#include "api/handlers.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/accounts/credentials.h"
#include "api/accounts/password_attempt.h"
#include "api/guard.h"
#include "api/reply.h"
#include "base/clock.h"
#include "base/log.h"
#include "domain/digest.h"
#include "http/json_body.h"
#include "security/access_token.h"
#include "security/secret_token.h"
#include "store/accounts/session_store.h"

#define REFRESH_TOKEN_MAX 256 /* longer is not worth a look */

/* The answer of login and refresh. */
static void reply_session(struct call *call, const struct account *account, const char *session_id,
                          const char *refresh_token) {
  int64_t now = clock_now_seconds();
  int64_t ttl = call->app->settings->access_token_ttl;
  struct access_token token = {
      .account_id = account->id, .epoch = account->token_epoch, .issued_at = now, .expires_at = now + ttl};
  memcpy(token.session_id, session_id, sizeof token.session_id);
  char *text = NULL;
  enum error error = access_token_issue(call->app->access_keys, &token, &text);
  if (error != ERROR_NONE) {
    call_fail(call, error, "signing an access token");
    return;
  }
  struct text *body = reply_begin(call->response, 200);
  reply_string(body, "access_token", text);
  reply_string(body, "token_type", "bearer");
  reply_integer(body, "expires_in", ttl);
  reply_string(body, "refresh_token", refresh_token);
  reply_end(call->response);
  free(text);
}

static void refuse_login(struct call *call, int64_t account_id) {
  log_event(LOG_LEVEL_WARNING, "login_refused", LOG_STR("address", call->request->remote_address),
            LOG_I64("account_id", account_id));
  guard_challenge(call->response, false, "E-mail and password do not fit together.");
}

/* A stored hash of another cost is renewed now, while the password is at hand. */
static void renew_hash(struct call *call, const struct account *account, const char *password) {
  char hash[PASSWORD_HASH_SIZE];
  enum error error = password_hash(password, strlen(password), password_attempt_cost(call->app), hash);
  if (error == ERROR_NONE) {
    error = account_store_renew_hash(call->app->database, account->id, account->hashed_password, hash);
  }
  if (error != ERROR_NONE && error != ERROR_NOT_FOUND) { /* the old one is good until the next login */
    log_event(LOG_LEVEL_WARNING, "password_renewal_failed", LOG_I64("account_id", account->id), LOG_ERROR_FIELD(error));
  }
}

/* False: the response has the answer. */
static bool check_password(struct call *call, const struct credentials *credentials, struct account *ret_account) {
  struct password_cost cost = password_attempt_cost(call->app);
  const char *password = credentials->password;
  enum error error = account_store_find_by_email(call->app->database, credentials->email, ret_account);
  if (error != ERROR_NONE && error != ERROR_NOT_FOUND) {
    call_fail(call, error, "finding an account");
    return false;
  }
  bool found = error == ERROR_NONE, renew = false;
  error = found ? password_verify(ret_account->hashed_password, password, strlen(password), cost, &renew)
                : password_waste_time(password, strlen(password), cost);
  if (error == ERROR_INVALID) {
    log_event(LOG_LEVEL_ERROR, "stored_password_unusable", LOG_I64("account_id", ret_account->id));
    error = password_waste_time(password, strlen(password), cost); /* at the same price as any other refusal */
  }
  if (error == ERROR_MEMORY) {
    call_fail(call, error, "hashing a password");
    return false;
  }
  if (error != ERROR_NONE || !found || ret_account->disabled) {
    refuse_login(call, found ? ret_account->id : 0);
    return false;
  }
  if (renew) {
    renew_hash(call, ret_account, password);
  }
  return true;
}

static void start_session(struct call *call, const struct account *account) {
  char refresh_token[SECRET_TOKEN_SIZE], session_id[UUID_SIZE];
  unsigned char hash[DIGEST_SIZE];
  enum error error = secret_token_new(refresh_token, hash);
  if (error == ERROR_NONE) {
    error = session_store_create(call->app->database, account->id, account->token_epoch, hash,
                                 call->app->settings->refresh_token_ttl, session_id);
  }
  if (error == ERROR_DENIED) { /* disabled, or another password, since the password was looked at */
    refuse_login(call, account->id);
    return;
  }
  if (error != ERROR_NONE) {
    call_fail(call, error, "starting a session");
    return;
  }
  log_event(LOG_LEVEL_INFO, "login", LOG_I64("account_id", account->id), LOG_STR("session_id", session_id));
  reply_session(call, account, session_id, refresh_token);
}

void auth_api_login(struct call *call) {
  struct credentials credentials = {.password = NULL};
  struct password_attempt attempt;
  struct account account;
  if (credentials_read(call->request, call->response, &credentials) &&
      password_attempt_count(call, credentials.email, &attempt) && check_password(call, &credentials, &account)) {
    call->request->account_id = account.id;
    password_attempt_forgive(call, &attempt);
    password_attempt_remember(call, account.id);
    start_session(call, &account);
  }
  credentials_free(&credentials);
}

/* Reads {"refresh_token"}. *ret_known is false for a text that none of our tokens can be. False:
 * the response has the answer. */
static bool read_refresh_token(struct call *call, unsigned char ret_hash[DIGEST_SIZE], bool *ret_known) {
  static const char *const names[] = {"refresh_token", NULL};
  struct json_object *object;
  if (json_body_read(call->request, call->response, &object) != ERROR_NONE) {
    return false;
  }
  json_body_refuse_unknown(object, names, call->response);
  const char *token = json_body_string(object, "refresh_token", 1, REFRESH_TOKEN_MAX, call->response);
  bool readable = !response_has_field_errors(call->response);
  if (!readable) {
    response_problem_fields(call->response);
  } else {
    *ret_known = secret_token_hash(token, ret_hash) == ERROR_NONE;
  }
  json_object_put(object);
  return readable;
}

static void refuse_refresh(struct call *call) {
  log_event(LOG_LEVEL_WARNING, "refresh_refused", LOG_STR("address", call->request->remote_address));
  guard_challenge(call->response, true,
                  "The refresh token is not known, was used before, or has expired. Log in again.");
}

void auth_api_refresh(struct call *call) {
  const struct settings *settings = call->app->settings;
  unsigned char old_hash[DIGEST_SIZE], new_hash[DIGEST_SIZE];
  char new_token[SECRET_TOKEN_SIZE], session_id[UUID_SIZE];
  struct account account;
  bool known;
  if (!read_refresh_token(call, old_hash, &known)) {
    return;
  }
  if (!known) {
    refuse_refresh(call);
    return;
  }
  enum error error = secret_token_new(new_token, new_hash);
  if (error == ERROR_NONE) {
    error = session_store_rotate(call->app->database, old_hash, new_hash, settings->refresh_token_ttl,
                                 settings->refresh_reuse_window, &account, session_id);
  }
  if (error == ERROR_DENIED) {
    refuse_refresh(call);
  } else if (error != ERROR_NONE) {
    call_fail(call, error, "rotating a refresh token");
  } else {
    call->request->account_id = account.id;
    password_attempt_remember(call, account.id);
    reply_session(call, &account, session_id, new_token);
  }
}

void auth_api_logout(struct call *call) {
  unsigned char hash[DIGEST_SIZE];
  bool known;
  if (!read_refresh_token(call, hash, &known)) {
    return;
  }
  enum error error = known ? session_store_end(call->app->database, call->account->id, hash) : ERROR_NONE;
  if (error != ERROR_NONE) {
    call_fail(call, error, "ending a session");
    return;
  }
  log_event(LOG_LEVEL_INFO, "logout", LOG_I64("account_id", call->account->id));
  response_empty(call->response, 204);
}
