/* SPDX-License-Identifier: ISC */
/*
 * A codec that cannot be named from its own configuration has no name, and the package is refused.
 */
#include "config.h"

#include "package/playlist/sample_entry.h"

#include <stdio.h>
#include <string.h>

#define BOX           BOX_TYPE
#define VISUAL_BEFORE 24 /* bytes of VisualSampleEntry before the width, and after the height */
#define VISUAL_AFTER  50
#define TRANSFER_PQ   16
#define TRANSFER_HLG  18
#define NAMED         4 /* letters of a codec's name before its dot */

/* --- codecs, as their configuration boxes say ----------------------------------------------------- */

/* ISO/IEC 14496-15, 5.3.3.1 */
static void read_avc(struct box_span box, struct sample_entry *entry) {
  box_span_skip(&box, 1);
  uint64_t profile = box_span_take(&box, 3);
  if (!box.failed) {
    entry->bits = 8; /* all that packages have of it */
    snprintf(entry->codec, sizeof entry->codec, "avc1.%06llx", (unsigned long long)profile);
  }
}

static uint32_t reverse(uint32_t bits) {
  uint32_t reversed = 0;
  for (int i = 0; i < 32; i++) {
    reversed = reversed << 1 | (bits >> i & 1U);
  }
  return reversed;
}

/* ISO/IEC 14496-15, 8.3.3.1 and annex E.3: "hvc1.2.4.L93.B0". Constraint bytes of zero at the end are left out. */
static void read_hevc(struct box_span box, struct sample_entry *entry) {
  box_span_skip(&box, 1);
  unsigned int profile = (unsigned int)box_span_take(&box, 1);
  uint32_t compatible = box_span_take_u32(&box);
  uint64_t constraints = box_span_take(&box, 6);
  unsigned int level = (unsigned int)box_span_take(&box, 1);
  box_span_skip(&box, 4);
  int bits = 8 + (int)(box_span_take(&box, 1) & 7U);
  if (box.failed || profile >> 6 != 0) {
    return; /* no encoder makes other profile spaces */
  }
  int length = snprintf(entry->codec, sizeof entry->codec, "hvc1.%u.%X.%c%u", profile & 31U, reverse(compatible),
                        (profile & 32U) != 0 ? 'H' : 'L', level);
  for (int shift = 40; shift >= 0 && (constraints & ((UINT64_C(1) << (shift + 8)) - 1)) != 0; shift -= 8) {
    length += snprintf(entry->codec + length, sizeof entry->codec - (size_t)length, ".%llX",
                       (unsigned long long)(constraints >> shift & 255U));
  }
  entry->bits = bits;
}

/* AV1 Codec ISO Media File Format Binding, 2.3 and 5: "av01.0.04M.08.0.110.01.01.01.0". What follows the bits may be
 * left out, which stands for BT.709. */
static void read_av1(struct box_span box, struct sample_entry *entry) {
  box_span_skip(&box, 1);
  unsigned int profile = (unsigned int)box_span_take(&box, 1);
  unsigned int flags = (unsigned int)box_span_take(&box, 1);
  int bits = (flags & 0x40U) == 0 ? 8 : (flags & 0x20U) == 0 ? 10 : 12;
  if (box.failed) {
    return;
  }
  entry->bits = bits;
  int length = snprintf(entry->codec, sizeof entry->codec, "av01.%u.%02u%c.%02d", profile >> 5, profile & 31U,
                        (flags & 0x80U) != 0 ? 'H' : 'M', bits);
  if (entry->transfer > 0) {
    snprintf(entry->codec + length, sizeof entry->codec - (size_t)length, ".%u.%u%u%u.%02d.%02d.%02d.%d",
             flags >> 4 & 1U, flags >> 3 & 1U, flags >> 2 & 1U, flags & 3U, entry->primaries % 100,
             entry->transfer % 100, entry->matrix % 100, entry->full_range);
  }
}

/* A descriptor of ISO/IEC 14496-1: its tag, and its length of up to four bytes, which we do not need. */
static bool enter_descriptor(struct box_span *span, unsigned int tag) {
  bool right = box_span_take(span, 1) == tag;
  int more = 4;
  while (more-- > 0 && (box_span_take(span, 1) & 0x80U) != 0) {
  }
  return right && !span->failed;
}

