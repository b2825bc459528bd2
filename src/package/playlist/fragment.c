/* SPDX-License-Identifier: ISC */
/*
 * See fragment.h.
 */
#include "config.h"

#include "package/playlist/fragment.h"

#define BOX           BOX_TYPE
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

bool fragment_read_head(const unsigned char head[16], uint32_t *ret_type, int64_t *ret_size) {
  struct box_span span = {.at = head, .end = head + 16};
  uint64_t size = box_span_take_u32(&span);
  *ret_type = box_span_take_u32(&span);
  size = size == 1 ? box_span_take(&span, 8) : size;
  *ret_size = (int64_t)size;
  return size >= 8 && size <= INT64_MAX / 2;
}

/* --- init segments ------------------------------------------------------------------------------ */

static bool read_track(struct box_span track, struct fragment_init *init) {
  static const uint32_t to_header[] = {BOX('m', 'd', 'i', 'a'), BOX('m', 'd', 'h', 'd')};
  static const uint32_t to_entry[] = {BOX('m', 'd', 'i', 'a'), BOX('m', 'i', 'n', 'f'), BOX('s', 't', 'b', 'l'),
                                      BOX('s', 't', 's', 'd')};
  struct box_span header, entries, entry, edits;
  uint32_t type;
  if (!box_span_find_path(track, to_header, 2, &header) || !box_span_find_path(track, to_entry, 4, &entries)) {
    return false;
  }
  uint64_t version = box_span_take(&header, 1);
  box_span_skip(&header, version == 1 ? 19 : 11);
  init->timescale = box_span_take_u32(&header);
  init->has_edit_list = box_span_find(track, BOX('e', 'd', 't', 's'), &edits);
  box_span_skip(&entries, 8);
  if (!box_span_next(&entries, &type, &entry)) {
    return false;
  }
  sample_entry_read(type, entry, &init->entry);
  return !header.failed && init->timescale > 0;
}

enum error fragment_read_init(const unsigned char *bytes, size_t size, struct fragment_init *ret_init) {
  static const uint32_t to_defaults[] = {BOX('m', 'v', 'e', 'x'), BOX('t', 'r', 'e', 'x')};
  struct fragment_init init = {.timescale = 0};
  struct box_span movie, box;
  uint32_t type;
  int tracks = 0;
  if (!box_span_find((struct box_span){.at = bytes, .end = bytes + size}, BOX('m', 'o', 'o', 'v'), &movie)) {
    return ERROR_INVALID;
  }
  for (struct box_span rest = movie; box_span_next(&rest, &type, &box);) {
    if (type == BOX('t', 'r', 'a', 'k') && (tracks++ > 0 || !read_track(box, &init))) {
      return ERROR_INVALID;
    }
  }
  if (tracks != 1 || !box_span_find_path(movie, to_defaults, 2, &box)) {
    return ERROR_INVALID;
  }
  box_span_skip(&box, 12);
  init.default_duration = box_span_take_u32(&box);
  box_span_skip(&box, 4);
  init.default_flags = box_span_take_u32(&box);
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

static bool read_fragment_header(struct box_span traf, struct defaults *defaults) {
  struct box_span box;
  if (!box_span_find(traf, BOX('t', 'f', 'h', 'd'), &box)) {
    return false;
  }
  uint32_t flags = box_span_take_u32(&box) & 0xffffffU;
  box_span_skip(&box, 4 + ((flags & TFHD_OFFSET) != 0 ? 8 : 0) + ((flags & TFHD_INDEX) != 0 ? 4 : 0));
  defaults->duration = (flags & TFHD_DURATION) != 0 ? box_span_take_u32(&box) : defaults->duration;
  box_span_skip(&box, (flags & TFHD_SIZE) != 0 ? 4 : 0);
  defaults->flags = (flags & TFHD_FLAGS) != 0 ? box_span_take_u32(&box) : defaults->flags;
  return !box.failed;
}

static bool read_decode_time(struct box_span traf, int64_t *ret_time) {
  struct box_span box;
  if (!box_span_find(traf, BOX('t', 'f', 'd', 't'), &box)) {
    return false;
  }
  uint64_t version = box_span_take(&box, 1);
  box_span_skip(&box, 3);
  uint64_t time = box_span_take(&box, version == 1 ? 8 : 4);
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

static bool read_run(struct box_span box, const struct defaults *defaults, struct fragment_times *times) {
  uint32_t head = box_span_take_u32(&box);
  uint32_t flags = head & 0xffffffU;
  uint32_t count = box_span_take_u32(&box);
  box_span_skip(&box, (flags & TRUN_OFFSET) != 0 ? 4 : 0);
  uint32_t first = (flags & TRUN_FIRST) != 0 ? box_span_take_u32(&box) : defaults->flags;
  for (uint32_t i = 0; i < count && !box.failed; i++) {
    uint32_t duration = (flags & TRUN_DURATION) != 0 ? box_span_take_u32(&box) : defaults->duration;
    box_span_skip(&box, (flags & TRUN_SIZE) != 0 ? 4 : 0);
    uint32_t own = (flags & TRUN_FLAGS) != 0 ? box_span_take_u32(&box) : i == 0 ? first : defaults->flags;
    uint32_t offset = (flags & TRUN_CTS) != 0 ? box_span_take_u32(&box) : 0;
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
  struct box_span traf, box;
  uint32_t type;
  int64_t decode_begin = 0;
  if (!box_span_find((struct box_span){.at = bytes, .end = bytes + size}, BOX('t', 'r', 'a', 'f'), &traf) ||
      !read_fragment_header(traf, &defaults) || !read_decode_time(traf, &decode_begin)) {
    return ERROR_INVALID;
  }
  if (times->samples == 0) {
    times->decode_begin = decode_begin;
  } else if (decode_begin != times->decode_begin + times->duration) {
    return ERROR_INVALID;
  }
  int64_t before = times->samples;
  for (struct box_span rest = traf; box_span_next(&rest, &type, &box);) {
    if (type == BOX('t', 'r', 'u', 'n') && !read_run(box, &defaults, times)) {
      return ERROR_INVALID;
    }
  }
  return times->samples > before ? ERROR_NONE : ERROR_INVALID;
}
