/* SPDX-License-Identifier: ISC */
/*
 * Files, ranges and user agents come from strangers: the scanner let through only what its fields may hold, and in JSON
 * everything is escaped; user agents stand in the JSON alone.
 */
#include "config.h"

#include "command/explain_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

/* Do the logs and the database say the same? */
enum explain_agreement {
  EXPLAIN_AGREES,
  EXPLAIN_DATABASE_LESS, /* not counted yet, or of a medium that it does not know */
  EXPLAIN_DATABASE_MORE, /* older logs are gone */
  EXPLAIN_UNKNOWN,       /* the database did not tell */
};

static enum explain_agreement compare(const struct explanation *explanation) {
  const struct grant_story *story = &explanation->story;
  if (explanation->views == NULL) {
    return EXPLAIN_UNKNOWN;
  }
  int64_t bytes = 0;
  for (size_t i = 0; i < explanation->view_count; i++) {
    bytes += explanation->views[i].bytes_sent;
  }
  if (bytes == story->counted_bytes && (int64_t)explanation->view_count == story->viewers) {
    return EXPLAIN_AGREES;
  }
  return bytes < story->counted_bytes || (int64_t)explanation->view_count < story->viewers ? EXPLAIN_DATABASE_LESS
                                                                                           : EXPLAIN_DATABASE_MORE;
}

/* --- text ------------------------------------------------------------------------------------ */

/* Fixed width: to the millisecond, as the log has it. */
static void format_time(int64_t time_us, char ret_text[40]) {
  char seconds[CLOCK_RFC3339_SIZE];
  clock_format_rfc3339(time_us / 1000000 * 1000000, seconds);
  snprintf(ret_text, 40, "%.19s.%03dZ", seconds, (int)(time_us / 1000 % 1000));
}

/* A remote origin writes Content-Range as it likes. */
static void print_range(const char *range) {
  struct text quoted = {0};
  text_append_json_string(&quoted, range, strlen(range));
  if (!quoted.failed) {
    printf(", %.*s", (int)quoted.length - 2, quoted.data + 1);
  }
  text_free(&quoted);
}

static void print_delivery(const struct story_delivery *delivery) {
  char time[40];
  format_time(delivery->time_us, time);
  if (delivery->begins) {
    printf("%s  begins  medium %" PRId64 ", %s, %s to %s\n", time, delivery->media_id, delivery->file,
           delivery->range[0] == '\0' ? "all" : delivery->range, delivery->address);
  } else {
    printf("%s  %s %03d  medium %" PRId64 ", %s", time, delivery->method, delivery->status, delivery->media_id,
           delivery->file);
    if (delivery->range[0] != '\0') {
      print_range(delivery->range);
    }
    printf(", %" PRId64 " bytes in %" PRId64 ".%03d s to %s%s\n", delivery->body_bytes, delivery->duration_us / 1000000,
           (int)(delivery->duration_us / 1000 % 1000), delivery->address, delivery->complete ? "" : ", broken off");
  }
  printf("%26s%s: %s\n", "", view_verdict_name(delivery->verdict), view_verdict_reason(delivery->verdict));
}

static void print_view(const struct grant_view *view) {
  char from[40];
  char to[40];
  format_time(view->timestamp_us, from);
  format_time(view->last_seen_us, to);
  printf("view %" PRId64 ": medium %" PRId64 " from %s%s%s%s%s, %s to %s, %" PRId64 " bytes in %" PRId64 " s", view->id,
         view->media_id, view->viewed_by_ip, view->viewer[0] == '\0' ? "" : ", viewer ", view->viewer,
         view->country[0] == '\0' ? "" : ", ", view->country, from, to, view->bytes_sent, view->seconds);
  if (view->delivered_points >= 0) {
    printf(", %" PRId64 ".%02d %% of it", view->delivered_points / 100, (int)(view->delivered_points % 100));
  }
  printf("%s%s\n", view->robot ? ", a robot" : "", view->internal ? ", internal" : "");
}

static const char *agreement_text(enum explain_agreement agreement) {
  static const char *const texts[] = {
      [EXPLAIN_AGREES] = "The database agrees.",
      [EXPLAIN_DATABASE_LESS] =
          "The database has less: lines that are not counted yet (`mediagate ingest --status`), a "
          "medium that it does not know, or views that were erased.",
      [EXPLAIN_DATABASE_MORE] = "The database has more: logs of earlier deliveries are gone.",
      [EXPLAIN_UNKNOWN] = "The database did not tell its views.",
  };
  return texts[agreement];
}

void explain_print_text(const struct explanation *explanation) {
  const struct grant_story *story = &explanation->story;
  printf("grant %s in %" PRId64 " logs of %s\n\n", explanation->grant_id, story->logs, explanation->log_dir);
  for (size_t i = 0; i < story->count; i++) {
    print_delivery(&story->deliveries[i]);
  }
  printf("%sBy the logs: %" PRId64 " views, %" PRId64 " bytes in %" PRId64 " deliveries that count, of %zu lines.\n",
         story->count > 0 ? "\n" : "", story->viewers, story->counted_bytes, story->counted_lines, story->count);
  if (story->rejected > 0) {
    printf("%" PRId64 " lines with this grant are none: see rejected.log.\n", story->rejected);
  }
  if (story->damaged_logs > 0) {
    printf("%" PRId64 " logs could not be read to their end.\n", story->damaged_logs);
  }
  for (size_t i = 0; i < explanation->view_count; i++) {
    print_view(&explanation->views[i]);
  }
  puts(agreement_text(compare(explanation)));
}

