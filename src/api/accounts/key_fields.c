/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "api/accounts/key_fields.h"

#include <stdio.h>
#include <string.h>

#include "api/reply.h"
#include "base/clock.h"
#include "base/text_parse.h"
#include "domain/grant.h"
#include "domain/scope.h"
#include "http/json_body.h"

static void read_name(struct call *call, struct json_object *object, struct api_key *key) {
  const char *name = json_body_string(object, "name", 1, API_KEY_NAME_MAX, call->response);
  snprintf(key->name, sizeof key->name, "%s", name == NULL ? "" : name);
  text_trim(key->name);
  if (name != NULL && key->name[0] == '\0') {
    response_field_error(call->response, "/name", "must hold more than blanks");
  }
}

static void read_scopes(struct call *call, struct json_object *object, struct api_key *key) {
  const char *names[SCOPE_COUNT];
  size_t count = json_body_strings(object, "scopes", 1, SCOPE_COUNT, names, call->response);
  for (size_t i = 0; i < count; i++) {
    enum scope scope;
    char pointer[48];
    if (scope_find(names[i], &scope) == ERROR_NONE) {
      key->scopes |= SCOPE_BIT(scope);
    } else {
      snprintf(pointer, sizeof pointer, "/scopes/%zu", i);
      response_field_error(call->response, pointer, "names no scope");
    }
  }
}

static void read_networks(struct call *call, struct json_object *object, struct api_key *key) {
  const char *texts[API_KEY_NETWORKS_MAX];
  if (!json_body_has(object, "allowed_networks")) {
    return;
  }
  key->network_count = json_body_strings(object, "allowed_networks", 0, API_KEY_NETWORKS_MAX, texts, call->response);
  for (size_t i = 0; i < key->network_count; i++) {
    char pointer[48];
    if (network_parse(texts[i], &key->networks[i]) != ERROR_NONE) {
      snprintf(pointer, sizeof pointer, "/allowed_networks/%zu", i);
      response_field_error(call->response, pointer,
                           "must be an address, or a network such as 192.0.2.0/24 with no bits set behind its prefix");
    }
  }
}

static void read_expiry(struct call *call, struct json_object *object, struct api_key *key) {
  const char *text = json_body_string_optional(object, "expires_at", 1, CLOCK_RFC3339_SIZE * 2, call->response);
  if (text != NULL &&
      (clock_parse_rfc3339(text, &key->expires_at_us) != ERROR_NONE || key->expires_at_us <= clock_now_us())) {
    response_field_error(call->response, "/expires_at", "must be a time to come, as RFC 3339 has it");
  }
}

bool key_fields_read(struct call *call, struct json_object *object, struct api_key *ret_key) {
  static const char *const names[] = {"name",           "scopes", "expires_at", "allowed_networks", "max_ttl_seconds",
                                      "require_viewer", NULL};
  struct api_key key = {.account_id = call->account->id};
  if (call->key != NULL) {
    key.created_by_key = call->key->id;
    key.expires_at_us = call->key->expires_at_us;
    memcpy(key.networks, call->key->networks, sizeof key.networks);
    key.network_count = call->key->network_count;
    key.max_ttl_seconds = call->key->max_ttl_seconds;
    key.require_viewer = call->key->require_viewer;
  }
  json_body_refuse_unknown(object, names, call->response);
  read_name(call, object, &key);
  read_scopes(call, object, &key);
  read_expiry(call, object, &key);
  read_networks(call, object, &key);
  json_body_integer_optional(object, "max_ttl_seconds", 1, GRANT_LIFE_MAX_SECONDS, &key.max_ttl_seconds,
                             call->response);
  json_body_boolean_optional(object, "require_viewer", &key.require_viewer, call->response);
  if (response_has_field_errors(call->response)) {
    response_problem_fields(call->response);
    return false;
  }
  *ret_key = key;
  return true;
}

static bool is_in_one_of(const struct network *networks, size_t count, const struct network *part) {
  for (size_t i = 0; i < count; i++) {
    if (network_holds(&networks[i], part)) {
      return true;
    }
  }
  return false;
}

/* No networks are all of them. */
static bool networks_are_within(const struct api_key *outer, const struct api_key *inner) {
  bool within = outer->network_count == 0 || inner->network_count > 0;
  for (size_t i = 0; i < inner->network_count && outer->network_count > 0; i++) {
    within = within && is_in_one_of(outer->networks, outer->network_count, &inner->networks[i]);
  }
  return within;
}

/* 0 is no limit. */
static bool is_within_limit(int64_t outer, int64_t inner) {
  return outer == 0 || (inner > 0 && inner <= outer);
}

const char *key_fields_beyond(uint32_t caller_scopes, const struct api_key *caller_or_null, const struct api_key *key) {
  if ((key->scopes & ~caller_scopes) != 0) {
    return "scopes";
  }
  if (caller_or_null == NULL) {
    return NULL;
  }
  return !is_within_limit(caller_or_null->expires_at_us, key->expires_at_us)       ? "expires_at"
         : !networks_are_within(caller_or_null, key)                               ? "allowed_networks"
         : !is_within_limit(caller_or_null->max_ttl_seconds, key->max_ttl_seconds) ? "max_ttl_seconds"
         : caller_or_null->require_viewer && !key->require_viewer                  ? "require_viewer"
                                                                                   : NULL;
}

static void append_strings_begin(struct text *body, const char *name) {
  reply_name(body, name);
  text_append(body, "[");
}

static void append_string(struct text *body, const char *string) {
  reply_separate(body);
  text_append(body, "\"");
  text_append(body, string); /* of an alphabet that needs no escapes */
  text_append(body, "\"");
}

static void append_time_or_null(struct text *body, const char *name, int64_t time_us) {
  if (time_us == 0) {
    reply_null(body, name);
  } else {
    reply_time(body, name, time_us);
  }
}

static void append_number_or_null(struct text *body, const char *name, int64_t number) {
  if (number == 0) {
    reply_null(body, name);
  } else {
    reply_integer(body, name, number);
  }
}

void key_fields_append(struct text *body, const struct api_key *key) {
  reply_integer(body, "id", key->id);
  reply_string(body, "name", key->name);
  append_strings_begin(body, "scopes");
  for (size_t i = 0; i < SCOPE_COUNT; i++) {
    if (scope_is_in((enum scope)i, key->scopes)) {
      append_string(body, scope_name((enum scope)i));
    }
  }
  text_append(body, "]");
  append_time_or_null(body, "expires_at", key->expires_at_us);
  append_strings_begin(body, "allowed_networks");
  for (size_t i = 0; i < key->network_count; i++) {
    char network[NETWORK_TEXT_SIZE];
    network_format(&key->networks[i], network);
    append_string(body, network);
  }
  text_append(body, "]");
  append_number_or_null(body, "max_ttl_seconds", key->max_ttl_seconds);
  reply_boolean(body, "require_viewer", key->require_viewer);
  reply_integer(body, "created_by", key->account_id);
  append_number_or_null(body, "created_by_key", key->created_by_key);
  reply_time(body, "created_at", key->created_at_us);
  append_time_or_null(body, "last_used_at", key->last_used_at_us);
  append_time_or_null(body, "previous_secret_until",
                      key->previous_expires_at_us > clock_now_us() ? key->previous_expires_at_us : 0);
}
