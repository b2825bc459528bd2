/* SPDX-License-Identifier: ISC */
/*
 * A hash table over an array, by linear probing. A view is known by grant, medium and network of the address.
 */
#include "config.h"

#include "ingest/view_batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "base/hash.h"
#include "base/random.h"
#include "ingest/delivered_part.h"

#define SLOTS_FIRST 1024

static uint64_t hash_of(uint64_t seed, int64_t media_id, const char *grant_id, const unsigned char *network) {
  uint64_t hash = hash_text(hash_bytes(seed, &media_id, sizeof media_id), grant_id);
  return hash_mix(hash_bytes(hash, network, ADDRESS_NETWORK_SIZE));
}

/* The slot of a view, or the empty one where it belongs. */
static size_t find_slot(const struct view_batch *batch, int64_t media_id, const char *grant_id,
                        const unsigned char *network) {
  size_t slot = hash_of(batch->seed, media_id, grant_id, network) & (batch->slot_count - 1);
  while (batch->slots[slot] != 0) {
    const struct view_change *view = &batch->views[batch->slots[slot] - 1];
    if (view->media_id == media_id && strcmp(view->grant_id, grant_id) == 0 &&
        memcmp(view->network, network, sizeof view->network) == 0) {
      break;
    }
    slot = (slot + 1) & (batch->slot_count - 1);
  }
  return slot;
}

static enum error grow_slots(struct view_batch *batch) {
  size_t slot_count = batch->slot_count == 0 ? SLOTS_FIRST : batch->slot_count * 2;
  uint32_t *slots = calloc(slot_count, sizeof *slots);
  if (slots == NULL) {
    return ERROR_MEMORY;
  }
  if (batch->seed == 0) {
    random_bytes(&batch->seed, sizeof batch->seed);
  }
  free(batch->slots);
  batch->slots = slots;
  batch->slot_count = slot_count;
  for (size_t i = 0; i < batch->count; i++) {
    const struct view_change *view = &batch->views[i];
    slots[find_slot(batch, view->media_id, view->grant_id, view->network)] = (uint32_t)i + 1;
  }
  return ERROR_NONE;
}

static enum error open_view(struct view_batch *batch, const struct delivery *delivery, const unsigned char *network,
                            struct view_change **ret_view) {
  enum error error = grow_array(&batch->views, batch->count, &batch->capacity, sizeof *batch->views);
  if (error == ERROR_NONE && (batch->count + 1) * 2 > batch->slot_count) {
    error = grow_slots(batch);
  }
  if (error != ERROR_NONE) {
    return error;
  }
  struct view_change *view = &batch->views[batch->count];
  *view = (struct view_change){
      .media_id = delivery->media_id,
      .granted_us = delivery->granted_us,
      .started_us = INT64_MAX,
      .ended_us = delivery->time_us,
  };
  memcpy(view->grant_id, delivery->grant_id, sizeof view->grant_id);
  memcpy(view->network, network, sizeof view->network);
  memcpy(view->viewer, delivery->viewer, sizeof view->viewer);
  size_t slot = find_slot(batch, view->media_id, view->grant_id, view->network);
  batch->slots[slot] = (uint32_t)++batch->count;
  *ret_view = view;
  return ERROR_NONE;
}

static enum error replace_text(char **text, const char *string) {
  if (strcmp(*text == NULL ? "" : *text, string) == 0) {
    return ERROR_NONE;
  }
  char *copy = string[0] == '\0' ? NULL : strdup(string);
  if (copy == NULL && string[0] != '\0') {
    return ERROR_MEMORY;
  }
  free(*text);
  *text = copy;
  return ERROR_NONE;
}

static enum error add_part(struct view_change *view, const struct delivery *delivery) {
  struct delivered_part part = delivered_part_of(delivery);
  view->renditions |= delivered_renditions(delivery->file);
  if (part.kind == DELIVERED_BYTES) {
    range_set_add(&view->bytes, part.from, part.to);
    view->file_bytes = part.file_bytes > view->file_bytes ? part.file_bytes : view->file_bytes;
  } else if (part.kind == DELIVERED_SEGMENT) {
    range_set_add(&view->segments, part.from, part.to);
  }
  return view->bytes.failed || view->segments.failed ? ERROR_MEMORY : ERROR_NONE;
}

enum error view_batch_add(struct view_batch *batch, const struct delivery *delivery) {
  struct view_change *view = NULL;
  unsigned char network[ADDRESS_NETWORK_SIZE];
  enum error error = address_network(delivery->address, network);
  if (error != ERROR_NONE) {
    return error;
  }
  size_t slot = batch->slot_count == 0 ? 0 : find_slot(batch, delivery->media_id, delivery->grant_id, network);
  if (batch->slot_count != 0 && batch->slots[slot] != 0) {
    view = &batch->views[batch->slots[slot] - 1];
  } else {
    error = open_view(batch, delivery, network, &view);
  }
  if (error != ERROR_NONE) {
    return error;
  }
  int64_t started_us = delivery->time_us - delivery->duration_us;
  if (started_us < view->started_us) {
    view->started_us = started_us;
    memcpy(view->address, delivery->address, sizeof view->address);
    error = replace_text(&view->user_agent, delivery->user_agent);
    error = error == ERROR_NONE ? replace_text(&view->referrer_host, delivery->referrer_host) : error;
  }
  view->ended_us = delivery->time_us > view->ended_us ? delivery->time_us : view->ended_us;
  view->bytes_sent += delivery->body_bytes;
  view->lines++;
  return error == ERROR_NONE ? add_part(view, delivery) : error;
}

void view_batch_clear(struct view_batch *batch) {
  for (size_t i = 0; i < batch->count; i++) {
    view_change_free(&batch->views[i]);
  }
  batch->count = 0;
  if (batch->slots != NULL) {
    memset(batch->slots, 0, batch->slot_count * sizeof *batch->slots);
  }
}

void view_batch_free(struct view_batch *batch) {
  view_batch_clear(batch);
  free(batch->views);
  free(batch->slots);
  *batch = (struct view_batch){0};
}