/* --- JSON ------------------------------------------------------------------------------------ */

static void add_string(struct text *out, const char *name, const char *value) {
  text_appendf(out, "\"%s\":", name);
  text_append_json_string(out, value, strlen(value));
  text_append(out, ",");
}

static void add_time(struct text *out, const char *name, int64_t time_us) {
  char time[40];
  format_time(time_us, time);
  text_appendf(out, "\"%s\":\"%s\",", name, time);
}

static void add_delivery(struct text *out, const struct story_delivery *delivery) {
  text_append(out, "{");
  add_time(out, "time", delivery->time_us);
  add_string(out, "event", delivery->begins ? "start" : "end");
  add_string(out, "request_id", delivery->request_id);
  text_appendf(out, "\"media_id\":%" PRId64 ",", delivery->media_id);
  add_string(out, "file", delivery->file);
  add_string(out, "address", delivery->address);
  add_string(out, "range", delivery->range);
  add_string(out, "user_agent", delivery->user_agent);
  if (!delivery->begins) {
    add_string(out, "method", delivery->method);
    text_appendf(out, "\"status\":%d,\"body_bytes\":%" PRId64 ",\"seconds\":%" PRId64 ".%03d,\"complete\":%s,",
                 delivery->status, delivery->body_bytes, delivery->duration_us / 1000000,
                 (int)(delivery->duration_us / 1000 % 1000), delivery->complete ? "true" : "false");
  }
  add_string(out, "verdict", view_verdict_name(delivery->verdict));
  text_append(out, "\"why\":");
  const char *why = view_verdict_reason(delivery->verdict);
  text_append_json_string(out, why, strlen(why));
  text_append(out, "}");
}

static void add_view(struct text *out, const struct grant_view *view) {
  text_appendf(out, "{\"id\":%" PRId64 ",\"media_id\":%" PRId64 ",", view->id, view->media_id);
  add_string(out, "viewed_by_ip", view->viewed_by_ip);
  add_string(out, "viewer", view->viewer);
  add_string(out, "country", view->country);
  add_time(out, "timestamp", view->timestamp_us);
  add_time(out, "last_seen_at", view->last_seen_us);
  if (view->delivered_points >= 0) {
    text_appendf(out, "\"delivered_percent\":%" PRId64 ".%02d,", view->delivered_points / 100,
                 (int)(view->delivered_points % 100));
  }
  text_appendf(out, "\"bytes_sent\":%" PRId64 ",\"seconds\":%" PRId64 ",\"bot\":%s,\"internal\":%s}", view->bytes_sent,
               view->seconds, view->robot ? "true" : "false", view->internal ? "true" : "false");
}

static void add_views(struct text *out, const struct explanation *explanation) {
  const struct grant_view *views = explanation->views;
  if (views == NULL) {
    text_append(out, "null");
    return;
  }
  text_append(out, "[");
  for (size_t i = 0; i < explanation->view_count; i++) {
    text_append(out, i > 0 ? "," : "");
    add_view(out, &views[i]);
  }
  text_append(out, "]");
}

static void flush_text(struct text *out) {
  if (!out->failed && out->length > 0) {
    fwrite(out->data, 1, out->length, stdout);
  }
  text_clear(out);
}

void explain_print_json(const struct explanation *explanation) {
  static const char *const names[] = {[EXPLAIN_AGREES] = "agrees",
                                      [EXPLAIN_DATABASE_LESS] = "database_less",
                                      [EXPLAIN_DATABASE_MORE] = "database_more",
                                      [EXPLAIN_UNKNOWN] = "unknown"};
  const struct grant_story *story = &explanation->story;
  struct text out = {0};
  text_append(&out, "{");
  add_string(&out, "grant_id", explanation->grant_id);
  text_append(&out, "\"deliveries\":[");
  for (size_t i = 0; i < story->count; i++) {
    text_append(&out, i > 0 ? "," : "");
    add_delivery(&out, &story->deliveries[i]);
    flush_text(&out);
  }
  text_appendf(&out,
               "],\"logs\":%" PRId64 ",\"damaged_logs\":%" PRId64 ",\"rejected_lines\":%" PRId64
               ",\"counted\":{\"views\":%" PRId64 ",\"deliveries\":%" PRId64 ",\"bytes\":%" PRId64 "},\"views\":",
               story->logs, story->damaged_logs, story->rejected, story->viewers, story->counted_lines,
               story->counted_bytes);
  add_views(&out, explanation);
  text_appendf(&out, ",\"agreement\":\"%s\"}\n", names[compare(explanation)]);
  flush_text(&out);
  text_free(&out);
}
