/* SPDX-License-Identifier: ISC */
/* See delivery_tally.h. A stranger may write any name into a URL that is refused, so names become kinds of a closed
 * set. */
#include "config.h"

#include "ingest/delivery_tally.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/grow.h"
#include "domain/rendition.h"
#include "domain/segment_name.h"
#include "ingest/delivered_part.h"
#include "metrics/metric.h"

#define LONG_US INT64_C(1000000) /* segments are longer than that */

static const struct {
  const char *extension;
  enum metric_kind kind;
} extensions[] = {
    {"m3u8", METRIC_KIND_PLAYLIST}, {"mpd", METRIC_KIND_PLAYLIST}, {"vtt", METRIC_KIND_TEXT},
    {"srt", METRIC_KIND_TEXT},      {"ttml", METRIC_KIND_TEXT},    {"jpg", METRIC_KIND_IMAGE},
    {"jpeg", METRIC_KIND_IMAGE},    {"png", METRIC_KIND_IMAGE},    {"webp", METRIC_KIND_IMAGE},
};

enum metric_kind delivery_kind(const char *file) {
  const char *dot = strrchr(file, '.');
  if (strncmp(file, "remote/", 7) == 0) {
    return METRIC_KIND_REMOTE;
  }
  for (size_t i = 0; dot != NULL && i < sizeof extensions / sizeof *extensions; i++) {
    if (strcasecmp(dot + 1, extensions[i].extension) == 0) {
      return extensions[i].kind;
    }
  }
  if (delivered_is_single_file(file)) {
    return METRIC_KIND_FILE;
  }
  if (delivered_is_initialisation(file)) {
    return METRIC_KIND_INIT;
  }
  return segment_name_number(file, strlen(file)) >= 0 ? METRIC_KIND_SEGMENT : METRIC_KIND_OTHER;
}

enum metric_rendition delivery_rendition(const char *file) {
  enum rendition_name rendition = rendition_of_segment(file);
  return rendition < RENDITION_OTHER ? METRIC_RENDITION_0 + (enum metric_rendition)rendition : METRIC_RENDITION_OTHER;
}

static enum error find_sum(struct delivery_tally *tally, enum metric_kind kind, enum metric_code code,
                           enum metric_rendition rendition, struct delivery_sum **ret_sum) {
  uint16_t *place = &tally->places[kind][code][rendition];
  if (*place == 0) {
    enum error error = grow_array(&tally->sums, tally->sum_count, &tally->sum_capacity, sizeof *tally->sums);
    if (error != ERROR_NONE) {
      return error;
    }
    tally->sums[tally->sum_count] = (struct delivery_sum){.kind = kind, .code = code, .rendition = rendition};
    *place = (uint16_t)++tally->sum_count;
  }
  *ret_sum = &tally->sums[*place - 1];
  return ERROR_NONE;
}

static enum error add_long(struct delivery_tally *tally, const struct delivery *delivery,
                           enum metric_rendition rendition) {
  enum error error = grow_array(&tally->longs, tally->long_count, &tally->long_capacity, sizeof *tally->longs);
  if (error == ERROR_NONE) {
    tally->longs[tally->long_count++] = (struct delivery_long){
        .media_id = delivery->media_id, .duration_us = delivery->duration_us, .rendition = rendition};
  }
  return error;
}

enum error delivery_tally_add(struct delivery_tally *tally, const struct delivery *delivery) {
  enum metric_kind kind = delivery_kind(delivery->file);
  enum metric_rendition rendition =
      kind == METRIC_KIND_SEGMENT ? delivery_rendition(delivery->file) : METRIC_RENDITION_NONE;
  struct delivery_sum *sum = NULL;
  enum error error = find_sum(tally, kind, metric_code_of(delivery->status), rendition, &sum);
  if (error != ERROR_NONE) {
    return error;
  }
  bool delivered = delivery->status == 200 || delivery->status == 206;
  sum->deliveries++;
  sum->bytes += delivery->body_bytes;
  sum->broken_off += delivered && !delivery->complete;
  bool whole_segment = kind == METRIC_KIND_SEGMENT && delivery->status == 200 && delivery->complete;
  return whole_segment && delivery->duration_us >= LONG_US ? add_long(tally, delivery, rendition) : ERROR_NONE;
}

struct delivery_sum_change delivery_tally_change(const struct delivery_tally *tally) {
  return (struct delivery_sum_change){
      .sums = tally->sums, .sum_count = tally->sum_count, .longs = tally->longs, .long_count = tally->long_count};
}

void delivery_tally_clear(struct delivery_tally *tally) {
  for (size_t i = 0; i < tally->sum_count; i++) {
    const struct delivery_sum *sum = &tally->sums[i];
    tally->places[sum->kind][sum->code][sum->rendition] = 0;
  }
  tally->sum_count = 0;
  tally->long_count = 0;
}

void delivery_tally_free(struct delivery_tally *tally) {
  free(tally->sums);
  free(tally->longs);
  *tally = (struct delivery_tally){.sums = NULL};
}
