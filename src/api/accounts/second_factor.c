/* SPDX-License-Identifier: ISC */
/* See the header. A guess is counted before it is looked at, so that parallel guesses cannot race. */
#include "config.h"

#include "api/accounts/second_factor.h"

#include <string.h>

#include "api/guard.h"
#include "base/clock.h"
#include "base/log.h"
#include "metrics/metric.h"
#include "security/recovery_code.h"
#include "security/sealed_secret.h"

static enum error open_secret(struct call *call, int64_t account_id, const struct totp *totp,
                              unsigned char ret_secret[TOTP_SECRET_BYTES]) {
  enum error error = sealed_secret_open(call->app->totp_keys, account_id, totp->sealed, ret_secret, TOTP_SECRET_BYTES);
  if (error == ERROR_NOT_FOUND || error == ERROR_DENIED) {
    log_event(LOG_LEVEL_ERROR, "totp_secret_unreadable", LOG_I64("account_id", account_id),
              LOG_STR("meaning", error == ERROR_NOT_FOUND ? "totp_key_file does not hold the key that encrypted it"
                                                          : "it was changed, or is another account's"),
              LOG_STR("remedy", "put the key back; else `mediagate admin reset-totp` lets the account enrol again"));
    error = ERROR_INTERNAL;
  }
  return error;
}

/* An older key goes out of use this way, account by account; the code was right whatever becomes of that. */
static void reseal(struct call *call, int64_t account_id, const struct totp *totp,
                   const unsigned char secret[TOTP_SECRET_BYTES]) {
  char sealed[SEALED_SECRET_SIZE];
  if (sealed_secret_is_current(call->app->totp_keys, totp->sealed)) {
    return;
  }
  enum error error = sealed_secret_seal(call->app->totp_keys, account_id, secret, TOTP_SECRET_BYTES, sealed);
  if (error == ERROR_NONE) {
    error = totp_store_reseal(call->app->database, account_id, totp->sealed, sealed);
  }
  if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_WARNING, "totp_reseal_failed", LOG_I64("account_id", account_id), LOG_ERROR_FIELD(error));
  }
}

enum error second_factor_verify(struct call *call, int64_t account_id, const struct totp *totp, const char *code,
                                int64_t *ret_step) {
  unsigned char secret[TOTP_SECRET_BYTES];
  enum error error = open_secret(call, account_id, totp, secret);
  if (error == ERROR_NONE) {
    error = totp_verify(secret, code, clock_now_seconds(), ret_step);
  }
  if (error == ERROR_NONE && totp->confirmed) {
    reseal(call, account_id, totp, secret);
  }
  explicit_bzero(secret, sizeof secret);
  return error;
}

static enum error spend_code(struct call *call, int64_t account_id, const char *code) {
  struct totp totp;
  int64_t step = 0;
  enum error error = totp_store_find(call->app->database, account_id, &totp);
  if (error == ERROR_NONE) {
    error = totp.confirmed ? second_factor_verify(call, account_id, &totp, code, &step) : ERROR_DENIED;
  }
  return error == ERROR_NONE ? totp_store_spend_step(call->app->database, account_id, step) : error;
}

/* Another form of code than one of the app is one for recovery. */
enum error second_factor_spend(struct call *call, int64_t account_id, const char *code) {
  unsigned char hash[DIGEST_SIZE];
  enum error error;
  if (strlen(code) == TOTP_DIGITS) {
    error = spend_code(call, account_id, code);
    return error == ERROR_NOT_FOUND ? ERROR_DENIED : error; /* it was removed meanwhile */
  }
  error = recovery_code_hash(account_id, code, hash);
  if (error == ERROR_NONE) {
    error = totp_store_spend_recovery(call->app->database, account_id, hash);
  }
  if (error == ERROR_NONE) {
    log_event(LOG_LEVEL_WARNING, "recovery_code_used", LOG_STR("address", call->request->remote_address),
              LOG_I64("account_id", account_id));
  }
  return error;
}

static void challenge(struct call *call) {
  call->response->oauth_error = "invalid_grant";
  guard_add_challenge(call->response);
}

bool second_factor_check_login(struct call *call, const struct account *account, const char *otp,
                               const struct password_attempt *attempt) {
  if (!account->has_totp) {
    return true;
  }
  if (otp == NULL) {
    challenge(call);
    response_problem_of_type(
        call->response, 401, "otp-required",
        "The password is right. This account needs a code as well: send it, or a recovery code, as otp.");
    return false;
  }
  if (!password_attempt_count_code(call, account->id, attempt)) {
    return false;
  }
  call_act_as_id(call, "account", account->id); /* the password is right */
  enum error error = second_factor_spend(call, account->id, otp);
  if (error == ERROR_DENIED) {
    log_event(LOG_LEVEL_WARNING, "login_code_refused", LOG_STR("address", call->request->remote_address),
              LOG_I64("account_id", account->id));
    metric_add(METRIC_LOGINS, METRIC_LOGIN_REFUSED, 0, 1);
    password_attempt_note_refusal(call, account->id, false);
    challenge(call);
    response_problem_of_type(call->response, 401, "otp-refused", "The code is wrong, has passed, or was used before.");
  } else if (error != ERROR_NONE) {
    call_fail(call, error, "checking a code");
  } else {
    password_attempt_forgive_code(call, account->id, attempt);
  }
  return error == ERROR_NONE;
}
