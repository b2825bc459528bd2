/* SPDX-License-Identifier: ISC */
/* Views of a medium, reported and listed. Questions about many views are analytics_api's. */
#include "config.h"

#include "api/handlers.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "api/views/analytics_query.h"
#include "api/views/view_source.h"
#include "api/call.h"
#include "api/reply.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "base/text_parse.h"
#include "domain/address.h"
#include "domain/grant.h"
#include "http/json_body.h"
#include "store/views/view_store.h"

#define ADDRESS_MAX    64
#define USER_AGENT_MAX 512

struct reported {
  char address[ADDRESS_TEXT_SIZE];
  const char *viewer; /* NULL: none; lives as long as the object, as the user agent */
  const char *user_agent;
};

/* Reads the body, which may be absent: then the caller's own address is the viewer's. False: the
 * response has the answer. The caller puts *ret_object. */
static bool read_reported(struct call *call, struct json_object **ret_object, struct reported *ret_reported) {
  static const char *const names[] = {"viewer", "viewed_by_ip", "user_agent", NULL};
  struct response *response = call->response;
  const char *address = call->request->remote_address;
  if (call->request->has_body) {
    if (json_body_read(call->request, response, ret_object) != ERROR_NONE) {
      return false;
    }
    json_body_refuse_unknown(*ret_object, names, response);
    ret_reported->viewer = json_body_string_optional(*ret_object, "viewer", 1, VIEWER_SIZE - 1, response);
    ret_reported->user_agent = json_body_string_optional(*ret_object, "user_agent", 1, USER_AGENT_MAX, response);
    const char *given = json_body_string_optional(*ret_object, "viewed_by_ip", 1, ADDRESS_MAX, response);
    address = given != NULL ? given : address;
  }
  if (ret_reported->viewer != NULL && !grant_viewer_is_valid(ret_reported->viewer)) {
    response_field_error(response, "/viewer", "must be 1 to 64 of A-Z a-z 0-9 _ -, and not - alone");
  }
  if (address_canonical(address, ret_reported->address) != ERROR_NONE) {
    response_field_error(response, "/viewed_by_ip", "must be an IPv4 or IPv6 address");
  }
  if (response_has_field_errors(response)) {
    response_problem_fields(response);
    return false;
  }
  return true;
}

static void append_reported_members(struct text *body, const struct view *view) {
  reply_integer(body, "id", view->id);
  reply_integer(body, "media_id", view->media_id);
  reply_string(body, "viewed_by_ip", view->viewed_by_ip);
  reply_time(body, "timestamp", view->timestamp_us);
}

/* The view is of now, and so is its salt. */
static enum error judge_report(struct app *app, const struct reported *reported, struct audience_mark *ret_mark) {
  const unsigned char *salt = NULL;
  struct text problems = {0};
  enum error error = ERROR_NONE;
  audience_refresh(app->audience, &problems);
  if (problems.length > 0) {
    log_event(LOG_LEVEL_WARNING, "audience_incomplete", LOG_STR("problem", problems.data));
  }
  text_free(&problems);
  if (audience_needs_salt(app->audience)) {
    int64_t now_us = clock_now_us();
    address_salts_forget(&app->address_salts, now_us); /* as ingest does: who destroys salts cannot reach in here */
    error = address_salts_get(&app->address_salts, app->database, now_us, &salt);
  }
  const struct audience_viewer viewer = {
      .address = reported->address, .user_agent = reported->user_agent, .viewer = reported->viewer};
  return error == ERROR_NONE ? audience_judge(app->audience, &viewer, salt, ret_mark) : error;
}

