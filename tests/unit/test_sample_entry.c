/* SPDX-License-Identifier: ISC */
/*
 * Sample entries as encoders write them, by rows, and cut off at every byte: the codec's name, bits, colours.
 */
#include "config.h"

#include "package/playlist/sample_entry.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

#define BYTES(literal)     literal, sizeof(literal) - 1
#define VISUAL_SIZE        78
#define NCLX(transfer)     "\0\0\0\023colrnclx\0\011\0" transfer "\0\011\0"
#define AVCC               "\0\0\0\014avcC\1\x64\0\x1e"
#define HVCC_MAIN          "\0\0\0\032hvcC\1\1\x60\0\0\0\x90\0\0\0\0\0\x3f\xf0\0\xfc\xfd\xf8"
#define HVCC_MAIN_10       "\0\0\0\032hvcC\1\x22\x20\0\0\0\xb0\0\0\0\0\0\x96\xf0\0\xfc\xfd\xfa"
#define HVCC_SPACE         "\0\0\0\032hvcC\1\x41\x60\0\0\0\x90\0\0\0\0\0\x3f\xf0\0\xfc\xfd\xf8"
#define HVCC_SHORT         "\0\0\0\024hvcC\1\1\x60\0\0\0\x90\0\0\0\0\0"
#define AV1C(level, flags) "\0\0\0\014av1C\x81" level flags "\0"

static const struct {
  char type[5];
  const char *boxes;
  size_t size;
  const char *codec;
  int bits;
  enum sample_range range;
  const char *description;
} entry_rows[] = {
    {"avc1", BYTES(AVCC), "avc1.64001e", 8, SAMPLE_RANGE_SDR, "H.264 High"},
    {"hvc1", BYTES(HVCC_MAIN), "hvc1.1.6.L63.90", 8, SAMPLE_RANGE_SDR, "HEVC Main"},
    {"hvc1", BYTES(HVCC_MAIN_10 NCLX("\020")), "hvc1.2.4.H150.B0", 10, SAMPLE_RANGE_PQ, "HEVC Main 10, HDR10"},
    {"hvc1", BYTES(NCLX("\022") HVCC_MAIN_10), "hvc1.2.4.H150.B0", 10, SAMPLE_RANGE_HLG, "HEVC Main 10, HLG"},
    {"hev1", BYTES(HVCC_MAIN), "", 0, SAMPLE_RANGE_SDR, "parameter sets in the samples, which Apple refuses"},
    {"hvc1", BYTES(HVCC_SPACE), "", 0, SAMPLE_RANGE_SDR, "a profile space that nobody uses"},
    {"hvc1", BYTES(HVCC_SHORT), "", 0, SAMPLE_RANGE_SDR, "cut off"},
    {"av01", BYTES(AV1C("\x04", "\x0c")), "av01.0.04M.08", 8, SAMPLE_RANGE_SDR, "AV1 Main"},
    {"av01", BYTES(AV1C("\x0d", "\xcc")), "av01.0.13H.10", 10, SAMPLE_RANGE_SDR, "AV1 of 10 bits, high tier"},
    {"av01", BYTES(AV1C("\x48", "\x6c")), "av01.2.08M.12", 12, SAMPLE_RANGE_SDR, "AV1 of 12 bits"},
    {"av01", BYTES(NCLX("\020") AV1C("\x04", "\x4d")), "av01.0.04M.10.0.111.09.16.09.0", 10, SAMPLE_RANGE_PQ,
     "AV1 that says its colours"},
    {"avc1", BYTES(""), "", 0, SAMPLE_RANGE_SDR, "no configuration"},
    {"vp09", BYTES(AVCC), "", 0, SAMPLE_RANGE_SDR, "a codec that packages do not have"},
};

static uint32_t number_of(const char type[5]) {
  return BOX_TYPE(type[0], type[1], type[2], type[3]);
}

/* A picture of 640x360 with such boxes, of which only `size` bytes are there. */
static struct sample_entry read_entry(size_t row, size_t size) {
  struct sample_entry entry;
  size_t whole = VISUAL_SIZE + entry_rows[row].size;
  unsigned char *bytes = calloc(1, whole);
  ck_assert_ptr_nonnull(bytes);
  memcpy(bytes + 24, "\x02\x80\x01\x68", 4);
  memcpy(bytes + VISUAL_SIZE, entry_rows[row].boxes, entry_rows[row].size);
  unsigned char *part = malloc(size > 0 ? size : 1); /* so that a read behind its end is found */
  ck_assert_ptr_nonnull(part);
  memcpy(part, bytes, size);
  sample_entry_read(number_of(entry_rows[row].type), (struct box_span){.at = part, .end = part + size}, &entry);
  free(part);
  free(bytes);
  return entry;
}

START_TEST(codecs_are_named_by_their_configuration) {
  for (size_t i = 0; i < UNIT_ROWS(entry_rows); i++) {
    struct sample_entry entry = read_entry(i, VISUAL_SIZE + entry_rows[i].size);
    ck_assert_msg(strcmp(entry.codec, entry_rows[i].codec) == 0, "%s: %s", entry_rows[i].description, entry.codec);
    ck_assert_msg(entry.bits == entry_rows[i].bits, "%s: %d", entry_rows[i].description, entry.bits);
    ck_assert_msg(sample_entry_range(&entry) == entry_rows[i].range, "%s", entry_rows[i].description);
    ck_assert(entry.codec[0] == '\0' || (entry.is_picture && entry.width == 640 && entry.height == 360));
  }
}
END_TEST

START_TEST(what_is_cut_off_has_no_codec) {
  for (size_t i = 0; i < UNIT_ROWS(entry_rows); i++) {
    for (size_t size = 0; size < VISUAL_SIZE + entry_rows[i].size; size++) {
      struct sample_entry entry = read_entry(i, size);
      ck_assert(entry.codec[0] == '\0' || strncmp(entry.codec, entry_rows[i].codec, 13) == 0);
    }
  }
}
END_TEST

START_TEST(players_change_among_what_is_alike) {
  const struct sample_entry first = {.is_picture = true, .codec = "avc1.64001f"};
  const struct sample_entry smaller = {.is_picture = true, .codec = "avc1.4d4015"};
  const struct sample_entry other = {.is_picture = true, .codec = "hvc1.1.6.L63.90"};
  const struct sample_entry bright = {.is_picture = true, .codec = "hvc1.2.4.L63.90", .transfer = 16};
  const struct sample_entry sound = {.codec = "mp4a.40.2"};
  ck_assert(sample_entry_is_like(&first, &smaller));
  ck_assert(!sample_entry_is_like(&first, &other) && !sample_entry_is_like(&other, &bright));
  ck_assert(!sample_entry_is_like(&first, &sound));
}
END_TEST

UNIT_MAIN("sample_entry", codecs_are_named_by_their_configuration, what_is_cut_off_has_no_codec,
          players_change_among_what_is_alike)
