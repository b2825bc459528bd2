/* SPDX-License-Identifier: ISC */
/* How often media were viewed, by how many, and when: reads the question, asks the store, writes the answer. */
#include "config.h"

#include "api/handlers.h"

#include "api/views/analytics_json.h"
#include "api/views/analytics_query.h"
#include "api/views/view_source.h"
#include "api/call.h"
#include "api/reply.h"
#include "audience/address_mask.h"
#include "domain/address.h"
#include "store/analytics/report_store.h"
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
    response_field_error(call->response, "?interval",
                         "makes more than 10000 steps (with group_by 400), or the time has more than 10000 days; take "
                         "a longer one, or a "
                         "shorter time");
    response_problem_fields(call->response);
  } else if (error == ERROR_UNSUPPORTED) {
    analytics_query_filter_too_wide(call);
  } else {
    call_fail_media(call, error, media_id, "adding up views");
  }
}

struct sums {
  struct view_question question;
  struct view_totals totals;
  struct media_counts counts; /* of an overview */
};

static enum error read_sums(struct database *database, void *context) {
  struct sums *sums = context;
  return view_analytics(database, &sums->question, &sums->totals);
}

static enum error read_overview(struct database *database, void *context) {
  struct sums *sums = context;
  struct view_totals totals = {.unique_sample = 1};
  enum error error = media_list_count(database, &sums->counts);
  if (error == ERROR_NONE) {
    error = view_analytics(database, &sums->question, &totals);
  }
  if (error == ERROR_NONE) {
    sums->totals = totals;
  }
  return error;
}

static bool viewers_are_shown(const struct call *call) {
  return call->report == NULL || call->report->show_viewers;
}

static void answer_medium(struct call *call, int64_t id) {
  struct analytics_query query;
  analytics_query_read(call, &query);
  analytics_query_groups(call, &query.question);
  if (!analytics_query_settle(call, &query)) {
    return;
  }
  struct view_source source = {.call = call};
  struct sums sums = {.question = query.question, .totals = {.unique_sample = 1}};
  sums.question.media_id = id;
  enum error error = view_source_ask(&source, read_sums, &sums);
  if (error != ERROR_NONE) {
    fail_analytics(call, error, id);
  } else {
    struct text *body = reply_begin(call->response, 200);
    reply_integer(body, "media_id", id);
    analytics_json_totals(body, &sums.question, &sums.totals, unique_of(call));
    analytics_json_groups(body, &sums.question, &sums.totals);
    analytics_json_tops(body, &sums.totals, viewers_are_shown(call));
    reply_end(call->response);
  }
  view_totals_free(&sums.totals);
}

void analytics_api_media(struct call *call) {
  int64_t id;
  if (call_media_id(call, &id)) {
    answer_medium(call, id);
  }
}

/* How many media there are is not of a report. */
static void append_counts(struct text *body, const struct media_counts *counts) {
  reply_integer(body, "media", counts->media);
  reply_integer(body, "videos", counts->videos);
  reply_integer(body, "audios", counts->audios);
  reply_integer(body, "media_bytes", counts->size_bytes);
}

void analytics_api_overview(struct call *call) {
  struct analytics_query query;
  analytics_query_read(call, &query);
  analytics_query_groups(call, &query.question);
  if (!analytics_query_settle(call, &query)) {
    return;
  }
  struct view_source source = {.call = call};
  struct sums sums = {.question = query.question, .totals = {.unique_sample = 1}};
  enum error error = view_source_ask(&source, read_overview, &sums);
  if (error != ERROR_NONE) {
    fail_analytics(call, error, 0);
  } else {
    struct text *body = reply_begin(call->response, 200);
    if (call->report == NULL) {
      append_counts(body, &sums.counts);
    }
    analytics_json_totals(body, &sums.question, &sums.totals, unique_of(call));
    analytics_json_groups(body, &sums.question, &sums.totals);
    reply_end(call->response);
  }
  view_totals_free(&sums.totals);
}

void analytics_api_report(struct call *call) {
  if (call->report->media_id == 0) {
    analytics_api_overview(call);
  } else {
    answer_medium(call, call->report->media_id);
  }
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

struct top {
  struct view_question question;
  enum view_ranking_by by;
  int limit;
  struct view_ranking ranking;
};

static enum error read_top(struct database *database, void *context) {
  struct top *top = context;
  return view_ranking_read(database, &top->question, top->by, top->limit, &top->ranking);
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
  struct view_source source = {.call = call};
  struct top top = {.question = query.question, .by = by, .limit = limit};
  const struct view_question question = query.question;
  enum error error = view_source_ask(&source, read_top, &top);
  if (error != ERROR_NONE) {
    fail_analytics(call, error, 0);
    return;
  }
  struct text *body = reply_begin(call->response, 200);
  analytics_json_bounds(body, &question, top.ranking.from_us, top.ranking.to_us);
  reply_string(body, "tz", question.tz);
  reply_string(body, "by", by_names[by]);
  analytics_json_kinds(body, question.kinds);
  append_ranking(body, &top.ranking);
  reply_end(call->response);
  view_ranking_free(&top.ranking);
}

void analytics_api_report_top(struct call *call) {
  if (call->report->media_id == 0) {
    analytics_api_top(call);
  } else {
    response_problem(call->response, 404, "This report is of one medium, so there is nothing to rank.");
  }
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
  enum error error = watching_store_read(call->app->database, query.question.kinds, limit, &live);
  if (error != ERROR_NONE) {
    call_fail(call, error, "looking who watches");
    return;
  }
  reply_live(call, &live);
  watching_live_free(&live);
}
