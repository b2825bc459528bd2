/* SPDX-License-Identifier: ISC */
/*
 * Grants by JSON: one, many at once, and one that is renewed. No grant is stored. Its URL says what it allows, and the
 * signature that nobody changed that: so a renewal asks for the URL, and keeps the medium, the viewer, the address and
 * the kind. None of these calls changes anything.
 */
#include "config.h"

#include "api/handlers.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "api/call.h"
#include "api/media/stream_grant.h"
#include "api/reply.h"
#include "base/clock.h"
#include "base/log.h"
#include "http/json_body.h"
#include "security/signed_url.h"
#include "store/accounts/grant_store.h"

#define MANY_MAX       200
#define STREAM_URL_MAX 4096

/* --- one --- */

static const char *const term_names[] = {"ttl_seconds", "viewer", "bind_ip", "download", NULL};

void grant_api_create(struct call *call) {
  int64_t id;
  struct json_object *object;
  if (!call_media_id(call, &id) || json_body_read(call->request, call->response, &object) != ERROR_NONE) {
    return;
  }
  struct stream_terms terms = stream_grant_usual_terms(call, id);
  json_body_refuse_unknown(object, term_names, call->response);
  stream_grant_read_members(call, object, call->response, &terms);
  if (response_has_field_errors(call->response)) {
    response_problem_fields(call->response);
    stream_grant_note_refusal(call, id, METRIC_REFUSAL_PARAMETERS, "wrong parameters");
  } else {
    stream_grant_reply(call, 201, &terms);
  }
  json_object_put(object);
}

/* --- many --- */

/* The medium of an item; 0: it names none. */
static int64_t item_media_id(struct json_object *items, size_t index) {
  struct json_object *item = json_object_array_get_idx(items, index), *id = NULL;
  return json_object_is_type(item, json_type_object) && json_object_object_get_ex(item, "media_id", &id) &&
                 json_object_is_type(id, json_type_int) && json_object_get_int64(id) > 0
             ? json_object_get_int64(id)
             : 0;
}

/* How many items there are; 0: the response has the 422. */
static size_t count_items(struct call *call, struct json_object *object, struct json_object **ret_items) {
  static const char *const names[] = {"items", NULL};
  json_body_refuse_unknown(object, names, call->response);
  bool there =
      json_object_object_get_ex(object, "items", ret_items) && json_object_is_type(*ret_items, json_type_array);
  size_t count = there ? json_object_array_length(*ret_items) : 0;
  bool good = count > 0 && count <= MANY_MAX;
  for (size_t i = 0; good && i < count; i++) {
    good = item_media_id(*ret_items, i) > 0;
  }
  if (!good) {
    response_field_error(call->response, "/items", "must be 1 to %d objects, each with the id of a medium as media_id",
                         MANY_MAX);
  }
  if (response_has_field_errors(call->response)) {
    response_problem_fields(call->response);
    return 0;
  }
  return count;
}

/* What is wrong with the members of one item is its own answer. */
static enum error read_item(struct call *call, struct json_object *item, struct stream_terms *terms,
                            struct stream_refusal *ret_refusal) {
  static const char *const names[] = {"media_id", "ttl_seconds", "viewer", "bind_ip", "download", NULL};
  struct response notes;
  enum error error = ERROR_NONE;
  response_init(&notes, NULL);
  json_body_refuse_unknown(item, names, &notes);
  stream_grant_read_members(call, item, &notes, terms);
  if (response_has_field_errors(&notes)) {
    ret_refusal->status = 422;
    (void)snprintf(ret_refusal->detail, sizeof ret_refusal->detail, "%.60s %.190s", notes.field_errors[0].pointer + 1,
                   notes.field_errors[0].detail);
    stream_grant_note_refusal(call, terms->media_id, METRIC_REFUSAL_PARAMETERS, "wrong parameters");
    error = ERROR_DENIED;
  }
  response_free(&notes);
  return error;
}

