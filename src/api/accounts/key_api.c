/* SPDX-License-Identifier: ISC */
/*
 * API keys. A person manages all keys, a key those of its own account. Whoever makes or rotates a key gets its secret,
 * so nobody may who has less than the key has.
 */
#include "config.h"

#include "api/handlers.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "api/accounts/key_fields.h"
#include "api/call.h"
#include "api/page.h"
#include "api/reply.h"
#include "base/clock.h"
#include "base/log.h"
#include "domain/grant.h"
#include "files/revocation.h"
#include "http/json_body.h"
#include "security/api_key.h"
#include "store/accounts/key_store.h"

#define OVERLAP_MAX_SECONDS 604800

/* The account whose keys the caller manages; 0: of any. */
static int64_t managed_account(const struct call *call) {
  return call->key == NULL ? 0 : call->account->id;
}

static void fail_key(struct call *call, enum error error, int64_t id, const char *doing) {
  if (error == ERROR_NOT_FOUND) {
    response_problem(call->response, 404, "There is no key %" PRId64 ", or it was revoked.", id);
  } else {
    call_fail(call, error, doing);
  }
}

/* The key of the path. False: the response has the answer. */
static bool find_key(struct call *call, struct api_key *ret_key) {
  int64_t id;
  if (!call_path_id(call, "key", &id)) {
    return false;
  }
  struct api_key key;
  enum error error = key_store_find(call->app->database, id, &key);
  const int64_t account_id = managed_account(call);
  if (error == ERROR_NONE && account_id != 0 && key.account_id != account_id) {
    error = ERROR_NOT_FOUND;
  }
  if (error != ERROR_NONE) {
    fail_key(call, error, id, "finding a key");
    return false;
  }
  *ret_key = key;
  return true;
}

/* False: the response has the 403. */
static bool is_within_caller(struct call *call, const struct api_key *key, const char *doing) {
  const char *beyond = key_fields_beyond(call->scopes, call->key, key);
  if (beyond == NULL) {
    return true;
  }
  log_event(LOG_LEVEL_WARNING, "key_beyond_caller", LOG_I64("account_id", call->account->id),
            LOG_I64("by_key", call->key == NULL ? 0 : call->key->id), LOG_STR("doing", doing),
            LOG_STR("beyond", beyond));
  response_problem_of_type(call->response, 403, "key-beyond-caller",
                           "The key would have more than the caller has: %s goes beyond the caller's own.", beyond);
  return false;
}

static void log_change(const struct call *call, const char *event, int64_t key_id) {
  log_event(LOG_LEVEL_INFO, event, LOG_I64("account_id", call->account->id),
            LOG_I64("by_key", call->key == NULL ? 0 : call->key->id), LOG_I64("key_id", key_id),
            LOG_STR("address", call->request->remote_address));
}

/* With its text, which nobody is told again. */
static void reply_secret(struct call *call, int status, const struct api_key *key, const char *secret) {
  char text[API_KEY_TEXT_SIZE];
  api_key_format(key->id, secret, text);
  struct text *body = reply_begin(call->response, status);
  key_fields_append(body, key);
  reply_string(body, "key", text);
  reply_end(call->response);
  explicit_bzero(text, sizeof text);
}

static void create_key(struct call *call, struct api_key *wanted) {
  char secret[API_KEY_SECRET_SIZE], location[48];
  struct api_key key;
  enum error error = api_key_new_secret(secret, wanted->hash);
  if (error == ERROR_NONE) {
    error = key_store_create(call->app->database, wanted, &key);
  }
  if (error != ERROR_NONE) {
    call_fail(call, error, "creating a key");
  } else {
    log_change(call, "key_created", key.id);
    snprintf(location, sizeof location, "/keys/%" PRId64, key.id);
    response_header(call->response, "Location", location);
    reply_secret(call, 201, &key, secret);
  }
  explicit_bzero(secret, sizeof secret);
}

void key_api_create(struct call *call) {
  struct json_object *object;
  struct api_key wanted;
  if (json_body_read(call->request, call->response, &object) != ERROR_NONE) {
    return;
  }
  if (key_fields_read(call, object, &wanted) && is_within_caller(call, &wanted, "creating")) {
    create_key(call, &wanted);
  }
  json_object_put(object);
}

