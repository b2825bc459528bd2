/* SPDX-License-Identifier: ISC */
/*
 * GET /media/media/{id}/retention: how many views were given each part of a medium, and where more of them begin than
 * just before.
 */
#include "config.h"

#include "api/handlers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/views/analytics_json.h"
#include "api/views/analytics_query.h"
#include "api/views/view_source.h"
#include "api/call.h"
#include "api/reply.h"
#include "base/text_parse.h"
#include "store/analytics/report_store.h"
#include "store/analytics/view_retention.h"

#define BUCKETS_NORMAL 100
#define BUCKETS_MIN    10
#define HOTSPOTS_MAX   5
/* A rise is told when it is more than this, and more than chance makes of a sample: three standard errors. */
#define RISE_MIN    0.02
#define RISE_ERRORS 3
#define DIGITS      4

static int read_buckets(struct call *call) {
  const char *text = query_get(call->query, "buckets");
  uint64_t wanted = BUCKETS_NORMAL;
  if (text != NULL &&
      (text_parse_u64(text, strlen(text), VIEW_RETENTION_PARTS_MAX, &wanted) != ERROR_NONE || wanted < BUCKETS_MIN)) {
    response_field_error(call->response, "?buckets", "must be a whole number from %d to %d", BUCKETS_MIN,
                         VIEW_RETENTION_PARTS_MAX);
    return BUCKETS_NORMAL;
  }
  return (int)wanted;
}

static double share_of(const struct view_retention *retention, int part) {
  return retention->looked_at == 0 ? 0 : (double)retention->reached[part] / (double)retention->looked_at;
}

/* Of a share that a sample shows; 0 when all were looked at. */
static double error_of(const struct view_retention *retention, double share) {
  if (retention->sample == 1 || retention->looked_at == 0) {
    return 0;
  }
  double unseen = 1 - 1 / (double)retention->sample;
  return sqrt(unseen * share * (1 - share) / (double)retention->looked_at);
}

static void append_place(struct text *body, const struct view_retention *retention, int part) {
  double start = (double)part / retention->parts, end = (part + 1.0) / retention->parts;
  reply_number(body, "start_percent", start * 100, 2);
  reply_number(body, "end_percent", end * 100, 2);
  if (retention->duration_seconds > 0) {
    reply_number(body, "start_seconds", start * retention->duration_seconds, 3);
    reply_number(body, "end_seconds", end * retention->duration_seconds, 3);
  } else {
    reply_null(body, "start_seconds");
    reply_null(body, "end_seconds");
  }
}

static void append_curve(struct text *body, const struct view_retention *retention) {
  reply_name(body, "items");
  text_append(body, "[");
  for (int part = 0; retention->looked_at > 0 && part < retention->parts; part++) {
    double share = share_of(retention, part);
    reply_separate(body);
    text_append(body, "{");
    append_place(body, retention, part);
    reply_integer(body, "views", llround(share * (double)retention->known));
    reply_number(body, "share", share, DIGITS);
    reply_number(body, "standard_error", error_of(retention, share), DIGITS);
    text_append(body, "}");
  }
  text_append(body, "]");
}

struct rise {
  int part;
  double by;
};

static int steepest_first(const void *left, const void *right) {
  const struct rise *a = left, *b = right;
  return a->by == b->by ? a->part - b->part : a->by < b->by ? 1 : -1;
}

static size_t find_rises(const struct view_retention *retention, struct rise ret_rises[VIEW_RETENTION_PARTS_MAX]) {
  size_t count = 0;
  for (int part = 1; part < retention->parts; part++) {
    double before = share_of(retention, part - 1), share = share_of(retention, part), by = share - before;
    double chance = hypot(error_of(retention, before), error_of(retention, share)) * RISE_ERRORS;
    if (by >= RISE_MIN && by > chance) {
      ret_rises[count++] = (struct rise){.part = part, .by = by};
    }
  }
  qsort(ret_rises, count, sizeof *ret_rises, steepest_first);
  return count > HOTSPOTS_MAX ? HOTSPOTS_MAX : count;
}

static void append_hotspots(struct text *body, const struct view_retention *retention) {
  struct rise rises[VIEW_RETENTION_PARTS_MAX];
  size_t count = find_rises(retention, rises);
  reply_name(body, "hotspots");
  text_append(body, "[");
  for (size_t i = 0; i < count; i++) {
    reply_separate(body);
    text_append(body, "{");
    append_place(body, retention, rises[i].part);
    reply_number(body, "rise", rises[i].by, DIGITS);
    text_append(body, "}");
  }
  text_append(body, "]");
}

static void reply_retention(struct call *call, const struct view_question *question,
                            const struct view_retention *retention) {
  struct text *body = reply_begin(call->response, 200);
  reply_integer(body, "media_id", question->media_id);
  analytics_json_bounds(body, question, retention->from_us, retention->to_us);
  reply_string(body, "tz", question->tz);
  analytics_json_kinds(body, question->kinds);
  if (retention->duration_seconds > 0) {
    reply_number(body, "duration_seconds", retention->duration_seconds, 3);
  } else {
    reply_null(body, "duration_seconds");
  }
  reply_integer(body, "total_views", retention->views);
  reply_integer(body, "known_views", retention->known);
  reply_boolean(body, "exact", retention->sample == 1);
  reply_integer(body, "sample", retention->sample);
  append_curve(body, retention);
  append_hotspots(body, retention);
  reply_end(call->response);
}

struct curve {
  struct view_question question;
  int buckets;
  struct view_retention retention;
};

static enum error read_curve(struct database *database, void *context) {
  struct curve *curve = context;
  return view_retention_read(database, &curve->question, curve->buckets, &curve->retention);
}

static void answer_medium(struct call *call, int64_t id) {
  struct analytics_query query;
  analytics_query_read(call, &query);
  int buckets = read_buckets(call);
  if (!analytics_query_settle(call, &query)) {
    return;
  }
  query.question.media_id = id;
  struct view_source source = {.call = call};
  struct curve curve = {.question = query.question, .buckets = buckets};
  enum error error = view_source_ask(&source, read_curve, &curve);
  if (error == ERROR_INVALID) {
    analytics_query_bad_zone(call);
    response_problem_fields(call->response);
  } else if (error == ERROR_TOO_LARGE) {
    response_field_error(call->response, "?from", "is more than 10000 days before to; take a shorter time");
    response_problem_fields(call->response);
  } else if (error != ERROR_NONE) {
    call_fail_media(call, error, id, "adding up what was delivered");
  } else {
    reply_retention(call, &query.question, &curve.retention);
  }
}

void retention_api_media(struct call *call) {
  int64_t id;
  if (call_media_id(call, &id)) {
    answer_medium(call, id);
  }
}

void retention_api_report(struct call *call) {
  if (call->report->media_id == 0) {
    response_problem(call->response, 404, "This report is of all media, and a curve is of one.");
  } else {
    answer_medium(call, call->report->media_id);
  }
}