static void explain_failure(struct call *call, int64_t media_id, enum error error, struct stream_refusal *ret_refusal) {
  bool passes = error == ERROR_UNAVAILABLE || error == ERROR_TIMEOUT || error == ERROR_MEMORY;
  ret_refusal->status = passes ? 503 : 500;
  (void)snprintf(ret_refusal->detail, sizeof ret_refusal->detail, "%s",
                 passes ? "The server could not look just now; try again in a moment."
                        : "Something went wrong in the server; its log names the request_id.");
  log_event(LOG_LEVEL_ERROR, "request_failed", LOG_STR("doing", "issuing many stream URLs"),
            LOG_I64("media_id", media_id), LOG_ERROR_FIELD(error),
            LOG_STR("database", database_last_error(call->app->database)));
}

static void append_item(struct call *call, struct json_object *item, int64_t media_id) {
  struct text *body = &call->response->body;
  struct stream_terms terms = stream_grant_usual_terms(call, media_id);
  struct stream_refusal refusal = {.status = 200, .detail = ""};
  reply_separate(body);
  text_append(body, "{");
  reply_integer(body, "media_id", media_id);
  const size_t before = body->length;
  reply_name(body, "grant");
  text_append(body, "{");
  enum error error = read_item(call, item, &terms, &refusal);
  if (error == ERROR_NONE) {
    error = stream_grant_append(call, body, &terms, &refusal);
  }
  if (error == ERROR_NONE) {
    text_append(body, "}");
  } else {
    if (error != ERROR_DENIED) {
      explain_failure(call, media_id, error, &refusal);
    }
    text_cut(body, before);
    reply_null(body, "grant");
  }
  reply_integer(body, "status", refusal.status);
  reply_string(body, "detail", refusal.detail);
  text_append(body, "}");
}

void grant_api_create_many(struct call *call) {
  struct json_object *object, *items = NULL;
  if (json_body_read(call->request, call->response, &object) != ERROR_NONE) {
    return;
  }
  size_t count = count_items(call, object, &items);
  if (count > 0) {
    struct text *body = reply_begin(call->response, 200);
    reply_name(body, "items");
    text_append(body, "[");
    for (size_t i = 0; i < count; i++) {
      append_item(call, json_object_array_get_idx(items, i), item_media_id(items, i));
    }
    text_append(body, "]");
    reply_end(call->response);
  }
  json_object_put(object);
}

/* --- renewed --- */

struct renewal {
  const char *stream_url;
  char bound_address[ADDRESS_TEXT_SIZE];
  struct signed_url url; /* what stream_url allows */
  struct stream_terms terms;
};

/* False: the response has the 422. The strings live as long as the object. */
static bool read_renewal(struct call *call, struct json_object *object, struct renewal *ret_renewal) {
  static const char *const names[] = {"stream_url", "ttl_seconds", "bind_ip", NULL};
  struct response *response = call->response;
  *ret_renewal = (struct renewal){.terms = stream_grant_usual_terms(call, 0)};
  json_body_refuse_unknown(object, names, response);
  ret_renewal->stream_url = json_body_string(object, "stream_url", 1, STREAM_URL_MAX, response);
  const char *bind_ip = json_body_string_optional(object, "bind_ip", 1, ADDRESS_TEXT_SIZE - 1, response);
  json_body_integer_optional(object, "ttl_seconds", 1, stream_grant_longest_ttl(call), &ret_renewal->terms.ttl_seconds,
                             response);
  if (bind_ip != NULL && address_canonical(bind_ip, ret_renewal->bound_address) != ERROR_NONE) {
    response_field_error(response, "/bind_ip", "must be an IPv4 or IPv6 address");
  }
  if (response_has_field_errors(response)) {
    response_problem_fields(response);
    return false;
  }
  return true;
}

/* The path of a URL, without its query, or of what is a path already. ERROR_INVALID: too long. */
static enum error path_of(const char *url, char ret_path[STREAM_URL_MAX]) {
  const char *path = url;
  const char *scheme = strstr(url, "://");
  if (scheme != NULL) {
    path = strchr(scheme + strlen("://"), '/');
  }
  size_t length = path == NULL ? STREAM_URL_MAX : strcspn(path, "?");
  if (length >= STREAM_URL_MAX) {
    return ERROR_INVALID;
  }
  memcpy(ret_path, path, length);
  ret_path[length] = '\0';
  return ERROR_NONE;
}