static void report_view(struct call *call, int64_t media_id, const struct reported *reported) {
  struct view view = {.id = 0};
  struct audience_mark mark;
  const int64_t limit = call->app->settings->view_report_limit;
  int64_t retry_after = 60;
  call_tell_limits(call, &(struct call_limit){"view", limit, 60}, 1);
  enum error error = judge_report(call->app, reported, &mark);
  if (error == ERROR_NONE) {
    const struct view_report row = {.media_id = media_id,
                                    .address = mark.address.shown,
                                    .address_key = mark.address.key,
                                    .address_hash = mark.address.hash,
                                    .viewer = reported->viewer,
                                    .user_agent = reported->user_agent,
                                    .country = mark.country,
                                    .robot = mark.robot,
                                    .internal = mark.internal};
    error = view_store_report(call->app->database, &row, limit, &view, &retry_after);
  }
  if (error == ERROR_LIMITED) {
    call_too_many(call, METRIC_LIMIT_VIEW, retry_after, "Too many views of this medium from this address.");
  } else if (error != ERROR_NONE) {
    call_fail_media(call, error, media_id, "storing a view");
  } else {
    append_reported_members(reply_begin(call->response, 201), &view);
    reply_end(call->response);
  }
  view_free(&view);
}

void view_api_report(struct call *call) {
  int64_t id;
  if (!call_media_id(call, &id)) {
    return;
  }
  struct json_object *object = NULL;
  struct reported reported = {.viewer = NULL};
  if (read_reported(call, &object, &reported)) {
    report_view(call, id, &reported);
  }
  json_object_put(object);
}

static void append_view_count(struct text *body, const char *name, int64_t value) {
  if (value < 0) {
    reply_null(body, name);
  } else {
    reply_integer(body, name, value);
  }
}

static void append_listed_view(struct text *body, const struct view *view) {
  reply_separate(body);
  text_append(body, "{");
  append_reported_members(body, view);
  reply_string(body, "viewer", view->viewer);
  reply_string(body, "grant_id", view->grant_id);
  reply_string(body, "user_agent", view->user_agent);
  reply_string(body, "country", view->country);
  reply_string(body, "referrer", view->referrer);
  append_view_count(body, "bytes_sent", view->bytes_sent);
  append_view_count(body, "seconds", view->seconds);
  append_view_count(body, "watched_seconds", view->watched_seconds);
  reply_delivered(body, view->delivered_points);
  reply_string(body, "source", view->source);
  reply_boolean(body, "bot", view->robot);
  reply_boolean(body, "internal", view->internal);
  reply_boolean(body, "played", view->played);
  reply_renditions(body, view->renditions);
  text_append(body, "}");
}

static void reply_views(struct call *call, const struct view *items, size_t count, const struct view_place *next) {
  struct text *body = reply_begin(call->response, 200);
  reply_name(body, "items");
  text_append(body, "[");
  for (size_t i = 0; i < count; i++) {
    append_listed_view(body, &items[i]);
  }
  text_append(body, "]");
  call_append_next_cursor(call, next->us != 0, next->us, next->id);
  reply_end(call->response);
}

struct listed {
  struct view_listing wanted;
  int limit;
  struct view *items;
  size_t count;
  struct view_place end;
};

static enum error read_list(struct database *database, void *context) {
  struct listed *listed = context;
  return view_store_list(database, &listed->wanted, listed->limit, &listed->items, &listed->count, &listed->end);
}

void view_api_list(struct call *call) {
  int64_t id;
  struct call_page page;
  if (!call_media_id(call, &id)) {
    return;
  }
  struct view_listing wanted = {.media_id = id, .kinds = analytics_query_kinds(call)};
  analytics_query_filter(call, &wanted.filter); /* what is wrong with it is told together with the page's */
  if (!call_page(call, &page)) {
    return;
  }
  size_t limit = (size_t)page.limit;
  wanted.before_us = page.cursor.time_us;
  wanted.before_id = page.cursor.id;
  struct view_source source = {.call = call};
  struct listed listed = {.wanted = wanted, .limit = page.limit + 1};
  enum error error = view_source_ask(&source, read_list, &listed);
  if (error != ERROR_NONE) {
    call_fail_media(call, error, id, "listing views");
    return;
  }
  struct view_place next = listed.end;
  if (listed.count > limit) {
    next = (struct view_place){.us = listed.items[limit - 1].timestamp_us, .id = listed.items[limit - 1].id};
  }
  reply_views(call, listed.items, listed.count > limit ? limit : listed.count, &next);
  for (size_t i = 0; i < listed.count; i++) {
    view_free(&listed.items[i]);
  }
  free(listed.items);
}
