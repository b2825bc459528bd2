/* SPDX-License-Identifier: ISC */
/*
 * A grant may have many thousands of deliveries, so that of each only what is told is kept.
 */
#include "config.h"

#include "ingest/grant_story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "ingest/ingester.h"
#include "ingest/log_search.h"

struct reading {
  struct grant_story *story;
  const char *grant_id;
  int64_t kept_since_us;
  struct delivery delivery;
};

static void delivery_free(struct story_delivery *delivery) {
  free(delivery->file);
  free(delivery->range);
  free(delivery->user_agent);
}

static enum error append_delivery(struct grant_story *story, const struct delivery *from, enum view_verdict verdict) {
  enum error error = grow_array(&story->deliveries, story->count, &story->capacity, sizeof *story->deliveries);
  if (error != ERROR_NONE) {
    return error;
  }
  struct story_delivery *delivery = &story->deliveries[story->count];
  *delivery = (struct story_delivery){.read = story->count,
                                      .time_us = from->time_us,
                                      .duration_us = from->duration_us,
                                      .media_id = from->media_id,
                                      .body_bytes = from->body_bytes,
                                      .verdict = verdict,
                                      .status = from->status,
                                      .begins = from->begins,
                                      .complete = from->complete,
                                      .file = strdup(from->file),
                                      .range = strdup(from->content_range),
                                      .user_agent = strdup(from->user_agent)};
  memcpy(delivery->request_id, from->request_id, sizeof delivery->request_id);
  memcpy(delivery->address, from->address, sizeof delivery->address);
  memcpy(delivery->method, from->method, sizeof delivery->method);
  story->count++;
  return delivery->file == NULL || delivery->range == NULL || delivery->user_agent == NULL
             ? ERROR_MEMORY
             : address_network(delivery->address, delivery->network);
}

/* As ingest reads it: of a torn line with another glued to it the whole end counts. */
static enum error take_line(void *context, const char *path, const char *line, size_t size) {
  struct reading *reading = context;
  (void)path;
  if (delivery_line_parse(line, size, &reading->delivery) != DELIVERY_REJECT_NONE) {
    size_t glued_at = delivery_line_glued_at(line, size);
    reading->story->rejected++;
    if (glued_at == 0 ||
        delivery_line_parse(line + glued_at, size - glued_at, &reading->delivery) != DELIVERY_REJECT_NONE) {
      return ERROR_NONE;
    }
  }
  if (strcmp(reading->delivery.grant_id, reading->grant_id) != 0) {
    return ERROR_NONE;
  }
  return append_delivery(reading->story, &reading->delivery,
                         view_rule_judge(&reading->delivery, reading->kept_since_us));
}

static void note_damaged(void *context, const char *path) {
  struct reading *reading = context;
  (void)path;
  reading->story->damaged_logs++;
}

/* Of the same millisecond: as the log has them. */
static int in_time(const void *left, const void *right) {
  const struct story_delivery *a = left;
  const struct story_delivery *b = right;
  if (a->time_us != b->time_us) {
    return a->time_us < b->time_us ? -1 : 1;
  }
  return (a->read > b->read) - (a->read < b->read);
}

/* Is it one of those before it? They are in time. */
static bool is_repeated(const struct story_delivery *deliveries, size_t count, const struct story_delivery *delivery) {
  for (size_t i = count; i > 0 && deliveries[i - 1].time_us == delivery->time_us; i--) {
    if (deliveries[i - 1].begins == delivery->begins &&
        strcmp(deliveries[i - 1].request_id, delivery->request_id) == 0) {
      return true;
    }
  }
  return false;
}

static void drop_repeated(struct grant_story *story) {
  size_t kept = 0;
  for (size_t i = 0; i < story->count; i++) {
    if (is_repeated(story->deliveries, kept, &story->deliveries[i])) {
      delivery_free(&story->deliveries[i]);
    } else {
      story->deliveries[kept++] = story->deliveries[i];
    }
  }
  story->count = kept;
}

static int by_viewer(const void *left, const void *right) {
  const struct story_delivery *a = *(const struct story_delivery *const *)left;
  const struct story_delivery *b = *(const struct story_delivery *const *)right;
  return a->media_id != b->media_id ? (a->media_id < b->media_id ? -1 : 1)
                                    : memcmp(a->network, b->network, sizeof a->network);
}

static enum error add_up(struct grant_story *story) {
  const struct story_delivery **counted = calloc(story->count + 1, sizeof *counted);
  if (counted == NULL) {
    return ERROR_MEMORY;
  }
  size_t count = 0;
  for (size_t i = 0; i < story->count; i++) {
    if (story->deliveries[i].verdict == VIEW_COUNTS) {
      counted[count++] = &story->deliveries[i];
      story->counted_bytes += story->deliveries[i].body_bytes;
    }
  }
  qsort(counted, count, sizeof *counted, by_viewer);
  for (size_t i = 0; i < count; i++) {
    story->viewers += i == 0 || by_viewer(&counted[i - 1], &counted[i]) != 0;
  }
  story->counted_lines = (int64_t)count;
  free(counted);
  return ERROR_NONE;
}

enum error grant_story_read(const char *log_dir, const char *grant_id, int64_t kept_since_us,
                            struct grant_story *ret_story) {
  struct grant_story story = {0};
  char needle[64];
  struct reading *reading = calloc(1, sizeof *reading);
  if (reading == NULL) {
    return ERROR_MEMORY;
  }
  *reading = (struct reading){.story = &story, .grant_id = grant_id, .kept_since_us = kept_since_us};
  snprintf(needle, sizeof needle, "\"grant\":\"%s\"", grant_id);
  const struct log_search search = {.log_dir = log_dir,
                                    .name = DELIVERY_LOG_NAME,
                                    .needle = needle,
                                    .found = take_line,
                                    .damaged = note_damaged,
                                    .context = reading};
  enum error error = log_search_run(&search, &story.logs);
  free(reading);
  if (error == ERROR_NONE) {
    if (story.count > 1) {
      qsort(story.deliveries, story.count, sizeof *story.deliveries, in_time);
      drop_repeated(&story);
    }
    error = add_up(&story);
  }
  if (error != ERROR_NONE) {
    grant_story_free(&story);
    return error;
  }
  *ret_story = story;
  return ERROR_NONE;
}

void grant_story_free(struct grant_story *story) {
  for (size_t i = 0; i < story->count; i++) {
    delivery_free(&story->deliveries[i]);
  }
  free(story->deliveries);
  *story = (struct grant_story){0};
}
