/* SPDX-License-Identifier: ISC */
/* Who calls; see the header. Every reason for refusing a token has the same answer: what was wrong
 * is not the bearer's business. */
#include "config.h"

#include "api/guard.h"

#include <string.h>
#include <strings.h>

#include "api/call.h"
#include "base/clock.h"

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

static void refuse_token(struct call *call) {
  guard_challenge(call->response, true,
                  "The access token is not valid, or not any more. Get a new one from "
                  "/auth/refresh or /auth/login.");
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
 * ERROR_DENIED: no. */
static enum error find_identity(struct app *app, struct guard_identity *storage) {
  const struct account *account;
  bool ended = false;
  enum error error = app_account(app, storage->token.account_id, &storage->account, &account);
  if (error == ERROR_NONE && !stands_for(&storage->token, account) && app->row_cache != NULL &&
      may_be_outdated(account, &storage->token)) {
    error = app_account_anew(app, storage->token.account_id, &storage->account, &account);
  }
  if (error == ERROR_NONE && !stands_for(&storage->token, account)) {
    error = ERROR_DENIED;
  }
  if (error == ERROR_NONE) {
    if (account != &storage->account) {
      storage->account = *account; /* a cached row is good until the next look into the cache only */
    }
    error = app_session_is_ended(app, storage->token.session_id, &ended);
  }
  return error == ERROR_NOT_FOUND || (error == ERROR_NONE && ended) ? ERROR_DENIED : error;
}

bool guard_admit(struct call *call, struct guard_identity *storage) {
  const char *text;
  size_t length;
  enum error error = guard_parse_bearer(call->request->authorization, &text, &length);
  if (error == ERROR_NOT_FOUND) {
    guard_challenge(call->response, false, "Send \"Authorization: Bearer <access token>\"; /auth/login gives one.");
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
  if (error != ERROR_NONE) {
    refuse_token(call);
    return false;
  }
  error = find_identity(call->app, storage);
  if (error == ERROR_DENIED) {
    refuse_token(call);
    return false;
  }
  if (error != ERROR_NONE) {
    call_fail(call, error, "finding the caller's account and session");
    return false;
  }
  call->account = &storage->account;
  call->token = &storage->token;
  call->request->account_id = storage->account.id;
  return true;
}
