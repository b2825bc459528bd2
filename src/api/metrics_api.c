/* SPDX-License-Identifier: ISC */
/*
 * GET /metrics: what all processes of this machine counted, and what the database, the disk and the keys say.
 */
#include "config.h"

#include "api/handlers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "api/call.h"
#include "api/platform.h"
#include "base/clock.h"
#include "files/backup_tree.h"
#include "metrics/metric_text.h"
#include "process/metric_file.h"
#include "store/engine/migration.h"

struct scrape {
  const struct app *app;
  struct text *text;
  struct metric_sum sum;
  struct platform platform;
  bool has_platform;
};

static void tell(struct scrape *scrape, enum metric metric, double value) {
  metric_text_head(scrape->text, metric);
  metric_text_value(scrape->text, metric, value);
}

static void tell_build(struct scrape *scrape) {
  struct text *text = scrape->text;
  metric_text_head(text, METRIC_BUILD_INFO);
  text_append(text, "mediagate_build_info{");
  metric_text_label(text, "version", PACKAGE_VERSION);
  text_appendf(text, ",schema=\"%d\"} 1\n", MIGRATION_PROGRAM_VERSION);
}

static void tell_database(struct scrape *scrape) {
  const struct metric_sum *sum = &scrape->sum;
  bool up = sum->database_answered_ms != 0 && sum->database_answered_ms >= sum->database_failed_ms;
  tell(scrape, METRIC_DATABASE_UP, up ? 1 : 0);
  if (scrape->has_platform) {
    tell(scrape, METRIC_DATABASE_AGE, (double)(clock_monotonic_ms() - scrape->platform.read_ms) / 1000);
  }
}

static void tell_disk(struct scrape *scrape) {
  struct statvfs status;
  if (statvfs(scrape->app->settings->data_dir, &status) == 0) {
    tell(scrape, METRIC_DATA_FREE, (double)status.f_bavail * (double)status.f_frsize);
    tell(scrape, METRIC_DATA_SIZE, (double)status.f_blocks * (double)status.f_frsize);
  }
}

static void tell_backup(struct scrape *scrape) {
  int64_t seconds = 0;
  if (backup_last_made(scrape->app->settings->data_dir, &seconds) == ERROR_NONE) {
    tell(scrape, METRIC_LAST_BACKUP, (double)seconds);
  }
}

static void tell_keys(struct scrape *scrape) {
  static const struct {
    enum metric metric;
    enum metric_board_time time;
  } keys[] = {{METRIC_STREAM_KEY_AGE, METRIC_BOARD_STREAM_KEY}, {METRIC_ACCESS_KEY_AGE, METRIC_BOARD_ACCESS_KEY}};
  for (size_t i = 0; i < sizeof keys / sizeof *keys && scrape->app->board != NULL; i++) {
    int64_t created = metric_board_time(scrape->app->board, keys[i].time);
    if (created > 0) {
      tell(scrape, keys[i].metric, (double)(clock_now_seconds() - created));
    }
  }
}

static void tell_nodes(struct scrape *scrape) {
  static const enum metric metrics[] = {METRIC_INGEST_UP, METRIC_INGEST_UNREAD, METRIC_INGEST_LAG};
  const struct platform_state *state = &scrape->platform.state;
  for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
    metric_text_head(scrape->text, metrics[i]);
    for (int64_t n = 0; n < state->node_count; n++) {
      const struct platform_node *node = &state->nodes[n];
      const int64_t values[] = {node->up, node->unread_bytes, node->unread_seconds};
      metric_text_labelled(scrape->text, metrics[i], "node", node->name, (double)values[i]);
    }
  }
}

static void tell_labelled(struct scrape *scrape, enum metric metric, const char *label, const char *const *names,
                          const int64_t *values, size_t count) {
  metric_text_head(scrape->text, metric);
  for (size_t i = 0; i < count; i++) {
    metric_text_labelled(scrape->text, metric, label, names[i], (double)values[i]);
  }
}

