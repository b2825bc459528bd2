/* SPDX-License-Identifier: ISC */
/*
 * GET /media/grants/{grant_id}/explain: why a grant has the views that it has. The delivery logs lie on the nodes, and
 * only their ingesters may read them. So the first call asks them, and whoever repeats it gets their answers.
 */
#include "config.h"

#include "api/handlers.h"

#include <stdlib.h>

#include "api/call.h"
#include "api/reply.h"
#include "domain/grant.h"
#include "store/views/explanation_store.h"
#include "store/views/view_store.h"

static const char *const state_names[] = {
    [EXPLANATION_ANSWERED] = "answered", [EXPLANATION_WAITING] = "waiting", [EXPLANATION_SILENT] = "silent"};

static void append_nodes(struct text *body, const struct explanation_node *nodes, size_t count) {
  reply_name(body, "nodes");
  text_append(body, "[");
  for (size_t i = 0; i < count; i++) {
    reply_separate(body);
    text_append(body, "{");
    reply_string(body, "node", nodes[i].node);
    reply_string(body, "state", state_names[nodes[i].state]);
    reply_name(body, "answer");
    text_append(body, nodes[i].answer == NULL ? "null" : nodes[i].answer);
    text_append(body, "}");
  }
  text_append(body, "]");
}

static void append_views(struct text *body, const struct grant_view *views, size_t count) {
  reply_name(body, "views");
  text_append(body, "[");
  for (size_t i = 0; i < count; i++) {
    const struct grant_view *view = &views[i];
    reply_separate(body);
    text_append(body, "{");
    reply_integer(body, "id", view->id);
    reply_integer(body, "media_id", view->media_id);
    reply_string(body, "viewed_by_ip", view->viewed_by_ip);
    reply_time(body, "timestamp", view->timestamp_us);
    reply_time(body, "last_seen_at", view->last_seen_us);
    reply_integer(body, "bytes_sent", view->bytes_sent);
    reply_integer(body, "seconds", view->seconds);
    reply_delivered(body, (double)view->delivered_points);
    reply_boolean(body, "bot", view->robot);
    reply_boolean(body, "internal", view->internal);
    text_append(body, "}");
  }
  text_append(body, "]");
}

static enum error reply_explanation(struct call *call, const char *grant_id) {
  struct explanation_node *nodes = NULL;
  struct grant_view *views = NULL;
  size_t node_count = 0, view_count = 0;
  bool complete = true;
  enum error error = explanation_store_read(call->app->database, grant_id, &nodes, &node_count);
  if (error == ERROR_NONE) {
    error = view_store_of_grant(call->app->database, grant_id, &views, &view_count);
  }
  for (size_t i = 0; error == ERROR_NONE && i < node_count; i++) {
    complete = complete && nodes[i].state != EXPLANATION_WAITING;
  }
  if (error == ERROR_NONE) {
    if (!complete) {
      response_header(call->response, "Retry-After", "1");
    }
    struct text *body = reply_begin(call->response, complete ? 200 : 202);
    reply_string(body, "grant_id", grant_id);
    reply_boolean(body, "complete", complete);
    append_nodes(body, nodes, node_count);
    append_views(body, views, view_count);
    reply_end(call->response);
  }
  explanation_nodes_free(nodes, node_count);
  free(views);
  return error;
}

void explain_api_grant(struct call *call) {
  const char *grant_id = call->match->parameters[0];
  int64_t time_ms = 0;
  uint32_t issuer_tag = 0;
  if (grant_id_parse(grant_id, &time_ms, &issuer_tag) != ERROR_NONE) {
    response_problem(call->response, 404, "There is no grant %.64s.", grant_id);
    return;
  }
  enum error error = explanation_store_ask(call->app->database, grant_id);
  if (error == ERROR_NONE) {
    error = reply_explanation(call, grant_id);
  }
  if (error == ERROR_LIMITED) {
    call_too_many(call, METRIC_LIMIT_OTHER, 30,
                  "As many grants were asked for in the last minute as the nodes can look for.");
  } else if (error != ERROR_NONE) {
    call_fail(call, error, "explaining a grant");
  }
}
