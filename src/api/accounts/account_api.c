/* SPDX-License-Identifier: ISC */
/*
 * Accounts. Who may sign up is a setting: anyone, who has an invitation or an owner's
 * access token, or no one.
 */
#include "config.h"

#include "api/handlers.h"

#include <json-c/json.h>
#include <string.h>

#include "api/accounts/password_attempt.h"
#include "api/call.h"
#include "api/guard.h"
#include "api/reply.h"
#include "base/log.h"
#include "domain/digest.h"
#include "http/json_body.h"
#include "domain/email.h"
#include "security/password_policy.h"
#include "security/secret_token.h"
#include "store/accounts/invitation_store.h"

#define EMAIL_FIELD_MAX 1024 /* blanks around it are trimmed */
#define INVITATION_MAX  256

static void reply_account(struct response *response, int status, const struct account *account) {
  struct text *body = reply_begin(response, status);
  reply_integer(body, "id", account->id);
  reply_string(body, "email", account->email);
  reply_string(body, "role", role_name(account->role));
  reply_boolean(body, "totp", account->has_totp);
  reply_time(body, "created_at", account->created_at_us);
  reply_end(response);
}

/* Notes at `pointer` what stands against this new password. False: the response has the 503. */
static bool judge_password(struct call *call, const char *pointer, const char *password, const char *email) {
  const char *complaint = NULL;
  enum error error = password_policy_check(password, (size_t)call->app->settings->password_min, email, &complaint);
  if (error == ERROR_INVALID) {
    response_field_error(call->response, pointer, "%s", complaint);
  } else if (error != ERROR_NONE) {
    call_fail(call, error, "judging a password");
  }
  return error == ERROR_NONE || error == ERROR_INVALID;
}

struct signup {
  char email[EMAIL_SIZE];
  const char *password;
  const char *invitation; /* NULL: none */
};

/* False: the response has the 422 or 503. */
static bool read_signup(struct call *call, struct json_object *object, struct signup *ret_signup) {
  static const char *const names[] = {"email", "password", "invitation", NULL};
  struct response *response = call->response;
  json_body_refuse_unknown(object, names, response);
  const char *email = json_body_string(object, "email", 1, EMAIL_FIELD_MAX, response);
  *ret_signup = (struct signup){.email = ""};
  if (email != NULL && email_normalise(email, ret_signup->email) != ERROR_NONE) {
    response_field_error(response, "/email", "must be an e-mail address, ASCII only, of at most 254 bytes");
  }
  ret_signup->password =
      json_body_password(object, "password", (size_t)call->app->settings->password_min, PASSWORD_MAX_BYTES, response);
  if (ret_signup->password != NULL && !judge_password(call, "/password", ret_signup->password, ret_signup->email)) {
    return false;
  }
  ret_signup->invitation = json_body_string_optional(object, "invitation", 1, INVITATION_MAX, response);
  if (response_has_field_errors(response)) {
    response_problem_fields(response);
    return false;
  }
  return true;
}

static void refuse_invitation(struct call *call) {
  response_problem(call->response, 403,
                   "The invitation is not known, was used before, or has expired. Ask for a new one.");
}

/* What lets a newcomer in, checked before anything is hashed. */
struct admission {
  bool by_invitation;
  unsigned char invitation_hash[DIGEST_SIZE];
  int64_t created_by; /* 0: nobody */
};

static bool admit_invited(struct call *call, const char *invitation, struct admission *ret_admission) {
  enum error error = secret_token_hash(invitation, ret_admission->invitation_hash);
  if (error == ERROR_NONE) {
    error = invitation_store_check(call->app->database, ret_admission->invitation_hash);
  }
  if (error == ERROR_DENIED || error == ERROR_NOT_FOUND) {
    refuse_invitation(call);
  } else if (error != ERROR_NONE) {
    call_fail(call, error, "checking an invitation");
  }
  ret_admission->by_invitation = error == ERROR_NONE;
  return error == ERROR_NONE;
}

/* False: the response has the answer. */
static bool admit_signup(struct call *call, const struct signup *signup, struct guard_identity *storage,
                         struct admission *ret_admission) {
  if (signup->invitation != NULL) {
    return admit_invited(call, signup->invitation, ret_admission);
  }
  if (call->app->settings->signup_policy == SIGNUP_OPEN) {
    return password_attempt_count_signup(call);
  }
  if (*call->request->authorization == '\0') {
    response_problem(call->response, 403, "Signing up needs an invitation, or the access token of an owner.");
    return false;
  }
  if (!guard_admit(call, storage) || !guard_permit(call, SCOPE_ACCOUNTS_MANAGE) ||
      !guard_permit_role(call, (enum role)call->app->settings->signup_role) || !guard_permit_unrestricted(call)) {
    return false;
  }
  ret_admission->created_by = call->account->id;
  return true;
}

