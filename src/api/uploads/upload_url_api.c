/* SPDX-License-Identifier: ISC */
/*
 * Upload URLs: made for somebody who has no account here, and listed and cancelled by who made them. What their bytes
 * do stands in tus_create_api.c and tus_api.c.
 */
#include "config.h"

#include "api/handlers.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/guard_upload.h"
#include "api/media/media_fields.h"
#include "api/reply.h"
#include "api/uploads/tus_upload.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text_parse.h"
#include "domain/origin.h"
#include "files/upload_file.h"
#include "http/json_body.h"
#include "security/secret_token.h"
#include "store/media/upload_url_store.h"

#define EXPIRES_IN_MIN     60
#define EXPIRES_IN_DEFAULT 3600
#define EXPIRES_IN_MAX     (INT64_C(7) * 24 * 3600)
#define DURATION_MAX       INT64_C(86400000)

static const char *const names[] = {"title",      "type",        "media_id", "max_bytes", "max_duration_seconds",
                                    "expires_in", "cors_origin", "package",  NULL};

/* --- POST /upload-urls --- */

/* ERROR_MEMORY; what else is wrong is noted. */
static enum error read_title(struct json_object *object, struct response *response, struct upload_url *url) {
  char title[MEDIA_FIELDS_TITLE_SIZE];
  const char *text = json_body_string_optional(object, "title", 1, MEDIUM_TITLE_MAX, response);
  enum error error = text == NULL ? ERROR_NONE : media_fields_title(text, title);
  if (error == ERROR_TOO_LARGE) {
    response_field_error(response, "/title", "must have 1 to %d characters", MEDIUM_TITLE_MAX);
    return ERROR_NONE;
  }
  if (text != NULL && error == ERROR_NONE) {
    text_trim(title);
    if (title[0] == '\0') {
      response_field_error(response, "/title", "must hold more than blanks");
    }
    snprintf(url->title, sizeof url->title, "%s", title);
  }
  return error;
}

static void read_type(struct json_object *object, struct response *response, struct upload_url *url) {
  const char *type = json_body_string_optional(object, "type", 1, MEDIUM_TITLE_MAX, response);
  url->type = MEDIA_UNKNOWN;
  if (type != NULL && !media_fields_parse_type(type, &url->type)) {
    response_field_error(response, "/type", "must be \"video\" or \"audio\", or left out: the file decides");
  }
}

/* In the spelling in which browsers send it. */
static void read_origin(struct json_object *object, struct response *response, struct upload_url *url) {
  const char *text = json_body_string_optional(object, "cors_origin", 1, UPLOAD_ORIGIN_SIZE - 1, response);
  struct origin origin;
  const char *reason = NULL;
  if (text == NULL) {
    return;
  }
  if (origin_parse(text, strlen(text), &origin, &reason) != ERROR_NONE) {
    response_field_error(response, "/cors_origin", "must be an origin, such as https://app.example.org: %s", reason);
    return;
  }
  size_t size = sizeof url->cors_origin;
  int length = origin.port_is_default
                   ? snprintf(url->cors_origin, size, "%s://%s", origin.scheme, origin.host)
                   : snprintf(url->cors_origin, size, "%s://%s:%u", origin.scheme, origin.host, origin.port);
  if (length < 0 || (size_t)length >= size) {
    response_field_error(response, "/cors_origin", "is too long");
  }
}

static void read_purpose(struct json_object *object, struct response *response, struct upload_url *url) {
  json_body_integer_optional(object, "media_id", 1, INT64_MAX, &url->media_id, response);
  const bool titled = json_body_has(object, "title") || json_body_has(object, "type");
  if (url->media_id != 0 && titled) {
    response_field_error(response, "/media_id", "goes without title and type: the medium has both");
  } else if (!json_body_has(object, "media_id") && !json_body_has(object, "title")) {
    response_field_error(response, "/title", "is required; or give media_id, to replace a medium's file");
  }
}

/* False: the response has the answer. */
static bool read_wanted(struct call *call, struct json_object *object, int64_t *ret_expires_in,
                        struct upload_url *url) {
  struct response *response = call->response;
  json_body_refuse_unknown(object, names, response);
  enum error error = read_title(object, response, url);
  read_type(object, response, url);
  read_purpose(object, response, url);
  read_origin(object, response, url);
  json_body_integer_optional(object, "max_bytes", 1, call->app->settings->upload_max, &url->max_bytes, response);
  json_body_integer_optional(object, "max_duration_seconds", 1, DURATION_MAX, &url->max_duration_seconds, response);
  json_body_integer_optional(object, "expires_in", EXPIRES_IN_MIN, EXPIRES_IN_MAX, ret_expires_in, response);
  json_body_boolean_optional(object, "package", &url->package, response);
  if (error != ERROR_NONE) {
    response_error(response, error);
    return false;
  }
  if (response_has_field_errors(response)) {
    response_problem_fields(response);
    return false;
  }
  if (url->package && !guard_permit(call, SCOPE_PACKAGES_WRITE)) {
    return false;
  }
  if (url->package && call->app->settings->package == PACKAGE_NEVER) {
    response_problem(response, 409, "Packages are not made here: the setting `package` is never.");
    return false;
  }
  return true;
}

static void append_known(struct text *body, const char *name, int64_t value) {
  if (value > 0) {
    reply_integer(body, name, value);
  } else {
    reply_null(body, name);
  }
}

