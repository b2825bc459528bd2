/* SPDX-License-Identifier: ISC */
/* See the header. Every reason for refusing a key has the same answer; the log says which it was. */
#include "config.h"

#include "api/guard_key.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text_parse.h"
#include "security/api_key.h"

#define BASIC_MAX 256 /* longer is no key */
/* nginx tells by the description that a key was refused. */
#define KEY_CHALLENGE                                                                                                  \
  "Bearer realm=\"mediagate\", error=\"invalid_token\", error_description=\"The API key is not valid\""

static bool is_basic(const char *authorization) {
  return strncasecmp(authorization, "Basic ", strlen("Basic ")) == 0;
}

bool guard_key_is_sent(const char *authorization) {
  const char *text;
  size_t length;
  return is_basic(authorization) ||
         (guard_parse_bearer(authorization, &text, &length) == ERROR_NONE && api_key_is_meant(text, length));
}

/* What the header says. */
struct claim {
  char text[API_KEY_TEXT_SIZE];
  size_t length;
  int64_t id;
  unsigned char hash[DIGEST_SIZE]; /* of the secret */
};

static enum error read_text(const struct api_key_memo *memo, const char *text, size_t length, struct claim *claim) {
  if (length >= sizeof claim->text) {
    return ERROR_INVALID;
  }
  memcpy(claim->text, text, length);
  claim->length = length;
  return api_key_read(memo, text, length, &claim->id, claim->hash);
}

/* The user is the id; the password is the key, or the part of it behind the id. */
static enum error read_basic(const struct api_key_memo *memo, const char *encoded, struct claim *claim) {
  char pair[BASIC_MAX], whole[BASIC_MAX + sizeof API_KEY_BEGINNING];
  size_t size = 0, length = strlen(encoded);
  if (length >= BASIC_MAX || text_base64_decode(encoded, length, pair, &size) != ERROR_NONE) {
    return ERROR_INVALID;
  }
  pair[size] = '\0';
  char *password = strchr(pair, ':');
  if (password == NULL || strlen(pair) != size) {
    return ERROR_INVALID;
  }
  *password++ = '\0';
  int written = snprintf(whole, sizeof whole, API_KEY_BEGINNING "%s_%s", pair, password);
  enum error error = read_text(memo, whole, (size_t)written, claim);
  if (error == ERROR_INVALID && strncmp(password, whole, strlen(API_KEY_BEGINNING) + strlen(pair) + 1) == 0) {
    error = read_text(memo, password, strlen(password), claim);
  }
  explicit_bzero(pair, sizeof pair);
  explicit_bzero(whole, sizeof whole);
  return error;
}

static enum error read_header(const struct api_key_memo *memo, const char *authorization, struct claim *claim) {
  const char *text;
  size_t length;
  if (is_basic(authorization)) {
    return read_basic(memo, authorization + strlen("Basic "), claim);
  }
  enum error error = guard_parse_bearer(authorization, &text, &length);
  return error == ERROR_NONE ? read_text(memo, text, length, claim) : error;
}

static bool has_secret(const struct api_key *key, const struct claim *claim) {
  return api_key_hash_is(claim->hash, key->hash) ||
         (clock_now_us() < key->previous_expires_at_us && api_key_hash_is(claim->hash, key->previous_hash));
}

static bool may_come_from(const struct api_key *key, const char *address) {
  struct network caller;
  if (key->network_count == 0) {
    return true;
  }
  if (network_parse(address, &caller) != ERROR_NONE) {
    return false;
  }
  for (size_t i = 0; i < key->network_count; i++) {
    if (network_holds(&key->networks[i], &caller)) {
      return true;
    }
  }
  return false;
}

/* Strangers make up keys without end. What they make the fast and api pools ask of the database is bounded, so that
 * they slow nobody whose key is remembered: ERROR_LIMITED beyond that. */
static bool may_look_for_strangers(struct app *app, const char *address) {
  return app->row_cache == NULL || key_look_may_fail(&app->key_looks, address, clock_monotonic_ms());
}

static enum error try_secret(struct call *call, enum error error, const struct api_key *key,
                             const struct claim *claim) {
  if (error == ERROR_NONE && !has_secret(key, claim)) {
    error = ERROR_DENIED;
  }
  if (error == ERROR_DENIED || error == ERROR_NOT_FOUND) {
    key_look_failed(&call->app->key_looks, call->request->remote_address);
  }
  return error;
}

/* The row of a key whose secret this is. A cached row may be of before a rotation, so it is read anew before a secret
 * is refused. */
