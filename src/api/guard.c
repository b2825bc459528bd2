/* SPDX-License-Identifier: ISC */
/* Who calls; see the header. Every reason for refusing a token has the same answer: what was wrong
 * is not the bearer's business. */
#include "config.h"

#include "api/guard.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api/call.h"
#include "api/guard_key.h"
#include "api/guard_upload.h"
#include "base/clock.h"
#include "base/log.h"

#define CHALLENGE "Bearer realm=\"mediagate\""

static const char token_characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/";

enum error guard_parse_bearer(const char *authorization, const char **ret_token, size_t *ret_length) {
  size_t scheme_length = strcspn(authorization, " ");
  if (scheme_length != strlen("Bearer") || strncasecmp(authorization, "Bearer", scheme_length) != 0) {
    return ERROR_NOT_FOUND;
  }
  const char *token = authorization + scheme_length;
  token += strspn(token, " ");
  size_t body = strspn(token, token_characters);
  size_t length = body + strspn(token + body, "=");
  if (body == 0 || token[length] != '\0') {
    return ERROR_INVALID;
  }
  *ret_token = token;
  *ret_length = length;
  return ERROR_NONE;
}

void guard_challenge(struct response *response, bool token_was_sent, const char *detail) {
  response_header(response, "WWW-Authenticate", token_was_sent ? CHALLENGE ", error=\"invalid_token\"" : CHALLENGE);
  response_problem(response, 401, "%s", detail);
}

void guard_add_challenge(struct response *response) {
  response_header(response, "WWW-Authenticate", CHALLENGE);
}

/* The log says why; who sent the token is told no more than that it is not good. */
static void refuse_token(struct call *call, const struct access_token_refusal *refusal, int64_t account_id) {
  log_event(LOG_LEVEL_INFO, "token_refused", LOG_STR("reason", refusal->reason), LOG_I64("account_id", account_id),
            LOG_I64("issued_at", refusal->issued_at), LOG_I64("expires_at", refusal->expires_at),
            LOG_I64("now", clock_now_seconds()), LOG_STR("address", call->request->remote_address));
  guard_challenge(call->response, true,
                  "The access token is not valid, or not any more. Get a new one from "
                  "/auth/refresh or /auth/login.");
}

bool guard_is_local(const struct request *request) {
  const char *local = request_parameter(request, "LOCAL_CLIENT");
  return request->authorization[0] == '\0' && local != NULL && strcmp(local, "1") == 0;
}

static bool stands_for(const struct access_token *token, const struct account *account) {
  return !account->disabled && token->epoch == account->token_epoch;
}

/* What changed within the last two seconds may not have come to a cached row yet: an account that was enabled again, a
 * login after the password changed. Only refusing on such a row would be wrong, so only that costs a look. */
static bool may_be_outdated(const struct account *account, const struct access_token *token) {
  return account->disabled || token->epoch > account->token_epoch;
}

/* Does the token still stand for somebody: an enabled account, its present epoch, a session that was not ended?
 * ERROR_DENIED with the reason: no. */
static enum error find_identity(struct app *app, struct guard_identity *storage, const char **ret_reason) {
  const struct account *account;
  bool ended = false;
  enum error error = app_account(app, storage->token.account_id, &storage->account, &account);
  if (error == ERROR_NONE && !stands_for(&storage->token, account) && app->row_cache != NULL &&
      may_be_outdated(account, &storage->token)) {
    error = app_account_anew(app, storage->token.account_id, &storage->account, &account);
  }
  if (error == ERROR_NONE && !stands_for(&storage->token, account)) {
    *ret_reason = account->disabled ? "is of an account that is disabled" : "is older than its account's last change";
    return ERROR_DENIED;
  }
  *ret_reason = "is of an account that is not there";
  if (error == ERROR_NONE) {
    *ret_reason = "is of a session that was ended";
    if (account != &storage->account) {
      storage->account = *account; /* a cached row is good until the next look into the cache only */
    }
    error = app_session_is_ended(app, storage->token.session_id, &ended);
  }
  return error == ERROR_NOT_FOUND || (error == ERROR_NONE && ended) ? ERROR_DENIED : error;
}

/* The one place where a second factor that all must have is asked for. Keys are no people, and their makers had one.
 * The challenge is for nginx, which looks at a token before an upload and writes that answer. */