static void read_aac(struct box_span box, struct sample_entry *entry) {
  box_span_skip(&box, 4);
  if (!enter_descriptor(&box, 3)) {
    return;
  }
  box_span_skip(&box, 3);
  if (!enter_descriptor(&box, 4) || box_span_take(&box, 1) != 0x40) {
    return;
  }
  box_span_skip(&box, 12);
  if (enter_descriptor(&box, 5)) {
    unsigned int type = (unsigned int)box_span_take(&box, 1) >> 3;
    if (!box.failed && type > 0 && type < 31) {
      snprintf(entry->codec, sizeof entry->codec, "mp4a.40.%u", type);
    }
  }
}

/* --- entries ------------------------------------------------------------------------------------ */

static void read_colours(struct box_span box, struct sample_entry *entry) {
  if (box_span_take_u32(&box) != BOX('n', 'c', 'l', 'x')) {
    return;
  }
  int primaries = (int)box_span_take(&box, 2), transfer = (int)box_span_take(&box, 2);
  int matrix = (int)box_span_take(&box, 2);
  bool full_range = box_span_take(&box, 1) >> 7 != 0;
  if (!box.failed) {
    entry->primaries = primaries;
    entry->transfer = transfer;
    entry->matrix = matrix;
    entry->full_range = full_range;
  }
}

static void read_picture(struct box_span contents, uint32_t configuration,
                         void (*read)(struct box_span box, struct sample_entry *entry), struct sample_entry *entry) {
  struct box_span box;
  entry->is_picture = true;
  box_span_skip(&contents, VISUAL_BEFORE);
  entry->width = (int)box_span_take(&contents, 2);
  entry->height = (int)box_span_take(&contents, 2);
  box_span_skip(&contents, VISUAL_AFTER);
  if (box_span_find(contents, BOX('p', 'a', 's', 'p'), &box)) {
    entry->pixel_across = box_span_take_u32(&box);
    entry->pixel_down = box_span_take_u32(&box);
  }
  if (box_span_find(contents, BOX('c', 'o', 'l', 'r'), &box)) {
    read_colours(box, entry);
  }
  if (box_span_find(contents, configuration, &box)) {
    read(box, entry);
  }
}

static void read_sound(struct box_span contents, struct sample_entry *entry) {
  struct box_span box;
  box_span_skip(&contents, 16);
  entry->channels = (int)box_span_take(&contents, 2);
  box_span_skip(&contents, 10);
  if (box_span_find(contents, BOX('e', 's', 'd', 's'), &box)) {
    read_aac(box, entry);
  }
}

void sample_entry_read(uint32_t type, struct box_span contents, struct sample_entry *ret_entry) {
  *ret_entry = (struct sample_entry){.pixel_across = 1, .pixel_down = 1};
  if (type == BOX('a', 'v', 'c', '1')) {
    read_picture(contents, BOX('a', 'v', 'c', 'C'), read_avc, ret_entry);
  } else if (type == BOX('h', 'v', 'c', '1')) {
    read_picture(contents, BOX('h', 'v', 'c', 'C'), read_hevc, ret_entry);
  } else if (type == BOX('a', 'v', '0', '1')) {
    read_picture(contents, BOX('a', 'v', '1', 'C'), read_av1, ret_entry);
  } else if (type == BOX('m', 'p', '4', 'a')) {
    read_sound(contents, ret_entry);
  }
}

enum sample_range sample_entry_range(const struct sample_entry *entry) {
  return entry->transfer == TRANSFER_PQ    ? SAMPLE_RANGE_PQ
         : entry->transfer == TRANSFER_HLG ? SAMPLE_RANGE_HLG
                                           : SAMPLE_RANGE_SDR;
}

bool sample_entry_is_like(const struct sample_entry *entry, const struct sample_entry *other) {
  return entry->is_picture == other->is_picture && strncmp(entry->codec, other->codec, NAMED) == 0 &&
         sample_entry_range(entry) == sample_entry_range(other);
}