static enum error find_key(struct call *call, const struct claim *claim, struct api_key *ret_key) {
  struct app *app = call->app;
  const char *address = call->request->remote_address;
  const struct api_key *key = NULL;
  bool cached = app->row_cache != NULL && row_cache_has_key(app->row_cache, claim->id);
  if (!cached && !may_look_for_strangers(app, address)) {
    return ERROR_LIMITED;
  }
  enum error error = app_key(app, claim->id, ret_key, &key);
  error = try_secret(call, error, key, claim);
  if (error == ERROR_DENIED && cached && may_look_for_strangers(app, address)) {
    error = app_key_anew(app, claim->id, ret_key, &key);
    error = try_secret(call, error, key, claim);
  }
  if (error == ERROR_NONE && key != ret_key) {
    *ret_key = *key; /* a cached row is good until the next look into the cache only */
  }
  return error;
}

static enum error find_maker(struct app *app, struct guard_identity *storage) {
  const struct account *account;
  enum error error = app_account(app, storage->key.account_id, &storage->account, &account);
  if (error == ERROR_NONE && account->disabled && app->row_cache != NULL) {
    error = app_account_anew(app, storage->key.account_id, &storage->account, &account);
  }
  if (error == ERROR_NONE && account != &storage->account) {
    storage->account = *account;
  }
  return error;
}

/* ERROR_DENIED with the reason, which completes "the key …". */
static enum error identify(struct call *call, struct guard_identity *storage, const char **ret_reason) {
  struct api_key_memo *memo = &call->app->key_memo;
  struct claim claim;
  *ret_reason = "has another form than our keys";
  enum error error = read_header(memo, call->request->authorization, &claim);
  if (error == ERROR_NONE) {
    *ret_reason = "is not known, was revoked or has another secret";
    error = find_key(call, &claim, &storage->key);
  }
  if (error == ERROR_NONE) {
    api_key_keep(memo, claim.text, claim.length, claim.id, claim.hash);
  }
  explicit_bzero(claim.text, sizeof claim.text);
  if (error == ERROR_NONE) {
    const struct api_key *key = &storage->key;
    *ret_reason = "is of an account that is not there or disabled";
    error = find_maker(call->app, storage);
    if (error == ERROR_NONE && !storage->account.disabled) {
      *ret_reason = key->expires_at_us != 0 && clock_now_us() >= key->expires_at_us ? "has expired"
                    : !may_come_from(key, call->request->remote_address)            ? "is not allowed from this address"
                                                                                    : NULL;
    }
  }
  bool refused = error == ERROR_INVALID || error == ERROR_NOT_FOUND || (error == ERROR_NONE && *ret_reason != NULL);
  return refused ? ERROR_DENIED : error;
}

/* A failure costs a date, not the call. */
static void note_use(struct call *call, const struct api_key *key) {
  struct app *app = call->app;
  if (key_use_is_due(&app->key_uses, key->id, key->last_used_at_us, clock_now_us(), clock_monotonic_ms())) {
    enum error error = key_store_touch(app->database, key->id);
    if (error != ERROR_NONE) {
      key_use_failed(&app->key_uses, clock_monotonic_ms());
      log_event(LOG_LEVEL_WARNING, "key_use_not_noted", LOG_I64("key_id", key->id), LOG_ERROR_FIELD(error));
    }
  }
}

bool guard_key_admit(struct call *call, struct guard_identity *storage) {
  const char *reason = NULL;
  enum error error = identify(call, storage, &reason);
  if (error == ERROR_DENIED) {
    log_event(LOG_LEVEL_INFO, "key_refused", LOG_STR("reason", reason), LOG_I64("key_id", storage->key.id),
              LOG_STR("address", call->request->remote_address));
    response_header(call->response, "WWW-Authenticate", KEY_CHALLENGE);
    response_problem(call->response, 401, "The API key is not valid, not any more, or not from this address.");
    return false;
  }
  if (error == ERROR_LIMITED) {
    call_too_many(call, METRIC_LIMIT_KEY, 1, "Too many wrong keys come from this address.");
    return false;
  }
  if (error != ERROR_NONE) {
    call_fail(call, error, "finding the caller's key and account");
    return false;
  }
  storage->account.issuer_tag = storage->key.issuer_tag;
  call->account = &storage->account;
  call->key = &storage->key;
  call->scopes = storage->key.scopes & role_scopes(storage->account.role);
  call->request->account_id = storage->account.id;
  call_act_as_id(call, "key", storage->key.id);
  note_use(call, &storage->key);
  return true;
}
