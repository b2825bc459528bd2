/* SPDX-License-Identifier: ISC */
/* One pass over the deliveries; the viewers that were met are few, so they are looked for one by one. */
#include "config.h"

#include "ingest/story_answer.h"

#include <string.h>

#include "base/clock.h"

#define VIEWERS_MAX 200 /* more are told as one */

/* A grant played from one address (of IPv6: /64) in one medium is a view. */
struct viewers {
  const struct story_delivery *first[VIEWERS_MAX];
  size_t count;
};

static size_t number_of(struct viewers *viewers, const struct story_delivery *delivery) {
  for (size_t i = 0; i < viewers->count; i++) {
    if (viewers->first[i]->media_id == delivery->media_id &&
        memcmp(viewers->first[i]->network, delivery->network, sizeof delivery->network) == 0) {
      return i + 1;
    }
  }
  if (viewers->count < VIEWERS_MAX) {
    viewers->first[viewers->count++] = delivery;
  }
  return viewers->count;
}

static void append_member(struct text *json, const char *name, const char *value) {
  text_appendf(json, "\"%s\":", name);
  text_append_json_string(json, value, strlen(value));
  text_append(json, ",");
}

static void append_delivery(struct text *json, const struct story_delivery *delivery, size_t viewer) {
  char time[CLOCK_RFC3339_SIZE];
  clock_format_rfc3339(delivery->time_us, time);
  text_append(json, "{");
  append_member(json, "time", time);
  append_member(json, "event", delivery->begins ? "begins" : "delivered");
  append_member(json, "method", delivery->method);
  append_member(json, "file", delivery->file);
  append_member(json, "range", delivery->range);
  append_member(json, "verdict", view_verdict_name(delivery->verdict));
  append_member(json, "reason", view_verdict_reason(delivery->verdict));
  text_appendf(json,
               "\"media_id\":%lld,\"viewer_number\":%zu,\"status\":%d,\"body_bytes\":%lld,\"seconds\":%lld.%03d,"
               "\"complete\":%s}",
               (long long)delivery->media_id, viewer, delivery->status, (long long)delivery->body_bytes,
               (long long)(delivery->duration_us / 1000000), (int)(delivery->duration_us / 1000 % 1000),
               delivery->complete ? "true" : "false");
}

void story_answer_append(const struct grant_story *story, struct text *json) {
  struct viewers viewers = {.count = 0};
  size_t told = story->count < STORY_ANSWER_DELIVERIES_MAX ? story->count : STORY_ANSWER_DELIVERIES_MAX;
  text_appendf(json,
               "{\"logs\":%lld,\"damaged_logs\":%lld,\"rejected_lines\":%lld,\"counted_views\":%lld,"
               "\"counted_deliveries\":%lld,\"counted_bytes\":%lld,\"total_deliveries\":%zu,\"deliveries\":[",
               (long long)story->logs, (long long)story->damaged_logs, (long long)story->rejected,
               (long long)story->viewers, (long long)story->counted_lines, (long long)story->counted_bytes,
               story->count);
  for (size_t i = 0; i < told; i++) {
    text_append(json, i == 0 ? "" : ",");
    append_delivery(json, &story->deliveries[i], number_of(&viewers, &story->deliveries[i]));
  }
  text_append(json, "]}");
}
