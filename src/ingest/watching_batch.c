/* SPDX-License-Identifier: ISC */
/* Lines of yesterday, when a backlog is read, tell nothing of now. */
#include "config.h"

#include "ingest/watching_batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "store/engine/array.h"

#define OPEN_MAX_US (INT64_C(12) * 3600 * 1000000) /* as the sweep has it */

static enum error add_start(struct watching_batch *batch, const struct delivery *delivery) {
  struct watching_change *change = &batch->change;
  enum error error = grow_array(&change->starts, change->start_count, &batch->capacity, sizeof *change->starts);
  if (error != ERROR_NONE) {
    return error;
  }
  struct watching_start start = {
      .view = {.media_id = delivery->media_id, .granted_us = delivery->granted_us, .started_us = delivery->time_us}};
  memcpy(start.request_id, delivery->request_id, sizeof start.request_id);
  memcpy(start.view.grant_id, delivery->grant_id, sizeof start.view.grant_id);
  memcpy(start.view.address, delivery->address, sizeof start.view.address);
  memcpy(start.view.viewer, delivery->viewer, sizeof start.view.viewer);
  start.view.user_agent = delivery->user_agent[0] == '\0' ? NULL : strdup(delivery->user_agent);
  if (delivery->user_agent[0] != '\0' && start.view.user_agent == NULL) {
    return ERROR_MEMORY;
  }
  change->starts[change->start_count++] = start;
  return ERROR_NONE;
}

/* Refused before it could begin. A remote file begins when its origin is asked, which may then have no such file. */
static bool had_no_start(const struct delivery *delivery) {
  return strcmp(delivery->method, "GET") != 0 || delivery->status == 403 || delivery->status == 410 ||
         (delivery->status == 404 && strncmp(delivery->file, "remote/", 7) != 0);
}

enum error watching_batch_add(struct watching_batch *batch, const struct delivery *delivery, int64_t now_us) {
  if (delivery->time_us < now_us - OPEN_MAX_US) {
    return ERROR_NONE;
  }
  if (delivery->begins) {
    return add_start(batch, delivery);
  }
  if (!had_no_start(delivery)) {
    array_add_plain(&batch->change.ended, delivery->request_id);
  }
  return batch->change.ended.failed ? ERROR_MEMORY : ERROR_NONE;
}

void watching_batch_clear(struct watching_batch *batch) {
  for (size_t i = 0; i < batch->change.start_count; i++) {
    view_change_free(&batch->change.starts[i].view);
  }
  batch->change.start_count = 0;
  text_clear(&batch->change.ended);
}

void watching_batch_free(struct watching_batch *batch) {
  watching_batch_clear(batch);
  text_free(&batch->change.ended);
  free(batch->change.starts);
  *batch = (struct watching_batch){0};
}
