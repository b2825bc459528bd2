/* SPDX-License-Identifier: ISC */
/*
 * Package jobs: the list of all, and what the last one of a medium wrote.
 */
#include "config.h"

#include "api/handlers.h"

#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/media/package_remedy.h"
#include "api/reply.h"
#include "store/media/job_list.h"

static void reply_known(struct text *body, const char *name, int64_t value, int64_t least) {
  if (value >= least) {
    reply_integer(body, name, value);
  } else {
    reply_null(body, name);
  }
}

static void reply_known_time(struct text *body, const char *name, int64_t time_us) {
  if (time_us > 0) {
    reply_time(body, name, time_us);
  } else {
    reply_null(body, name);
  }
}

static void append_job(struct text *body, const struct job_row *job) {
  reply_separate(body);
  text_append(body, "{");
  reply_integer(body, "id", job->id);
  reply_integer(body, "media_id", job->media_id);
  reply_string(body, "title", job->title);
  reply_string(body, "state", job->state);
  reply_integer(body, "priority", job->priority);
  reply_known(body, "position", job->position, 1);
  reply_integer(body, "attempts", job->attempts);
  reply_string(body, "node", job->node);
  reply_known(body, "progress_percent", job->percent, 0);
  reply_known(body, "seconds_left", job->seconds_left, 0);
  reply_string(body, "error", job->error);
  reply_string(body, "remedy", package_remedy(job->error));
  reply_known(body, "requested_by", job->requested_by, 1);
  reply_time(body, "created_at", job->created_at_us);
  reply_known_time(body, "started_at", job->started_at_us);
  reply_known_time(body, "ended_at", job->ended_at_us);
  reply_known_time(body, "next_attempt_at", job->not_before_us);
  text_append(body, "}");
}

/* False: the response has the 422. */
static bool read_state(struct call *call, const char **ret_state) {
  static const char *const states[] = {"queued", "running", "done", "failed", "cancelled"};
  const char *state = query_get(call->query, "state");
  bool known = state == NULL;
  for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
    known = known || strcmp(state, states[i]) == 0;
  }
  if (!known) {
    response_field_error(call->response, "?state", "must be queued, running, done, failed or cancelled");
    response_problem_fields(call->response);
  }
  *ret_state = state;
  return known;
}

void job_api_list(struct call *call) {
  struct call_page page;
  struct job_row *rows = NULL;
  size_t count = 0;
  const char *state;
  if (!call_page(call, &page) || !read_state(call, &state)) {
    return;
  }
  const struct job_filter filter = {.state = state,
                                    .before_created_at_us = page.cursor.time_us,
                                    .before_id = page.cursor.id,
                                    .limit = page.limit + 1};
  enum error error = job_list_find(call->app->database, &filter, &rows, &count);
  if (error != ERROR_NONE) {
    call_fail(call, error, "listing package jobs");
    return;
  }
  bool more = count > (size_t)page.limit;
  count -= more ? 1 : 0;
  struct text *body = reply_begin(call->response, 200);
  reply_name(body, "items");
  text_append(body, "[");
  for (size_t i = 0; i < count; i++) {
    append_job(body, &rows[i]);
  }
  text_append(body, "]");
  call_append_next_cursor(call, more, more ? rows[count - 1].created_at_us : 0, more ? rows[count - 1].id : 0);
  reply_end(call->response);
  free(rows);
}

void job_api_log(struct call *call) {
  int64_t id;
  struct job_row job;
  char *log = NULL;
  if (!call_media_id(call, &id)) {
    return;
  }
  enum error error = job_list_find_log(call->app->database, id, &job, &log);
  if (error == ERROR_NOT_FOUND) {
    response_problem(call->response, 404, "There is no package job of this medium, or no such medium.");
    return;
  }
  if (error != ERROR_NONE) {
    call_fail(call, error, "reading the log of a package job");
    return;
  }
  struct text *body = reply_begin(call->response, 200);
  reply_integer(body, "job_id", job.id);
  reply_string(body, "state", job.state);
  reply_integer(body, "attempts", job.attempts);
  reply_string(body, "error", job.error);
  reply_string(body, "remedy", package_remedy(job.error));
  reply_string(body, "log", log);
  reply_end(call->response);
  free(log);
}
