/* SPDX-License-Identifier: ISC */
/*
 * Every read is through a span that knows its end; what lies behind it reads as an error.
 */
#include "config.h"

#include "package/playlist/fragment.h"

#include <stdio.h>
#include <string.h>

#define BOX           FRAGMENT_BOX
#define NON_SYNC      0x10000U
#define TIME_MAX      (INT64_MAX / 4)
#define TFHD_OFFSET   0x1U /* flags of tfhd and trun: which fields are there */
#define TFHD_INDEX    0x2U
#define TFHD_DURATION 0x8U
#define TFHD_SIZE     0x10U
#define TFHD_FLAGS    0x20U
#define TRUN_OFFSET   0x1U
#define TRUN_FIRST    0x4U
#define TRUN_DURATION 0x100U
#define TRUN_SIZE     0x200U
#define TRUN_FLAGS    0x400U
#define TRUN_CTS      0x800U

struct span {
  const unsigned char *at, *end;
  bool failed; /* something was read that is not there */
};

static uint64_t take(struct span *span, size_t size) {
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

static uint32_t take_u32(struct span *span) {
  return (uint32_t)take(span, 4);
}

static void skip(struct span *span, size_t size) {
  if ((size_t)(span->end - span->at) < size) {
    span->failed = true;
  } else {
    span->at += size;
  }
}

bool fragment_read_head(const unsigned char head[16], uint32_t *ret_type, int64_t *ret_size) {
  struct span span = {.at = head, .end = head + 16};
  uint64_t size = take_u32(&span);
  *ret_type = take_u32(&span);
  size = size == 1 ? take(&span, 8) : size;
  *ret_size = (int64_t)size;
  return size >= 8 && size <= INT64_MAX / 2;
}

/* The next box of a span; false at its end, or where no box is. */
static bool next_box(struct span *span, uint32_t *ret_type, struct span *ret_contents) {
  struct span head = *span;
  uint64_t size = take_u32(&head);
  *ret_type = take_u32(&head);
  size = size == 1 ? take(&head, 8) : size;
  uint64_t length = (uint64_t)(head.at - span->at);
  if (head.failed || size < length || size > (uint64_t)(span->end - span->at)) {
    span->failed = span->failed || span->at != span->end;
    return false;
  }
  *ret_contents = (struct span){.at = head.at, .end = span->at + size};
  span->at += size;
  return true;
}

static bool find(struct span span, uint32_t wanted, struct span *ret_contents) {
  uint32_t type;
  while (next_box(&span, &type, ret_contents)) {
    if (type == wanted) {
      return true;
    }
  }
  return false;
}

static bool find_path(struct span span, const uint32_t *path, size_t count, struct span *ret_contents) {
  for (size_t i = 0; i < count; i++) {
    if (!find(span, path[i], &span)) {
      return false;
    }
  }
  *ret_contents = span;
  return true;
}

/* --- init segments ------------------------------------------------------------------------------ */

static void read_avc(struct span entry, struct fragment_init *init) {
  struct span box;
  skip(&entry, 24);
  init->is_picture = true;
  init->width = (int)take(&entry, 2);
  init->height = (int)take(&entry, 2);
  skip(&entry, 50);
  if (find(entry, BOX('p', 'a', 's', 'p'), &box)) {
    init->pixel_across = take_u32(&box);
    init->pixel_down = take_u32(&box);
  }
  if (find(entry, BOX('a', 'v', 'c', 'C'), &box)) {
    skip(&box, 1);
    uint64_t profile = take(&box, 3);
    if (!box.failed) {
      snprintf(init->codec, sizeof init->codec, "avc1.%06llx", (unsigned long long)profile);
    }
  }
}

/* A descriptor of ISO/IEC 14496-1: its tag, and its length of up to four bytes, which we do not need. */
static bool enter_descriptor(struct span *span, unsigned int tag) {
  bool right = take(span, 1) == tag;
  int more = 4;
  while (more-- > 0 && (take(span, 1) & 0x80U) != 0) {
  }
  return right && !span->failed;
}

static void read_aac(struct span entry, struct fragment_init *init) {
  struct span box;
  skip(&entry, 16);
  init->channels = (int)take(&entry, 2);
  skip(&entry, 10);
  if (!find(entry, BOX('e', 's', 'd', 's'), &box)) {
    return;
  }
  skip(&box, 4);
  if (!enter_descriptor(&box, 3)) {
    return;
  }
  skip(&box, 3);
  if (!enter_descriptor(&box, 4) || take(&box, 1) != 0x40) {
    return;
  }
  skip(&box, 12);
  if (enter_descriptor(&box, 5)) {
    unsigned int type = (unsigned int)take(&box, 1) >> 3;
    if (!box.failed && type > 0 && type < 31) {
      snprintf(init->codec, sizeof init->codec, "mp4a.40.%u", type);
    }
  }
}

static bool read_track(struct span track, struct fragment_init *init) {
  static const uint32_t to_header[] = {BOX('m', 'd', 'i', 'a'), BOX('m', 'd', 'h', 'd')};
  static const uint32_t to_entry[] = {BOX('m', 'd', 'i', 'a'), BOX('m', 'i', 'n', 'f'), BOX('s', 't', 'b', 'l'),
                                      BOX('s', 't', 's', 'd')};
  struct span header, entries, entry, edits;
  uint32_t type;
  if (!find_path(track, to_header, 2, &header) || !find_path(track, to_entry, 4, &entries)) {
    return false;
  }
  uint64_t version = take(&header, 1);
  skip(&header, version == 1 ? 19 : 11);
  init->timescale = take_u32(&header);
  init->has_edit_list = find(track, BOX('e', 'd', 't', 's'), &edits);
  skip(&entries, 8);
  if (!next_box(&entries, &type, &entry)) {
    return false;
  }
  if (type == BOX('a', 'v', 'c', '1')) {
    read_avc(entry, init);
  } else if (type == BOX('m', 'p', '4', 'a')) {
    read_aac(entry, init);
  }
  return !header.failed && init->timescale > 0;
}

enum error fragment_read_init(const unsigned char *bytes, size_t size, struct fragment_init *ret_init) {
  static const uint32_t to_defaults[] = {BOX('m', 'v', 'e', 'x'), BOX('t', 'r', 'e', 'x')};
  struct fragment_init init = {.pixel_across = 1, .pixel_down = 1};
  struct span movie, box;
  uint32_t type;
  int tracks = 0;
  if (!find((struct span){.at = bytes, .end = bytes + size}, BOX('m', 'o', 'o', 'v'), &movie)) {
    return ERROR_INVALID;
  }
  for (struct span rest = movie; next_box(&rest, &type, &box);) {
    if (type == BOX('t', 'r', 'a', 'k') && (tracks++ > 0 || !read_track(box, &init))) {
      return ERROR_INVALID;
    }
  }
  if (tracks != 1 || !find_path(movie, to_defaults, 2, &box)) {
    return ERROR_INVALID;
  }
  skip(&box, 12);
  init.default_duration = take_u32(&box);
  skip(&box, 4);
  init.default_flags = take_u32(&box);
  if (box.failed) {
    return ERROR_INVALID;
  }
  *ret_init = init;
  return ERROR_NONE;
}

/* --- media segments ----------------------------------------------------------------------------- */

struct defaults {
  uint32_t duration, flags;
};

static bool read_fragment_header(struct span traf, struct defaults *defaults) {
  struct span box;
  if (!find(traf, BOX('t', 'f', 'h', 'd'), &box)) {
    return false;
  }
  uint32_t flags = take_u32(&box) & 0xffffffU;
  skip(&box, 4 + ((flags & TFHD_OFFSET) != 0 ? 8 : 0) + ((flags & TFHD_INDEX) != 0 ? 4 : 0));
  defaults->duration = (flags & TFHD_DURATION) != 0 ? take_u32(&box) : defaults->duration;
  skip(&box, (flags & TFHD_SIZE) != 0 ? 4 : 0);
  defaults->flags = (flags & TFHD_FLAGS) != 0 ? take_u32(&box) : defaults->flags;
  return !box.failed;
}

static bool read_decode_time(struct span traf, int64_t *ret_time) {
  struct span box;
  if (!find(traf, BOX('t', 'f', 'd', 't'), &box)) {
    return false;
  }
  uint64_t version = take(&box, 1);
  skip(&box, 3);
  uint64_t time = take(&box, version == 1 ? 8 : 4);
  *ret_time = (int64_t)time;
  return !box.failed && time <= TIME_MAX;
}

static void note_sample(struct fragment_times *times, int64_t decode, int64_t offset, uint32_t duration, bool key) {
  int64_t shown = decode + offset;
  if (times->samples == 0) {
    times->begin = shown;
    times->begins_with_key = key;
  }
  times->begin = shown < times->begin ? shown : times->begin;
  times->end = shown + duration > times->end ? shown + duration : times->end;
  times->duration += duration;
  times->samples++;
}

static bool read_run(struct span box, const struct defaults *defaults, struct fragment_times *times) {
  uint32_t head = take_u32(&box);
  uint32_t flags = head & 0xffffffU;
  uint32_t count = take_u32(&box);
  skip(&box, (flags & TRUN_OFFSET) != 0 ? 4 : 0);
  uint32_t first = (flags & TRUN_FIRST) != 0 ? take_u32(&box) : defaults->flags;
  for (uint32_t i = 0; i < count && !box.failed; i++) {
    uint32_t duration = (flags & TRUN_DURATION) != 0 ? take_u32(&box) : defaults->duration;
    skip(&box, (flags & TRUN_SIZE) != 0 ? 4 : 0);
    uint32_t own = (flags & TRUN_FLAGS) != 0 ? take_u32(&box) : i == 0 ? first : defaults->flags;
    uint32_t offset = (flags & TRUN_CTS) != 0 ? take_u32(&box) : 0;
    int64_t shift = head >> 24 == 0 ? (int64_t)offset : (int64_t)(int32_t)offset;
    if ((flags & TRUN_FIRST) != 0 && i == 0) {
      own = first;
    }
    if (!box.failed && times->duration < TIME_MAX) {
      note_sample(times, times->decode_begin + times->duration, shift, duration, (own & NON_SYNC) == 0);
    }
  }
  return !box.failed && times->duration < TIME_MAX;
}

enum error fragment_read_moof(const struct fragment_init *init, const unsigned char *bytes, size_t size,
                              struct fragment_times *times) {
  struct defaults defaults = {.duration = init->default_duration, .flags = init->default_flags};
  struct span traf, box;
  uint32_t type;
  int64_t decode_begin = 0;
  if (!find((struct span){.at = bytes, .end = bytes + size}, BOX('t', 'r', 'a', 'f'), &traf) ||
      !read_fragment_header(traf, &defaults) || !read_decode_time(traf, &decode_begin)) {
    return ERROR_INVALID;
  }
  if (times->samples == 0) {
    times->decode_begin = decode_begin;
  } else if (decode_begin != times->decode_begin + times->duration) {
    return ERROR_INVALID;
  }
  int64_t before = times->samples;
  for (struct span rest = traf; next_box(&rest, &type, &box);) {
    if (type == BOX('t', 'r', 'u', 'n') && !read_run(box, &defaults, times)) {
      return ERROR_INVALID;
    }
  }
  return times->samples > before ? ERROR_NONE : ERROR_INVALID;
}
