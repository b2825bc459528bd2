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
#include "api/accounts/second_factor.h"
#include "api/accounts/session_origin.h"
#include "api/guard.h"
#include "api/reply.h"
#include "base/clock.h"
#include "base/log.h"
#include "domain/digest.h"
#include "http/json_body.h"
#include "metrics/metric.h"
#include "security/access_token.h"
#include "security/secret_token.h"
#include "store/accounts/session_store.h"

/* The answer of login and refresh. No token outlives its session, which has `seconds_left`. */
static void reply_session(struct call *call, const struct account *account, const char *session_id,
                          const char *refresh_token, int64_t seconds_left) {
  int64_t now = clock_now_seconds();
  int64_t ttl = call->app->settings->access_token_ttl;
  ttl = ttl < seconds_left ? ttl : seconds_left;
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
  metric_add(METRIC_LOGINS, METRIC_LOGIN_REFUSED, 0, 1);
  log_event(LOG_LEVEL_WARNING, "login_refused", LOG_STR("address", call->request->remote_address),
            LOG_I64("account_id", account_id));
  password_attempt_note_refusal(call, account_id, false);
  call->response->oauth_error = "invalid_grant";
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

/* One price for everybody: whatever costs accounts' hashes have, an attempt pays each of them. */
static enum error verify(struct call *call, const struct account *account, const char *password, bool *ret_renew) {
  struct account_costs texts;
  struct password_cost in_use[ACCOUNT_COSTS_MAX];
  size_t count = 0;
  enum error error = account_store_costs(call->app->database, &texts);
  if (error != ERROR_NONE) {
    return error;
  }
  for (size_t i = 0; i < texts.count; i++) {
    count += password_cost_parse(texts.texts[i], &in_use[count]) == ERROR_NONE;
  }
  return password_verify_alike(account == NULL ? NULL : account->hashed_password, password, strlen(password),
                               password_attempt_cost(call->app), in_use, count, ret_renew);
}

/* False: the response has the answer. */
static bool check_password(struct call *call, const struct credentials *credentials, struct account *ret_account) {
  const char *password = credentials->password;
  enum error error = account_store_find_by_email(call->app->database, credentials->email, ret_account);
  if (error != ERROR_NONE && error != ERROR_NOT_FOUND) {
    call_fail(call, error, "finding an account");
    return false;
  }
  bool found = error == ERROR_NONE, renew = false;
  error = verify(call, found ? ret_account : NULL, password, &renew);
  if (error == ERROR_INVALID && found) {
    log_event(LOG_LEVEL_ERROR, "stored_password_unusable", LOG_I64("account_id", ret_account->id));
    error = ERROR_DENIED;
  }
  if (error != ERROR_NONE && error != ERROR_DENIED) {
    call_fail(call, error, "verifying a password");
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

static struct session_lives lives_of(const struct settings *settings) {
  return (struct session_lives){.token = settings->refresh_token_ttl,
                                .session = settings->session_ttl_max,
                                .reuse_window = settings->refresh_reuse_window};
}

static void start_session(struct call *call, const struct account *account) {
  char refresh_token[SECRET_TOKEN_SIZE], session_id[UUID_SIZE];
  unsigned char hash[DIGEST_SIZE];
  const struct session_lives lives = lives_of(call->app->settings);
  struct session_origin_texts texts;
  const struct session_origin origin = session_origin_of(call, &texts);
  enum error error = secret_token_new(refresh_token, hash);
  if (error == ERROR_NONE) {
    error =
        session_store_create(call->app->database, account->id, account->token_epoch, hash, &lives, &origin, session_id);
  }
  if (error == ERROR_DENIED) { /* disabled, or another password, since the password was looked at */
    refuse_login(call, account->id);
    return;
  }
  if (error != ERROR_NONE) {
    call_fail(call, error, "starting a session");
    return;
  }
  metric_add(METRIC_LOGINS, METRIC_LOGIN_OK, 0, 1);
  log_event(LOG_LEVEL_INFO, "login", LOG_STR("address", call->request->remote_address),
            LOG_I64("account_id", account->id), LOG_STR("session_id", session_id));
  reply_session(call, account, session_id, refresh_token, lives.session);
}

void auth_api_login(struct call *call) {
  struct credentials credentials = {.password = NULL};
  struct password_attempt attempt;
  struct account account;
  if (credentials_read(call->request, call->response, &credentials) &&
      password_attempt_count(call, credentials.email, &attempt) && check_password(call, &credentials, &account) &&
      second_factor_check_login(call, &account, credentials.otp, &attempt)) {
    call->request->account_id = account.id;
    call_act_as_id(call, "account", account.id);
    password_attempt_forgive(call, &attempt);
    password_attempt_remember(call, account.id);
    start_session(call, &account);
  }
  credentials_free(&credentials);
}

static void refuse_refresh(struct call *call) {
  metric_add(METRIC_REFRESH_REFUSALS, 0, 0, 1);
  log_event(LOG_LEVEL_WARNING, "refresh_refused", LOG_STR("address", call->request->remote_address));
  call->response->oauth_error = "invalid_grant";
  guard_challenge(call->response, true,
                  "The refresh token is not known, was used before, or has expired. Log in again.");
}

/* Spends `token`. *ret_successor: its successor, which stays the same while a spent token is forgiven. */
static enum error rotate(struct call *call, const char *token, char ret_successor[SECRET_TOKEN_SIZE],
                         struct rotated *ret_rotated) {
  const struct session_lives lives = lives_of(call->app->settings);
  struct session_origin_texts texts;
  const struct session_origin origin = session_origin_of(call, &texts);
  struct rotation rotation;
  char successor[SECRET_TOKEN_SIZE];
  enum error error = secret_token_hash(token, rotation.old_hash);
  if (error == ERROR_NONE) {
    error = secret_token_new(successor, rotation.new_hash);
  }
  if (error == ERROR_NONE) {
    error = secret_token_seal(token, successor, rotation.new_sealed);
  }
  if (error == ERROR_NONE) {
    error = session_store_rotate(call->app->database, &rotation, &lives, &origin, ret_rotated);
  }
  if (error == ERROR_NONE) {
    error = secret_token_unseal(token, ret_rotated->sealed, ret_successor);
  }
  explicit_bzero(successor, sizeof successor);
  return error;
}

void auth_api_refresh(struct call *call) {
  char token[SECRET_TOKEN_SIZE], successor[SECRET_TOKEN_SIZE];
  struct rotated rotated;
  bool known = false;
  if (!credentials_read_refresh_token(call->request, call->response, token, &known)) {
    return;
  }
  enum error error = known ? rotate(call, token, successor, &rotated) : ERROR_DENIED;
  if (error == ERROR_DENIED) {
    refuse_refresh(call);
  } else if (error != ERROR_NONE) {
    call_fail(call, error, "rotating a refresh token");
  } else {
    call->request->account_id = rotated.account.id;
    password_attempt_remember(call, rotated.account.id);
    reply_session(call, &rotated.account, rotated.session_id, successor, rotated.seconds_left);
  }
  explicit_bzero(token, sizeof token);
  explicit_bzero(successor, sizeof successor);
}

/* The refresh token suffices (RFC 7009): an access token that has expired must not keep a session alive. */
void auth_api_logout(struct call *call) {
  char token[SECRET_TOKEN_SIZE];
  unsigned char hash[DIGEST_SIZE];
  int64_t account_id = 0;
  bool known = false;
  if (!credentials_read_refresh_token(call->request, call->response, token, &known)) {
    return;
  }
  enum error error = known ? secret_token_hash(token, hash) : ERROR_NOT_FOUND;
  if (error == ERROR_NONE) {
    error = session_store_end(call->app->database, hash, &account_id);
  }
  if (error != ERROR_NONE && error != ERROR_NOT_FOUND) {
    call_fail(call, error, "ending a session");
    return;
  }
  if (error == ERROR_NONE) {
    call->request->account_id = account_id;
    log_event(LOG_LEVEL_INFO, "logout", LOG_STR("address", call->request->remote_address),
              LOG_I64("account_id", account_id));
  }
  response_empty(call->response, 204);
}