static void create_account(struct call *call, const struct signup *signup, const struct admission *admission) {
  struct database *database = call->app->database;
  struct account account;
  char hash[PASSWORD_HASH_SIZE];
  enum error error = password_hash(signup->password, strlen(signup->password), password_attempt_cost(call->app), hash);
  if (error != ERROR_NONE) {
    call_fail(call, error, "hashing a password");
    return;
  }
  error = admission->by_invitation
              ? invitation_store_create_account(database, admission->invitation_hash, signup->email, hash, &account)
              : account_store_create(database, signup->email, hash, (enum role)call->app->settings->signup_role,
                                     admission->created_by, &account);
  if (error == ERROR_CONFLICT) {
    response_problem(call->response, 409, "There is an account with this e-mail already.");
  } else if (error == ERROR_DENIED) {
    refuse_invitation(call);
  } else if (error != ERROR_NONE) {
    call_fail(call, error, "creating an account");
  } else {
    log_event(LOG_LEVEL_INFO, "account_created", LOG_STR("address", call->request->remote_address),
              LOG_I64("account_id", account.id), LOG_I64("created_by", admission->created_by));
    reply_account(call->response, 201, &account);
  }
}

void account_api_signup(struct call *call) {
  if (call->app->settings->signup_policy == SIGNUP_CLOSED) {
    response_problem(call->response, 403, "Signing up is closed here; `mediagate admin create` makes accounts.");
    return;
  }
  struct json_object *object;
  if (json_body_read(call->request, call->response, &object) != ERROR_NONE) {
    return;
  }
  struct signup signup;
  struct guard_identity identity = {.key = {.id = 0}};
  struct admission admission = {.by_invitation = false};
  if (read_signup(call, object, &signup) && admit_signup(call, &signup, &identity, &admission)) {
    create_account(call, &signup, &admission);
  }
  call->account = NULL; /* `identity` ends here */
  call->token = NULL;
  call->key = NULL;
  json_object_put(object);
}

/* Tells a page what to offer somebody without an account. Whether there is any account is told where anyone may make
 * the first one, and so could find out. */
void account_api_policy(struct call *call) {
  static const char *const names[] = {[SIGNUP_OPEN] = "open", [SIGNUP_INVITE] = "invite", [SIGNUP_CLOSED] = "closed"};
  enum settings_signup_policy policy = call->app->settings->signup_policy;
  bool any = true;
  enum error error = policy == SIGNUP_OPEN ? account_store_any(call->app->database, &any) : ERROR_NONE;
  if (error != ERROR_NONE) {
    call_fail(call, error, "looking for an account");
    return;
  }
  struct text *body = reply_begin(call->response, 200);
  reply_string(body, "policy", names[policy]);
  reply_boolean(body, "first", !any);
  reply_integer(body, "password_min", call->app->settings->password_min);
  reply_end(call->response);
}

void account_api_me(struct call *call) {
  reply_account(call->response, 200, call->account);
}

static void set_password(struct call *call, const char *password) {
  char hash[PASSWORD_HASH_SIZE];
  enum error error = password_hash(password, strlen(password), password_attempt_cost(call->app), hash);
  if (error == ERROR_NONE) {
    error = account_store_set_password(call->app->database, call->account->id, call->account->token_epoch, hash, NULL);
  }
  if (error == ERROR_NOT_FOUND) { /* changed or disabled since the token was looked at */
    guard_challenge(call->response, true, "The account has changed meanwhile. Log in again.");
    return;
  }
  if (error != ERROR_NONE) {
    call_fail(call, error, "setting a password");
    return;
  }
  log_event(LOG_LEVEL_INFO, "password_changed", LOG_STR("address", call->request->remote_address),
            LOG_I64("account_id", call->account->id));
  response_empty(call->response, 204);
}

void account_api_password(struct call *call) {
  static const char *const names[] = {"current_password", "new_password", NULL};
  struct json_object *object;
  if (json_body_read(call->request, call->response, &object) != ERROR_NONE) {
    return;
  }
  json_body_refuse_unknown(object, names, call->response);
  const char *current = json_body_password(object, "current_password", 1, PASSWORD_MAX_BYTES, call->response);
  const char *new_password = json_body_password(object, "new_password", (size_t)call->app->settings->password_min,
                                                PASSWORD_MAX_BYTES, call->response);
  bool judged = new_password == NULL || judge_password(call, "/new_password", new_password, call->account->email);
  if (judged && response_has_field_errors(call->response)) {
    response_problem_fields(call->response);
  } else if (judged && current != NULL && new_password != NULL && password_attempt_count_change(call) &&
             password_attempt_check_own(call, current)) {
    password_attempt_forgive_change(call);
    set_password(call, new_password);
  }
  json_object_put(object);
}

void account_api_is_known(struct call *call) {
  response_empty(call->response, 204);
}
