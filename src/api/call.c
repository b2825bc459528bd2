/* SPDX-License-Identifier: ISC */
/* What many handlers do with a call; see the header. */
#include "config.h"

#include "api/call.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/reply.h"
#include "audience/address_mask.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/text_parse.h"
#include "files/media_objects.h"
#include "metrics/metric.h"

#define PAGE_LIMIT_DEFAULT 50
#define PAGE_LIMIT_MAX     200

bool call_path_id(struct call *call, const char *what, int64_t *ret_id) {
  const char *text = call->match->parameters[0];
  uint64_t id;
  if (text_parse_u64(text, strlen(text), INT64_MAX, &id) != ERROR_NONE || id == 0) {
    response_problem(call->response, 404, "There is no such %s; ids are whole numbers from 1 up.", what);
    return false;
  }
  *ret_id = (int64_t)id;
  return true;
}

bool call_media_id(struct call *call, int64_t *ret_id) {
  if (!call_path_id(call, "medium", ret_id)) {
    return false;
  }
  call->request->media_id = *ret_id;
  return true;
}

/* False: there is no address that may be kept. */
static bool mask_client(struct call *call, struct masked_address *ret_masked) {
  struct app *app = call->app;
  const enum address_mode mode = (enum address_mode)app->settings->view_ip;
  const unsigned char *salt = NULL;
  if (mode != ADDRESS_FULL) {
    int64_t now_us = clock_now_us();
    address_salts_forget(&app->address_salts, now_us);
    if (address_salts_get(&app->address_salts, app->database, now_us, &salt) != ERROR_NONE) {
      return false; /* the database is away, so the change fails too */
    }
  }
  return address_mask(call->request->remote_address, mode, salt, ret_masked) == ERROR_NONE;
}

void call_act_as(struct call *call, const char *actor) {
  const bool reads = (call->request->method == HTTP_GET || call->request->method == HTTP_HEAD) &&
                     !call->app->settings->event_grants; /* GET stream-url has an event then */
  struct masked_address masked;
  const bool has_address = !reads && mask_client(call, &masked);
  database_set_origin(call->app->database, actor, has_address ? masked.shown : NULL);
}

void call_act_as_id(struct call *call, const char *kind, int64_t id) {
  char actor[64];
  snprintf(actor, sizeof actor, "%s:%" PRId64, kind, id);
  call_act_as(call, actor);
}

bool call_has_base(struct call *call) {
  if (*call->app->settings->public_url != '\0' || *call->request->host != '\0') {
    return true;
  }
  response_problem(call->response, 400, "Send a Host header; public_url is not set, so the URL would have none.");
  return false;
}

void call_append_base(const struct call *call, struct text *text) {
  const char *public_url = call->app->settings->public_url;
  if (*public_url != '\0') {
    size_t length = strlen(public_url);
    text_append_bytes(text, public_url, public_url[length - 1] == '/' ? length - 1 : length);
  } else {
    text_append(text, call->request->scheme);
    text_append(text, "://");
    text_append(text, call->request->host);
  }
}

void call_fail(struct call *call, enum error error, const char *doing) {
  enum log_level level = error == ERROR_ABORTED ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR;
  if (error == ERROR_STORE_AWAY) {
    log_event(level, "store_away", LOG_STR("doing", doing),
              LOG_STR("reason", object_store_last_error(media_folder_store(call->app->media_folder))));
  } else {
    log_event(level, "request_failed", LOG_STR("doing", doing), LOG_ERROR_FIELD(error),
              LOG_STR("database", database_last_error(call->app->database)));
  }
  response_error(call->response, error);
}

void call_fail_media(struct call *call, enum error error, int64_t media_id, const char *doing) {
  if (error == ERROR_NOT_FOUND) {
    response_problem(call->response, 404, "There is no medium %" PRId64 ".", media_id);
  } else if (error == ERROR_EXPIRED) {
    response_problem(call->response, 412,
                     "The medium was changed meanwhile, and the request's condition does not hold.");
  } else if (error == ERROR_CONFLICT) {
    response_problem_of_type(call->response, 409, "external-id-taken",
                             "Another medium has this external_id; GET /media/media?external_id=... finds it.");
  } else {
    call_fail(call, error, doing);
  }
}

