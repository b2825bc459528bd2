/* SPDX-License-Identifier: ISC */
/* How often media were viewed, by how many, and when: reads the question, asks the store, writes the answer. */
#include "config.h"

#include "api/handlers.h"

#include "api/views/analytics_json.h"
#include "api/views/analytics_query.h"
#include "api/call.h"
#include "api/reply.h"
#include "audience/address_mask.h"
#include "domain/address.h"
#include "store/media/media_store.h"
#include "store/views/watching_store.h"
#include "store/analytics/view_ranking.h"
#include "store/media/media_list.h"

#define TOP_NORMAL  10
#define TOP_MAX     100
#define LIVE_NORMAL 50
#define LIVE_MAX    200

/* What counts as one, by what is kept of addresses. */
static const char *unique_of(const struct call *call) {
  return address_mode_uniques((enum address_mode)call->app->settings->view_ip);
}

static void fail_analytics(struct call *call, enum error error, int64_t media_id) {
  if (error == ERROR_INVALID) {
    analytics_query_bad_zone(call);
    response_problem_fields(call->response);
  } else if (error == ERROR_TOO_LARGE) {
    response_field_error(
        call->response, "?interval",
        "makes more than 10000 steps, or the time has more than 10000 days; take a longer one, or a shorter time");
    response_problem_fields(call->response);
  } else if (error == ERROR_UNSUPPORTED) {
    analytics_query_filter_too_wide(call);
  } else {
    call_fail_media(call, error, media_id, "adding up views");
  }
}

void analytics_api_media(struct call *call) {
  int64_t id;
  struct analytics_query query;
  if (!call_media_id(call, &id)) {
    return;
  }
  analytics_query_read(call, &query);
  if (!analytics_query_settle(call, &query)) {
    return;
  }
  struct view_question question = query.question;
  question.media_id = id;
  struct view_totals totals = {.unique_sample = 1};
  enum error error = view_analytics(call->app->database, &question, &totals);
  if (error != ERROR_NONE) {
    fail_analytics(call, error, id);
  } else {
    struct text *body = reply_begin(call->response, 200);
    reply_integer(body, "media_id", id);
    analytics_json_totals(body, &question, &totals, unique_of(call));
    analytics_json_tops(body, &totals);
    reply_end(call->response);
  }
  view_totals_free(&totals);
}

void analytics_api_overview(struct call *call) {
  struct analytics_query query;
  analytics_query_read(call, &query);
  if (!analytics_query_settle(call, &query)) {
    return;
  }
  const struct view_question question = query.question;
  struct view_totals totals = {.unique_sample = 1};
  struct media_counts counts = {.media = 0};
  enum error error = view_analytics(call->app->database, &question, &totals);
  if (error == ERROR_NONE) {
    error = media_list_count(call->app->database, &counts);
  }
  if (error != ERROR_NONE) {
    fail_analytics(call, error, 0);
  } else {
    struct text *body = reply_begin(call->response, 200);
    reply_integer(body, "media", counts.media);
    reply_integer(body, "videos", counts.videos);
    reply_integer(body, "audios", counts.audios);
    reply_integer(body, "media_bytes", counts.size_bytes);
    analytics_json_totals(body, &question, &totals, unique_of(call));
    reply_end(call->response);
  }
  view_totals_free(&totals);
}

static void append_ranking(struct text *body, const struct view_ranking *ranking) {
  reply_name(body, "items");
  text_append(body, "[");
  for (size_t i = 0; i < ranking->count; i++) {
    const struct view_rank *rank = &ranking->items[i];
    reply_separate(body);
    text_append(body, "{");
    reply_integer(body, "media_id", rank->media_id);
    reply_string(body, "title", rank->title);
    reply_boolean(body, "deleted", rank->deleted);
    reply_integer(body, "views", rank->views);
    reply_integer(body, "plays", rank->plays);
    reply_integer(body, "bytes_sent", rank->bytes_sent);
    reply_integer(body, "seconds", rank->seconds);
    reply_integer(body, "watched_seconds", rank->watched_seconds);
    text_append(body, "}");
  }
  text_append(body, "]");
}

void analytics_api_top(struct call *call) {
  static const char *const by_names[] = {[VIEW_BY_VIEWS] = "views",
                                         [VIEW_BY_PLAYS] = "plays",
                                         [VIEW_BY_BYTES] = "bytes",
                                         [VIEW_BY_SECONDS] = "seconds",
                                         NULL};
  struct analytics_query query;
  analytics_query_read(call, &query);
  enum view_ranking_by by = (enum view_ranking_by)analytics_query_choice(call, "by", by_names);
  int limit = analytics_query_limit(call, TOP_NORMAL, TOP_MAX);
  if (!analytics_query_settle(call, &query)) {
    return;
  }
  const struct view_question question = query.question;
  struct view_ranking ranking = {.items = NULL};
  enum error error = view_ranking_read(call->app->database, &question, by, limit, &ranking);
  if (error != ERROR_NONE) {
    fail_analytics(call, error, 0);
    return;
  }
  struct text *body = reply_begin(call->response, 200);
  analytics_json_bounds(body, &question, ranking.from_us, ranking.to_us);
  reply_string(body, "tz", question.tz);
  reply_string(body, "by", by_names[by]);
  reply_string(body, "bots", question.robots ? "include" : "exclude");
  append_ranking(body, &ranking);
  reply_end(call->response);
  view_ranking_free(&ranking);
}

static void reply_live(struct call *call, const struct watching_live *live) {
  struct text *body = reply_begin(call->response, 200);
  reply_time(body, "time", live->now_us);
  reply_integer(body, "watching", live->watching);
  reply_integer(body, "media", live->media);
  reply_name(body, "items");
  text_append(body, "[");
  for (size_t i = 0; i < live->count; i++) {
    const struct watched_medium *watched = &live->items[i];
    reply_separate(body);
    text_append(body, "{");
    reply_integer(body, "media_id", watched->media_id);
    reply_string(body, "title", watched->title);
    reply_integer(body, "watching", watched->watching);
    text_append(body, "}");
  }
  text_append(body, "]");
  reply_end(call->response);
}

void analytics_api_live(struct call *call) {
  struct analytics_query query;
  analytics_query_read(call, &query);
  int limit = analytics_query_limit(call, LIVE_NORMAL, LIVE_MAX);
  if (!analytics_query_settle(call, &query)) {
    return;
  }
  struct watching_live live = {.items = NULL};
  enum error error = watching_store_read(call->app->database, query.question.robots, limit, &live);
  if (error != ERROR_NONE) {
    call_fail(call, error, "looking who watches");
    return;
  }
  reply_live(call, &live);
  watching_live_free(&live);
}