/* What the URL allows, whether it has expired or not. False: the response has the answer. */
static bool verify_url(struct call *call, const struct renewal *renewal, struct signed_url *ret_url) {
  char path[STREAM_URL_MAX];
  const char *file;
  enum error error = path_of(renewal->stream_url, path);
  if (call->app->stream_keys == NULL) {
    error = ERROR_INTERNAL;
  }
  if (error == ERROR_NONE) {
    error = signed_url_verify_path(call->app->stream_keys, path, renewal->bound_address, 0, ret_url, &file);
  }
  if (error == ERROR_NONE && strcmp(ret_url->grant_id, call->match->parameters[0]) != 0) {
    response_field_error(call->response, "/stream_url", "must be a URL of this grant");
  } else if (error == ERROR_NONE && *renewal->bound_address != '\0' && *ret_url->bound_address == '\0') {
    response_field_error(call->response, "/bind_ip", "must be left out: the URL is bound to no address");
  } else if (error == ERROR_INVALID || error == ERROR_DENIED) {
    response_field_error(call->response, "/stream_url",
                         "is none that was signed here, or its key was retired, or bind_ip is not the address to which "
                         "it is bound");
  } else if (error != ERROR_NONE) {
    call_fail(call, error, "verifying a stream URL");
    return false;
  }
  if (response_has_field_errors(call->response)) {
    response_problem_fields(call->response);
    return false;
  }
  return true;
}

/* May the caller renew it, and is it not over? False: the response has the answer. */
static bool may_renew(struct call *call, const struct signed_url *url, int64_t *ret_seconds_left) {
  int64_t issued_ms = 0;
  uint32_t tag = 0;
  bool revoked = false;
  enum error error = grant_id_parse(url->grant_id, &issued_ms, &tag);
  if (error == ERROR_NONE) {
    error = grant_store_is_revoked(call->app->database, url->grant_id, &revoked);
  }
  if (error != ERROR_NONE) {
    call_fail(call, error, "looking whether a grant was revoked");
    return false;
  }
  *ret_seconds_left = issued_ms / 1000 + GRANT_LIFE_MAX_SECONDS - clock_now_seconds();
  const char *viewer_wanted = call->key != NULL && call->key->require_viewer ? url->viewer : "";
  if (revoked) {
    response_problem_of_type(call->response, 409, "grant-revoked", "The grant was revoked. Ask for a new one.");
  } else if (tag != call->account->issuer_tag) {
    response_problem_of_type(call->response, 403, "grant-of-another",
                             "Another account or key issued this grant; only that one renews it.");
  } else if (*ret_seconds_left < 1) {
    response_problem_of_type(call->response, 409, "grant-over",
                             "The grant is 7 days old, which is the longest that one lives. Ask for a new one.");
  } else if (strcmp(viewer_wanted, "-") == 0) {
    response_field_error(call->response, "/stream_url", "names no viewer, which this key requires");
    response_problem_fields(call->response);
  } else {
    return true;
  }
  stream_grant_note_refusal(call, url->media_id, METRIC_REFUSAL_PARAMETERS, "it may not be renewed");
  return false;
}

static void renew(struct call *call, struct renewal *renewal) {
  const struct signed_url *url = &renewal->url;
  int64_t seconds_left = 0;
  if (!verify_url(call, renewal, &renewal->url) || !may_renew(call, url, &seconds_left)) {
    return;
  }
  struct stream_terms *terms = &renewal->terms;
  terms->media_id = url->media_id;
  terms->viewer = url->viewer;
  terms->download = url->download;
  memcpy(terms->bound_address, url->bound_address, sizeof terms->bound_address);
  memcpy(terms->grant_id, url->grant_id, sizeof terms->grant_id);
  terms->ttl_seconds = terms->ttl_seconds < seconds_left ? terms->ttl_seconds : seconds_left;
  stream_grant_reply(call, 200, terms);
}

void grant_api_renew(struct call *call) {
  int64_t issued_ms;
  uint32_t tag;
  struct json_object *object;
  struct renewal renewal;
  if (grant_id_parse(call->match->parameters[0], &issued_ms, &tag) != ERROR_NONE) {
    response_problem(call->response, 404, "No grant has this id.");
    return;
  }
  if (json_body_read(call->request, call->response, &object) != ERROR_NONE) {
    return;
  }
  if (read_renewal(call, object, &renewal)) {
    renew(call, &renewal);
  }
  json_object_put(object);
}