void call_tell_limits(struct call *call, const struct call_limit *limits, size_t count) {
  char policy[256];
  size_t length = 0;
  for (size_t i = 0; i < count; i++) {
    int written = snprintf(policy + length, sizeof policy - length, "%s\"%s\";q=%" PRId64 ";w=%" PRId64,
                           i == 0 ? "" : ", ", limits[i].name, limits[i].quota, limits[i].window_seconds);
    assert(written > 0 && (size_t)written < sizeof policy - length);
    length += (size_t)written;
  }
  call->limit_name = limits[0].name;
  response_header(call->response, "RateLimit-Policy", policy);
}

void call_too_many(struct call *call, enum metric_limit limit, int64_t retry_after_seconds, const char *what) {
  metric_add(METRIC_RATE_LIMITED, limit, 0, 1);
  char seconds[24];
  snprintf(seconds, sizeof seconds, "%" PRId64, retry_after_seconds > 0 ? retry_after_seconds : 1);
  response_header(call->response, "Retry-After", seconds);
  if (call->limit_name != NULL) {
    char left[96];
    snprintf(left, sizeof left, "\"%s\";r=0;t=%s", call->limit_name, seconds);
    response_header(call->response, "RateLimit", left);
  }
  response_problem(call->response, 429, "%s Try again in %s s.", what, seconds);
}

/* The NUL included, so that two texts are not one longer one. */
static uint64_t hash_part(uint64_t hash, const char *text) {
  return hash_bytes(hash, text, strlen(text) + 1);
}

/* The path, and whatever the query chooses from it, in any order. */
uint64_t call_list(const struct call *call) {
  const struct router_match *match = call->match;
  uint64_t list = hash_part(HASH_BEGIN, call->request->route);
  for (size_t i = 0; i < match->parameter_count; i++) {
    list = hash_part(list, match->parameters[i]);
  }
  for (size_t i = 0; i < call->query->count; i++) {
    const struct query_pair *pair = &call->query->pairs[i];
    if (strcmp(pair->name, "limit") != 0 && strcmp(pair->name, "cursor") != 0) {
      list += hash_part(hash_part(HASH_BEGIN, pair->name), pair->value);
    }
  }
  return list;
}

/* As RFC 3986 has it: all but what is unreserved is escaped. */
static void append_escaped(struct text *to, const char *text) {
  static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  while (*text != '\0') {
    size_t length = strspn(text, plain);
    text_append_bytes(to, text, length);
    text += length;
    if (*text != '\0') {
      text_appendf(to, "%%%02X", (unsigned char)*text++);
    }
  }
}

void call_add_next_link(struct call *call, const char *parameter, const char *cursor) {
  struct text link = {.data = NULL};
  text_appendf(&link, "<%s?", call->request->path); /* of a route: its parameters were read, and are plain */
  for (size_t i = 0; i < call->query->count; i++) {
    const struct query_pair *pair = &call->query->pairs[i];
    if (strcmp(pair->name, parameter) != 0) {
      append_escaped(&link, pair->name);
      text_append(&link, "=");
      append_escaped(&link, pair->value);
      text_append(&link, "&");
    }
  }
  text_appendf(&link, "%s=", parameter);
  append_escaped(&link, cursor);
  text_append(&link, ">; rel=\"next\"");
  if (link.failed) {
    call->response->headers.failed = true;
  } else {
    response_header(call->response, "Link", link.data);
  }
  text_free(&link);
}

void call_append_next_cursor(struct call *call, bool more, int64_t time_us, int64_t id) {
  char text[CURSOR_SIZE] = "";
  if (more) {
    cursor_format(&(struct cursor){.time_us = time_us, .id = id}, call_list(call), text);
    call_add_next_link(call, "cursor", text);
  }
  reply_string(&call->response->body, "next_cursor", text);
}

bool call_page(struct call *call, struct call_page *ret_page) {
  struct call_page page = {.limit = PAGE_LIMIT_DEFAULT};
  const char *limit = query_get(call->query, "limit");
  uint64_t wanted;
  if (limit != NULL) {
    if (text_parse_u64(limit, strlen(limit), PAGE_LIMIT_MAX, &wanted) == ERROR_NONE && wanted > 0) {
      page.limit = (int)wanted;
    } else {
      response_field_error(call->response, "?limit", "must be a whole number from 1 to %d", PAGE_LIMIT_MAX);
    }
  }
  const char *cursor = query_get(call->query, "cursor");
  if (cursor != NULL && cursor_parse(cursor, call_list(call), &page.cursor) != ERROR_NONE) {
    response_field_error(call->response, "?cursor", "must be a next_cursor of this very list, with the same filter");
  }
  if (response_has_field_errors(call->response)) {
    response_problem_fields(call->response);
    return false;
  }
  *ret_page = page;
  return true;
}