static void append_key(void *context, const struct api_key *key) {
  struct page *page = context;
  if (page_begin_row(page, key->created_at_us, key->id)) {
    key_fields_append(page->body, key);
    page_end_row(page);
  }
}

void key_api_list(struct call *call) {
  struct call_page wanted;
  if (!call_page(call, &wanted)) {
    return;
  }
  struct page page = page_begin(call, &wanted);
  const struct key_list list = {
      .before = wanted.cursor.id, .account_id = managed_account(call), .limit = wanted.limit + 1};
  enum error error = key_store_list(call->app->database, &list, append_key, &page);
  if (error != ERROR_NONE) {
    call_fail(call, error, "listing the keys");
    return;
  }
  page_end(call, &page);
}

void key_api_get(struct call *call) {
  struct api_key key;
  if (find_key(call, &key)) {
    key_fields_append(reply_begin(call->response, 200), &key);
    reply_end(call->response);
  }
}

void key_api_revoke(struct call *call) {
  int64_t id;
  if (!call_path_id(call, "key", &id)) {
    return;
  }
  enum error error = key_store_revoke(call->app->database, id, managed_account(call));
  if (error != ERROR_NONE) {
    fail_key(call, error, id, "revoking a key");
    return;
  }
  log_change(call, "key_revoked", id);
  response_empty(call->response, 204);
}

/* False: the response has the answer. */
static bool read_overlap(struct call *call, int64_t *ret_seconds) {
  static const char *const names[] = {"overlap_seconds", NULL};
  struct json_object *object;
  if (json_body_read(call->request, call->response, &object) != ERROR_NONE) {
    return false;
  }
  json_body_refuse_unknown(object, names, call->response);
  if (!json_body_has(object, "overlap_seconds")) {
    response_field_error(call->response, "/overlap_seconds", "is required");
  }
  json_body_integer_optional(object, "overlap_seconds", 0, OVERLAP_MAX_SECONDS, ret_seconds, call->response);
  json_object_put(object);
  if (response_has_field_errors(call->response)) {
    response_problem_fields(call->response);
    return false;
  }
  return true;
}

void key_api_rotate(struct call *call) {
  int64_t overlap_seconds = 0;
  struct api_key key;
  char secret[API_KEY_SECRET_SIZE];
  unsigned char hash[DIGEST_SIZE];
  if (!read_overlap(call, &overlap_seconds) || !find_key(call, &key) || !is_within_caller(call, &key, "rotating")) {
    return;
  }
  enum error error = api_key_new_secret(secret, hash);
  if (error == ERROR_NONE) {
    error = key_store_rotate(call->app->database, key.id, hash, overlap_seconds, &key);
  }
  if (error != ERROR_NONE) {
    fail_key(call, error, key.id, "rotating a key");
  } else {
    log_change(call, "key_rotated", key.id);
    reply_secret(call, 200, &key, secret);
  }
  explicit_bzero(secret, sizeof secret);
}

/* The row comes first: should the file fail, `mediagate serve` writes it from the row. */
void key_api_revoke_grants(struct call *call) {
  int64_t id;
  uint32_t tag = 0;
  if (!call_path_id(call, "key", &id)) {
    return;
  }
  int64_t expires_at = clock_now_seconds() + GRANT_REVOKED_SECONDS;
  enum error error =
      key_store_replace_issuer_tag(call->app->database, id, managed_account(call), expires_at * INT64_C(1000000), &tag);
  if (error == ERROR_NOT_FOUND) {
    response_problem(call->response, 404, "There never was a key %" PRId64 ".", id);
    return;
  }
  if (error == ERROR_NONE) {
    error = revocation_write_tag(call->app->settings->data_dir, tag, expires_at);
  }
  if (error != ERROR_NONE) {
    call_fail(call, error, "revoking the grants of a key");
    return;
  }
  log_change(call, "key_grants_revoked", id);
  response_empty(call->response, 204);
}
