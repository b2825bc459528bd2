/* SPDX-License-Identifier: ISC */
/*
 * GET /status: how the platform is, for people, from the sources of GET /metrics. What needs somebody is said in words.
 */
#include "config.h"

#include "api/handlers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "api/call.h"
#include "api/platform.h"
#include "api/reply.h"
#include "base/clock.h"
#include "files/backup_tree.h"

/* The limits of deploy/prometheus/rules.yml. */
#define LAG_MAX_SECONDS    300
#define WAIT_MAX_SECONDS   (6 * 3600)
#define FREE_MIN_PERCENT   10
#define VALUES_MAX_SECONDS 30

struct status {
  struct text *body;
  struct text problems; /* objects with a comma between them */
  bool has_platform;
  struct platform platform;
};

static void note_problem(struct status *status, const char *area, const char *detail) {
  struct text *problems = &status->problems;
  text_append(problems, problems->length == 0 ? "{\"area\":" : ",{\"area\":");
  text_append_json_string(problems, area, strlen(area));
  text_append(problems, ",\"detail\":");
  text_append_json_string(problems, detail, strlen(detail));
  text_append(problems, "}");
}

static void append_database(struct status *status) {
  int64_t age_ms = status->has_platform ? clock_monotonic_ms() - status->platform.read_ms : -1;
  bool answers = status->has_platform && age_ms < INT64_C(1000) * VALUES_MAX_SECONDS;
  reply_name(status->body, "database");
  text_append(status->body, "{");
  reply_boolean(status->body, "answers", answers);
  if (status->has_platform) {
    reply_integer(status->body, "values_age_seconds", age_ms / 1000);
  } else {
    reply_null(status->body, "values_age_seconds");
  }
  text_append(status->body, "}");
  if (!answers) {
    note_problem(status, "database", "The database did not answer for half a minute: what is said here is old.");
  }
}

static void append_ingest(struct status *status) {
  const struct platform_state *state = &status->platform.state;
  bool behind = false, silent = state->node_count == 0;
  reply_name(status->body, "ingest");
  text_append(status->body, "[");
  for (int64_t i = 0; i < state->node_count; i++) {
    const struct platform_node *node = &state->nodes[i];
    reply_separate(status->body);
    text_append(status->body, "{");
    reply_string(status->body, "node", node->name);
    reply_boolean(status->body, "up", node->up);
    reply_integer(status->body, "unread_bytes", node->unread_bytes);
    reply_integer(status->body, "lag_seconds", node->unread_seconds);
    text_append(status->body, "}");
    behind = behind || node->unread_seconds > LAG_MAX_SECONDS;
    silent = silent || !node->up;
  }
  text_append(status->body, "]");
  if (silent) {
    note_problem(status, "ingest", "Views are not counted: mediagate ingest is silent. Is it running?");
  } else if (behind) {
    note_problem(status, "ingest", "The counting of views is more than five minutes behind.");
  }
}

static void append_packages(struct status *status) {
  const struct platform_state *state = &status->platform.state;
  reply_name(status->body, "packages");
  text_append(status->body, "{");
  reply_integer(status->body, "queued", state->jobs_queued);
  reply_integer(status->body, "running", state->jobs_running);
  reply_integer(status->body, "oldest_wait_seconds", state->queue_age_seconds);
  text_append(status->body, "}");
  if (state->queue_age_seconds > WAIT_MAX_SECONDS) {
    note_problem(status, "packages", "A film waits for packaging since more than six hours.");
  }
}

static void append_library(struct status *status) {
  const struct platform_state *state = &status->platform.state;
  reply_name(status->body, "media");
  text_append(status->body, "{");
  reply_integer(status->body, "videos", state->videos);
  reply_integer(status->body, "audios", state->audios);
  reply_integer(status->body, "stored_bytes", state->media_bytes);
  text_append(status->body, "}");
  reply_name(status->body, "uploads");
  text_append(status->body, "{");
  reply_integer(status->body, "open", state->uploads_open);
  reply_integer(status->body, "reserved_bytes", state->uploads_reserved_bytes);
  text_append(status->body, "}");
  reply_integer(status->body, "watching", state->watching);
}

static void append_disk(struct status *status, const char *data_dir) {
  struct statvfs disk;
  reply_name(status->body, "disk");
  if (statvfs(data_dir, &disk) != 0) {
    text_append(status->body, "null");
    return;
  }
  int64_t free_bytes = (int64_t)(disk.f_bavail * disk.f_frsize), size_bytes = (int64_t)(disk.f_blocks * disk.f_frsize);
  text_append(status->body, "{");
  reply_integer(status->body, "free_bytes", free_bytes);
  reply_integer(status->body, "size_bytes", size_bytes);
  text_append(status->body, "}");
  if (free_bytes < size_bytes / 100 * FREE_MIN_PERCENT) {
    note_problem(status, "disk", "The disk of data_dir has less than a tenth free.");
  }
}

static void append_backup(struct status *status, const char *data_dir) {
  int64_t seconds = 0;
  if (backup_last_made(data_dir, &seconds) == ERROR_NONE) {
    reply_time(status->body, "last_backup_at", seconds * 1000000);
  } else {
    reply_null(status->body, "last_backup_at");
  }
}

static void append_key(struct text *body, const char *name, int64_t created_at) {
  if (created_at > 0) {
    reply_integer(body, name, clock_now_seconds() - created_at);
  } else {
    reply_null(body, name);
  }
}

static void append_keys(struct status *status, const struct metric_board *board) {
  reply_name(status->body, "keys");
  text_append(status->body, "{");
  append_key(status->body, "stream_age_seconds", board == NULL ? 0 : metric_board_time(board, METRIC_BOARD_STREAM_KEY));
  append_key(status->body, "access_age_seconds", board == NULL ? 0 : metric_board_time(board, METRIC_BOARD_ACCESS_KEY));
  text_append(status->body, "}");
}

static void write_status(struct call *call, struct status *status) {
  status->has_platform = platform_read(call->app, &status->platform);
  status->body = reply_begin(call->response, 200);
  reply_string(status->body, "version", PACKAGE_VERSION);
  append_database(status);
  if (status->has_platform) {
    append_ingest(status);
    append_packages(status);
    append_library(status);
  }
  append_disk(status, call->app->settings->data_dir);
  append_backup(status, call->app->settings->data_dir);
  append_keys(status, call->app->board);
  reply_name(status->body, "problems");
  text_append(status->body, "[");
  text_append_bytes(status->body, status->problems.data, status->problems.length);
  text_append(status->body, "]");
  status->body->failed = status->body->failed || status->problems.failed;
  reply_end(call->response);
}

void status_api_get(struct call *call) {
  struct status *status = calloc(1, sizeof *status);
  if (status == NULL) {
    response_error(call->response, ERROR_MEMORY);
    return;
  }
  write_status(call, status);
  text_free(&status->problems);
  free(status);
}