/* Kinds of a status that never came are left out: they are many. */
static void tell_deliveries(struct scrape *scrape) {
  const struct delivery_sums *sums = &scrape->platform.state.sums;
  struct text *text = scrape->text;
  metric_text_head(text, METRIC_DELIVERIES);
  for (size_t kind = 0; kind < METRIC_KIND_COUNT; kind++) {
    for (size_t code = 0; code < METRIC_CODE_COUNT; code++) {
      if (sums->deliveries[kind][code] > 0) {
        text_appendf(text, "%s{", metric_describe(METRIC_DELIVERIES)->name);
        metric_text_label(text, "kind", metric_label_value(METRIC_LABEL_KIND, kind));
        text_append(text, ",");
        metric_text_label(text, "code", metric_label_value(METRIC_LABEL_CODE, code));
        text_appendf(text, "} %" PRId64 "\n", sums->deliveries[kind][code]);
      }
    }
  }
}

static void tell_each(struct scrape *scrape, enum metric metric, enum metric_label label, size_t first, size_t count,
                      const int64_t *values) {
  metric_text_head(scrape->text, metric);
  for (size_t i = first; i < count; i++) {
    metric_text_labelled(scrape->text, metric, metric_label_name(label), metric_label_value(label, i),
                         (double)values[i]);
  }
}

static void tell_delivered(struct scrape *scrape) {
  const struct delivery_sums *sums = &scrape->platform.state.sums;
  tell_deliveries(scrape);
  tell_each(scrape, METRIC_DELIVERED_BYTES, METRIC_LABEL_KIND, 0, METRIC_KIND_COUNT, sums->bytes);
  tell_each(scrape, METRIC_DELIVERIES_BROKEN_OFF, METRIC_LABEL_KIND, 0, METRIC_KIND_COUNT, sums->broken_off);
  tell(scrape, METRIC_DELIVERIES_SLOW, (double)sums->slow);
  tell_each(scrape, METRIC_SEGMENTS, METRIC_LABEL_RENDITION, METRIC_RENDITION_0, METRIC_RENDITION_COUNT,
            sums->segments);
}

/* What the database said last. Before it was reached for the first time these metrics are missing, which is better than
 * a zero. */
static void tell_platform(struct scrape *scrape) {
  const struct platform_state *state = &scrape->platform.state;
  tell(scrape, METRIC_UPLOADS_OPEN, (double)state->uploads_open);
  tell(scrape, METRIC_UPLOAD_RESERVED, (double)state->uploads_reserved_bytes);
  tell_labelled(scrape, METRIC_MEDIA, "type", (const char *const[]){"video", "audio"},
                (const int64_t[]){state->videos, state->audios}, 2);
  tell(scrape, METRIC_MEDIA_BYTES, (double)state->media_bytes);
  tell_labelled(scrape, METRIC_PACKAGE_JOBS, "state", (const char *const[]){"queued", "running"},
                (const int64_t[]){state->jobs_queued, state->jobs_running}, 2);
  tell(scrape, METRIC_PACKAGE_QUEUE_AGE, (double)state->queue_age_seconds);
  tell_nodes(scrape);
  tell_labelled(scrape, METRIC_INGEST_LINES, "result", (const char *const[]){"counted", "skipped", "rejected"},
                (const int64_t[]){state->lines_counted, state->lines_skipped, state->lines_rejected}, 3);
  tell_labelled(scrape, METRIC_VIEWS_OPENED, "bot", (const char *const[]){"false", "true"},
                (const int64_t[]){state->views_of_people, state->views_of_robots}, 2);
  tell_delivered(scrape);
  tell(scrape, METRIC_VIEWERS_WATCHING, (double)state->watching);
}

static void write_metrics(struct scrape *scrape) {
  if (scrape->app->board != NULL) {
    metric_board_sum(scrape->app->board, &scrape->sum);
  }
  metric_file_sum(scrape->app->settings->run_dir, &scrape->sum);
  scrape->has_platform = platform_read(scrape->app, &scrape->platform);
  tell_build(scrape);
  for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
    if (metric_describe(metric)->storage == METRIC_STORAGE_PAGE) {
      metric_text_page(scrape->text, metric, &scrape->sum);
    }
  }
  tell_database(scrape);
  tell_disk(scrape);
  tell_backup(scrape);
  tell_keys(scrape);
  if (scrape->has_platform) {
    tell_platform(scrape);
  }
}

void metrics_api_scrape(struct call *call) {
  struct scrape *scrape = calloc(1, sizeof *scrape);
  if (scrape == NULL) {
    response_error(call->response, ERROR_MEMORY);
    return;
  }
  scrape->app = call->app;
  scrape->text = &call->response->body;
  call->response->status = 200;
  call->response->content_type = METRIC_TEXT_TYPE;
  write_metrics(scrape);
  free(scrape);
}
