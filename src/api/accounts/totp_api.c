/* SPDX-License-Identifier: ISC */
/*
 * The caller's second factor: begun with a new secret, in use once a code of it was shown, removed with password and
 * code. What a login does with it is in second_factor.c.
 */
#include "config.h"

#include "api/handlers.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "api/accounts/password_attempt.h"
#include "api/accounts/second_factor.h"
#include "api/call.h"
#include "api/reply.h"
#include "base/log.h"
#include "http/json_body.h"
#include "security/qr_code.h"
#include "security/recovery_code.h"
#include "security/sealed_secret.h"
#include "security/totp.h"
#include "store/accounts/totp_store.h"

#define ISSUER_SIZE 128

static void free_secret_text(struct text *text) {
  if (text->data != NULL) {
    explicit_bzero(text->data, text->capacity);
  }
  text_free(text);
}

/* What an app shows beside the codes: whose they are, and of which mediagate. */
static void name_issuer(const struct request *request, char ret_issuer[ISSUER_SIZE]) {
  const char *host = *request->host == '\0' ? "localhost" : request->host;
  (void)snprintf(ret_issuer, ISSUER_SIZE, "mediagate %s", host); /* a longer one is cut: it is a name only */
}

static void reply_begun(struct call *call, const unsigned char secret[TOTP_SECRET_BYTES]) {
  __attribute__((cleanup(free_secret_text))) struct text typed = {0}, uri = {0}, svg = {0};
  char issuer[ISSUER_SIZE];
  name_issuer(call->request, issuer);
  enum error error = totp_append_base32(secret, &typed);
  if (error == ERROR_NONE) {
    error = totp_append_uri(secret, issuer, call->account->email, &uri);
  }
  if (error == ERROR_NONE) {
    error = qr_code_append_svg(uri.data, &svg);
  }
  if (error != ERROR_NONE) {
    call_fail(call, error, "drawing a QR code");
    return;
  }
  struct text *body = reply_begin(call->response, 201);
  reply_string(body, "secret", typed.data);
  reply_string(body, "otpauth_uri", uri.data);
  reply_string(body, "qr_svg", svg.data);
  reply_end(call->response);
}

void totp_api_begin(struct call *call) {
  unsigned char secret[TOTP_SECRET_BYTES];
  char sealed[SEALED_SECRET_SIZE];
  int64_t id = call->account->id;
  totp_secret_new(secret);
  enum error error = sealed_secret_seal(call->app->totp_keys, id, secret, sizeof secret, sealed);
  if (error == ERROR_NONE) {
    error = totp_store_begin(call->app->database, id, sealed);
  }
  if (error == ERROR_CONFLICT) {
    response_problem(call->response, 409, "The account has a second factor already. Remove it first.");
  } else if (error != ERROR_NONE) {
    call_fail(call, error, "beginning a second factor");
  } else {
    reply_begun(call, secret);
  }
  explicit_bzero(secret, sizeof secret);
}

static void refuse_code(struct call *call) {
  log_event(LOG_LEVEL_WARNING, "code_refused", LOG_STR("address", call->request->remote_address),
            LOG_I64("account_id", call->account->id));
  response_problem_of_type(call->response, 403, "otp-refused", "The code is wrong, has passed, or was used before.");
}

struct recovery_codes {
  char codes[RECOVERY_CODES][RECOVERY_CODE_SIZE];
  unsigned char hashes[RECOVERY_CODES][DIGEST_SIZE];
};

static enum error make_recovery_codes(int64_t account_id, struct recovery_codes *ret_codes) {
  enum error error = ERROR_NONE;
  for (size_t i = 0; error == ERROR_NONE && i < RECOVERY_CODES; i++) {
    error = recovery_code_new(account_id, ret_codes->codes[i], ret_codes->hashes[i]);
  }
  return error;
}

static void reply_confirmed(struct call *call, const struct recovery_codes *codes) {
  struct text *body = reply_begin(call->response, 200);
  reply_name(body, "recovery_codes");
  text_append(body, "[");
  for (size_t i = 0; i < RECOVERY_CODES; i++) {
    reply_separate(body);
    text_append_json_string(body, codes->codes[i], strlen(codes->codes[i]));
  }
  text_append(body, "]");
  reply_end(call->response);
}

