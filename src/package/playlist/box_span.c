/* SPDX-License-Identifier: ISC */
/*
 * See box_span.h.
 */
#include "config.h"

#include "package/playlist/box_span.h"

uint64_t box_span_take(struct box_span *span, size_t size) {
  uint64_t value = 0;
  if ((size_t)(span->end - span->at) < size) {
    span->failed = true;
    return 0;
  }
  for (size_t i = 0; i < size; i++) {
    value = value << 8 | *span->at++;
  }
  return value;
}

uint32_t box_span_take_u32(struct box_span *span) {
  return (uint32_t)box_span_take(span, 4);
}

void box_span_skip(struct box_span *span, size_t size) {
  if ((size_t)(span->end - span->at) < size) {
    span->failed = true;
  } else {
    span->at += size;
  }
}

bool box_span_next(struct box_span *span, uint32_t *ret_type, struct box_span *ret_contents) {
  struct box_span head = *span;
  uint64_t size = box_span_take_u32(&head);
  *ret_type = box_span_take_u32(&head);
  size = size == 1 ? box_span_take(&head, 8) : size;
  uint64_t length = (uint64_t)(head.at - span->at);
  if (head.failed || size < length || size > (uint64_t)(span->end - span->at)) {
    span->failed = span->failed || span->at != span->end;
    return false;
  }
  *ret_contents = (struct box_span){.at = head.at, .end = span->at + size};
  span->at += size;
  return true;
}

bool box_span_find(struct box_span span, uint32_t wanted, struct box_span *ret_contents) {
  uint32_t type;
  while (box_span_next(&span, &type, ret_contents)) {
    if (type == wanted) {
      return true;
    }
  }
  return false;
}

bool box_span_find_path(struct box_span span, const uint32_t *path, size_t count, struct box_span *ret_contents) {
  for (size_t i = 0; i < count; i++) {
    if (!box_span_find(span, path[i], &span)) {
      return false;
    }
  }
  *ret_contents = span;
  return true;
}