static void append_url_members(struct text *body, const struct upload_url *url) {
  reply_string(body, "id", url->id);
  reply_string(body, "title", url->title);
  reply_string(body, "type", media_type_name(url->type));
  append_known(body, "media_id", url->media_id);
  append_known(body, "max_bytes", url->max_bytes);
  append_known(body, "max_duration_seconds", url->max_duration_seconds);
  reply_string(body, "cors_origin", url->cors_origin);
  reply_boolean(body, "package", url->package);
  reply_time(body, "created_at", url->created_at_us);
  reply_time(body, "expires_at", url->expires_at_us);
}

/* The one answer that has the URL. */
static void reply_url(struct call *call, const struct upload_url *url, const char *address, int64_t expires_in) {
  struct text *body = reply_begin(call->response, 201);
  append_url_members(body, url);
  reply_integer(body, "expires_in", expires_in);
  reply_string(body, "upload_url", address);
  reply_end(call->response);
}

static void create_url(struct call *call, struct upload_url *url, int64_t expires_in, struct text *address) {
  char token[SECRET_TOKEN_SIZE];
  upload_file_make_name(url->id);
  enum error error = secret_token_new(token, url->capability_hash);
  text_append(address, "/uploads/" GUARD_UPLOAD_BEGINNING);
  text_append(address, token);
  explicit_bzero(token, sizeof token);
  if (error == ERROR_NONE) {
    error = address->failed ? ERROR_MEMORY : upload_url_store_create(call->app->database, expires_in, url);
  }
  if (error == ERROR_NONE) {
    log_event(LOG_LEVEL_INFO, "upload_url_created", LOG_I64("account_id", call->account->id),
              LOG_STR("upload", url->id));
    reply_url(call, url, address->data, expires_in);
  } else if (error == ERROR_NOT_FOUND) {
    response_field_error(call->response, "/media_id", "there is no such medium");
    response_problem_fields(call->response);
  } else {
    call_fail(call, error, "making an upload URL");
  }
}

void upload_url_api_create(struct call *call) {
  struct json_object *object;
  struct upload_url url = {.account_id = call->account->id, .key_id = call->key == NULL ? 0 : call->key->id};
  struct text address = {.data = NULL};
  int64_t expires_in = EXPIRES_IN_DEFAULT;
  if (json_body_read(call->request, call->response, &object) != ERROR_NONE) {
    return;
  }
  if (read_wanted(call, object, &expires_in, &url) && call_has_base(call)) {
    call_append_base(call, &address);
    create_url(call, &url, expires_in, &address);
  }
  if (address.data != NULL) {
    explicit_bzero(address.data, address.length);
  }
  text_free(&address);
  json_object_put(object);
}

/* --- GET /uploads --- */

static void append_item(struct text *body, const struct upload_item *item) {
  reply_separate(body);
  text_append(body, "{");
  append_url_members(body, &item->url);
  reply_boolean(body, "delegated", item->delegated);
  reply_string(body, "state", item->state);
  reply_integer(body, "received_bytes", item->offset);
  if (item->length == UPLOAD_LENGTH_UNKNOWN) {
    reply_null(body, "length_bytes");
  } else {
    reply_integer(body, "length_bytes", item->length);
  }
  reply_string(body, "refusal", item->refusal);
  text_append(body, "}");
}

static void reply_items(struct call *call, const struct upload_item *items, size_t count, bool more) {
  struct text *body = reply_begin(call->response, 200);
  reply_name(body, "items");
  text_append(body, "[");
  for (size_t i = 0; i < count; i++) {
    append_item(body, &items[i]);
  }
  text_append(body, "]");
  const struct upload_item *last = more ? &items[count - 1] : NULL;
  call_append_next_cursor(call, more, more ? last->url.created_at_us : 0, more ? last->number : 0);
  reply_end(call->response);
}

void upload_url_api_list(struct call *call) {
  static const char *const states[] = {"waiting", "receiving", "stored", "refused", "expired"};
  struct upload_filter filter = {.account_id = call->account->id, .state = query_get(call->query, "state")};
  struct upload_item *items = NULL;
  struct call_page page;
  size_t count = 0, known = 0;
  while (filter.state != NULL && known < sizeof states / sizeof *states && strcmp(states[known], filter.state) != 0) {
    known++;
  }
  if (known == sizeof states / sizeof *states) {
    response_field_error(call->response, "?state", "must be waiting, receiving, stored, refused or expired");
  }
  if (!call_page(call, &page)) {
    return;
  }
  filter.before_created_at_us = page.cursor.time_us;
  filter.before_number = page.cursor.id;
  filter.limit = page.limit + 1;
  enum error error = upload_url_store_list(call->app->database, &filter, &items, &count);
  if (error != ERROR_NONE) {
    call_fail(call, error, "listing uploads");
    return;
  }
  size_t limit = (size_t)page.limit;
  reply_items(call, items, count > limit ? limit : count, count > limit);
  free(items);
}

/* --- DELETE /upload-urls/{upload_id} --- */

void upload_url_api_cancel(struct call *call) {
  const char *id = call->match->parameters[0];
  if (tus_upload_terminate(call, id)) {
    log_event(LOG_LEVEL_INFO, "upload_terminated", LOG_I64("account_id", call->account->id), LOG_STR("upload", id));
    response_empty(call->response, 204);
  }
}