/* The code is held against the secret that was begun, and both are in use from now on. */
static enum error confirm(struct call *call, const char *code, struct recovery_codes *ret_codes) {
  int64_t id = call->account->id;
  struct totp totp;
  struct totp_confirmation confirmation = {.sealed = totp.sealed,
                                           .recovery_hashes = (const unsigned char(*)[DIGEST_SIZE])ret_codes->hashes,
                                           .recovery_count = RECOVERY_CODES};
  enum error error = totp_store_find(call->app->database, id, &totp);
  if (error == ERROR_NONE && totp.confirmed) {
    error = ERROR_CONFLICT;
  }
  if (error == ERROR_NONE) {
    error = second_factor_verify(call, id, &totp, code, &confirmation.step);
  }
  if (error == ERROR_NONE) {
    error = make_recovery_codes(id, ret_codes);
  }
  return error == ERROR_NONE ? totp_store_confirm(call->app->database, id, &confirmation) : error;
}

static void answer_confirm(struct call *call, const char *code) {
  struct recovery_codes codes;
  enum error error = confirm(call, code, &codes);
  if (error == ERROR_DENIED) {
    refuse_code(call);
  } else if (error == ERROR_NOT_FOUND || error == ERROR_CONFLICT) {
    response_problem(call->response, 409, "There is no second factor to confirm: POST /auth/totp begins one.");
  } else if (error != ERROR_NONE) {
    call_fail(call, error, "confirming a second factor");
  } else {
    password_attempt_forgive_change(call);
    log_event(LOG_LEVEL_INFO, "totp_confirmed", LOG_STR("address", call->request->remote_address),
              LOG_I64("account_id", call->account->id));
    reply_confirmed(call, &codes);
  }
  explicit_bzero(&codes, sizeof codes);
}

void totp_api_confirm(struct call *call) {
  static const char *const names[] = {"code", NULL};
  struct json_object *object;
  if (json_body_read(call->request, call->response, &object) != ERROR_NONE) {
    return;
  }
  json_body_refuse_unknown(object, names, call->response);
  const char *code = json_body_string(object, "code", 1, SECOND_FACTOR_CODE_MAX, call->response);
  if (response_has_field_errors(call->response)) {
    response_problem_fields(call->response);
  } else if (code != NULL && password_attempt_count_change(call)) {
    answer_confirm(call, code);
  }
  json_object_put(object);
}

/* The password was right. */
static void remove_factor(struct call *call, const char *otp) {
  int64_t id = call->account->id;
  enum error error = second_factor_spend(call, id, otp);
  if (error == ERROR_NONE) {
    error = totp_store_remove(call->app->database, id);
  }
  if (error == ERROR_DENIED) {
    refuse_code(call);
  } else if (error != ERROR_NONE && error != ERROR_NOT_FOUND) { /* NOT_FOUND: removed twice at once */
    call_fail(call, error, "removing a second factor");
  } else {
    password_attempt_forgive_change(call);
    log_event(LOG_LEVEL_WARNING, "totp_removed", LOG_STR("address", call->request->remote_address),
              LOG_I64("account_id", id));
    response_empty(call->response, 204);
  }
}

/* False: the response has the 409 or 503. The row of the caller is two seconds old at most; this is of now. */
static bool has_factor(struct call *call) {
  struct totp totp;
  enum error error = totp_store_find(call->app->database, call->account->id, &totp);
  if (error == ERROR_NOT_FOUND || (error == ERROR_NONE && !totp.confirmed)) {
    response_problem(call->response, 409, "The account has no second factor.");
    return false;
  }
  if (error != ERROR_NONE) {
    call_fail(call, error, "finding a second factor");
  }
  return error == ERROR_NONE;
}

void totp_api_remove(struct call *call) {
  static const char *const names[] = {"password", "otp", NULL};
  struct json_object *object;
  if (json_body_read(call->request, call->response, &object) != ERROR_NONE) {
    return;
  }
  json_body_refuse_unknown(object, names, call->response);
  const char *password = json_body_password(object, "password", 1, PASSWORD_MAX_BYTES, call->response);
  const char *otp = json_body_string(object, "otp", 1, SECOND_FACTOR_CODE_MAX, call->response);
  if (response_has_field_errors(call->response)) {
    response_problem_fields(call->response);
  } else if (password != NULL && otp != NULL && has_factor(call) && password_attempt_count_change(call) &&
             password_attempt_check_own(call, password)) {
    remove_factor(call, otp);
  }
  json_object_put(object);
}