static bool has_second_factor(struct call *call, struct guard_identity *storage) {
  const struct account *account = &storage->account;
  if (call->app->settings->totp != TOTP_REQUIRED || account->has_totp || call->enrols) {
    return true;
  }
  /* A cached row may be of before the enrolment, and only a refusal would be wrong then. */
  if (app_account_anew(call->app, storage->account.id, &storage->account, &account) == ERROR_NONE) {
    storage->account = *account;
    if (account->has_totp) {
      return true;
    }
  }
  response_header(call->response, "WWW-Authenticate", CHALLENGE ", error=\"insufficient_user_authentication\"");
  response_problem_of_type(call->response, 403, "enrolment-required",
                           "Accounts need a second factor here: POST /auth/totp begins one. Until then nothing else is "
                           "possible.");
  return false;
}

bool guard_admit(struct call *call, struct guard_identity *storage) {
  if (guard_upload_is_sent(call->request)) {
    return guard_upload_admit(call, storage);
  }
  if (guard_key_is_sent(call->request->authorization)) {
    return guard_key_admit(call, storage);
  }
  const char *text;
  size_t length;
  enum error error = guard_parse_bearer(call->request->authorization, &text, &length);
  if (error == ERROR_NOT_FOUND) {
    guard_challenge(call->response, false,
                    "Send \"Authorization: Bearer <access token>\", which /auth/login gives, or an API key.");
    return false;
  }
  if (error == ERROR_NONE) {
    error = token_memo_verify(call->app->token_memo, call->app->access_keys, text, length, clock_now_seconds(),
                              &storage->token);
  }
  if (error == ERROR_MEMORY) { /* says nothing of the token */
    call_fail(call, error, "verifying an access token");
    return false;
  }
  struct access_token_refusal refusal = {.reason = "is no bearer token"};
  if (error != ERROR_NONE) {
    if (error != ERROR_INVALID) {
      access_token_explain(call->app->access_keys, text, length, clock_now_seconds(), &refusal);
    }
    refuse_token(call, &refusal, 0);
    return false;
  }
  error = find_identity(call->app, storage, &refusal.reason);
  if (error == ERROR_DENIED) {
    refusal.issued_at = storage->token.issued_at;
    refusal.expires_at = storage->token.expires_at;
    refuse_token(call, &refusal, storage->token.account_id);
    return false;
  }
  if (error != ERROR_NONE) {
    call_fail(call, error, "finding the caller's account and session");
    return false;
  }
  call->account = &storage->account;
  call->token = &storage->token;
  call->request->account_id = storage->account.id;
  call->scopes = role_scopes(storage->account.role);
  call_act_as_id(call, "account", storage->account.id);
  return has_second_factor(call, storage);
}

bool guard_permit_person(struct call *call) {
  if (call->key == NULL) {
    return true;
  }
  response_problem_of_type(call->response, 403, "person-required",
                           "This call is an account's own: log in and send the access token. A key does not do.");
  return false;
}

bool guard_permit(struct call *call, enum scope scope) {
  if (scope_is_in(scope, call->scopes)) {
    return true;
  }
  char challenge[128];
  snprintf(challenge, sizeof challenge, CHALLENGE ", error=\"insufficient_scope\", scope=\"%s\"", scope_name(scope));
  log_event(LOG_LEVEL_INFO, "scope_missing", LOG_I64("account_id", call->account->id),
            LOG_STR("scope", scope_name(scope)), LOG_STR("route", call->request->route));
  response_header(call->response, "WWW-Authenticate", challenge);
  response_problem_of_type(call->response, 403, "insufficient-scope",
                           "This call needs the scope %s, which the caller does not have.", scope_name(scope));
  return false;
}

bool guard_permit_role(struct call *call, enum role role) {
  for (int scope = 0; scope < SCOPE_COUNT; scope++) {
    if (scope_is_in((enum scope)scope, role_scopes(role)) && !guard_permit(call, (enum scope)scope)) {
      return false;
    }
  }
  return true;
}

bool guard_permit_unrestricted(struct call *call) {
  const struct api_key *key = call->key;
  if (key == NULL ||
      (key->expires_at_us == 0 && key->network_count == 0 && key->max_ttl_seconds == 0 && !key->require_viewer)) {
    return true;
  }
  response_problem_of_type(call->response, 403, "key-beyond-caller",
                           "A key with an end, networks, max_ttl_seconds or require_viewer lets nobody in, since who "
                           "it lets in would have none of these.");
  return false;
}
