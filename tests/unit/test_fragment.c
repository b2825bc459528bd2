/* SPDX-License-Identifier: ISC */
/*
 * Init and media segments of bytes, as ffmpeg writes them and cut off at every byte.
 */
#include "config.h"

#include "package/playlist/fragment.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

/* Bytes that are put together box by box; a box's size is set when it ends. */
struct bytes {
  unsigned char data[1024];
  size_t size;
};

static void put(struct bytes *bytes, const char *data, size_t size) {
  memcpy(bytes->data + bytes->size, data, size);
  bytes->size += size;
}

static void put_u32(struct bytes *bytes, uint32_t number) {
  const char data[4] = {(char)(number >> 24), (char)(number >> 16), (char)(number >> 8), (char)number};
  put(bytes, data, 4);
}

static void put_zeros(struct bytes *bytes, size_t size) {
  memset(bytes->data + bytes->size, 0, size);
  bytes->size += size;
}

static size_t begin(struct bytes *bytes, const char *type) {
  size_t at = bytes->size;
  put_u32(bytes, 0);
  put(bytes, type, 4);
  return at;
}

static void end(struct bytes *bytes, size_t at) {
  struct bytes size = {.size = 0};
  put_u32(&size, (uint32_t)(bytes->size - at));
  memcpy(bytes->data + at, size.data, 4);
}

static void put_entry(struct bytes *bytes, bool picture) {
  size_t entry = begin(bytes, picture ? "avc1" : "mp4a");
  if (picture) {
    put_zeros(bytes, 24);
    put(bytes, "\x02\x80\x01\x68", 4); /* 640x360 */
    put_zeros(bytes, 50);
    size_t config = begin(bytes, "avcC");
    put(bytes, "\1\x64\0\x1e\xff", 5);
    end(bytes, config);
  } else {
    put_zeros(bytes, 16);
    put(bytes, "\0\2", 2);
    put_zeros(bytes, 10);
    size_t config = begin(bytes, "esds");
    put_u32(bytes, 0);
    put(bytes, "\3\x80\x80\x80\x22\0\0\0\4\x80\x80\x80\x14\x40", 14);
    put_zeros(bytes, 12);
    put(bytes, "\5\x80\x80\x80\2\x11\x90", 7);
    end(bytes, config);
  }
  end(bytes, entry);
}

static void put_track(struct bytes *bytes, bool picture, bool edits) {
  size_t track = begin(bytes, "trak");
  if (edits) {
    end(bytes, begin(bytes, "edts"));
  }
  size_t media = begin(bytes, "mdia");
  size_t header = begin(bytes, "mdhd");
  put_zeros(bytes, 12);
  put_u32(bytes, 12800);
  put_zeros(bytes, 8);
  end(bytes, header);
  size_t information = begin(bytes, "minf"), table = begin(bytes, "stbl"), entries = begin(bytes, "stsd");
  put_zeros(bytes, 8);
  put_entry(bytes, picture);
  end(bytes, entries);
  end(bytes, table);
  end(bytes, information);
  end(bytes, media);
  end(bytes, track);
}

static void make_init(struct bytes *bytes, bool picture, bool edits, int tracks) {
  *bytes = (struct bytes){.size = 0};
  end(bytes, begin(bytes, "ftyp"));
  size_t movie = begin(bytes, "moov");
  while (tracks-- > 0) {
    put_track(bytes, picture, edits);
  }
  size_t extends = begin(bytes, "mvex"), defaults = begin(bytes, "trex");
  put_zeros(bytes, 12);
  put_u32(bytes, 512);
  put_u32(bytes, 0);
  put_u32(bytes, 0x10000);
  end(bytes, defaults);
  end(bytes, extends);
  end(bytes, movie);
}

START_TEST(reads_init_segments) {
  struct bytes bytes;
  struct fragment_init init;
  make_init(&bytes, true, false, 1);
  ck_assert_int_eq(fragment_read_init(bytes.data, bytes.size, &init), ERROR_NONE);
  ck_assert(init.entry.is_picture && !init.has_edit_list && init.timescale == 12800 && init.entry.width == 640);
  ck_assert_int_eq(init.entry.height, 360);
  ck_assert_str_eq(init.entry.codec, "avc1.64001e");
  ck_assert(init.default_duration == 512 && init.default_flags == 0x10000);
  make_init(&bytes, false, true, 1);
  ck_assert_int_eq(fragment_read_init(bytes.data, bytes.size, &init), ERROR_NONE);
  ck_assert(!init.entry.is_picture && init.has_edit_list && init.entry.channels == 2);
  ck_assert_str_eq(init.entry.codec, "mp4a.40.2");
  for (int tracks = 0; tracks <= 2; tracks += 2) {
    make_init(&bytes, true, false, tracks);
    ck_assert_int_eq(fragment_read_init(bytes.data, bytes.size, &init), ERROR_INVALID);
  }
}
END_TEST

/* Three samples of 512 units from `time` on; the first is a key, the second is shown last. */
static void make_moof(struct bytes *bytes, uint32_t time) {
  *bytes = (struct bytes){.size = 0};
  end(bytes, begin(bytes, "mfhd"));
  size_t track = begin(bytes, "traf"), header = begin(bytes, "tfhd");
  put_u32(bytes, 0x20000);
  put_u32(bytes, 1);
  end(bytes, header);
  size_t decode = begin(bytes, "tfdt");
  put_u32(bytes, 0);
  put_u32(bytes, time);
  end(bytes, decode);
  size_t run = begin(bytes, "trun");
  put_u32(bytes, 0x01000a05);
  put_u32(bytes, 3);
  put_u32(bytes, 100); /* where the data is */
  put_u32(bytes, 0x02000000);
  static const int32_t offsets[] = {0, 512, -512};
  for (int i = 0; i < 3; i++) {
    put_u32(bytes, 1000);
    put_u32(bytes, (uint32_t)offsets[i]);
  }
  end(bytes, run);
  end(bytes, track);
}

START_TEST(reads_when_samples_are) {
  struct bytes bytes;
  const struct fragment_init init = {.timescale = 12800, .default_duration = 512, .default_flags = 0x10000};
  struct fragment_times times = {.samples = 0};
  make_moof(&bytes, 51200);
  ck_assert_int_eq(fragment_read_moof(&init, bytes.data, bytes.size, &times), ERROR_NONE);
  ck_assert(times.decode_begin == 51200 && times.begin == 51200 && times.end == 51200 + 1536);
  ck_assert(times.duration == 1536 && times.samples == 3 && times.begins_with_key);
  make_moof(&bytes, 51200 + 1536);
  ck_assert_int_eq(fragment_read_moof(&init, bytes.data, bytes.size, &times), ERROR_NONE);
  ck_assert(times.decode_begin == 51200 && times.duration == 3072 && times.samples == 6);
  make_moof(&bytes, 99999);
  ck_assert_int_eq(fragment_read_moof(&init, bytes.data, bytes.size, &times), ERROR_INVALID); /* a gap */
}
END_TEST

/* In memory of exactly that size, so that a sanitizer sees one byte too many. */
START_TEST(what_is_cut_off_is_refused) {
  struct bytes bytes;
  struct fragment_init init = {.timescale = 1};
  make_init(&bytes, true, false, 1);
  for (size_t size = 0; size < bytes.size; size++) {
    unsigned char *part = malloc(size + 1);
    memcpy(part, bytes.data, size);
    ck_assert_int_eq(fragment_read_init(part, size, &init), ERROR_INVALID);
    free(part);
  }
  make_moof(&bytes, 0);
  for (size_t size = 0; size < bytes.size; size++) {
    struct fragment_times times = {.samples = 0};
    unsigned char *part = malloc(size + 1);
    memcpy(part, bytes.data, size);
    ck_assert_int_eq(fragment_read_moof(&init, part, size, &times), ERROR_INVALID);
    free(part);
  }
}
END_TEST

START_TEST(reads_heads_of_boxes) {
  uint32_t type = 0;
  int64_t size = 0;
  ck_assert(fragment_read_head((const unsigned char *)"\0\0\1\0moof--------", &type, &size));
  ck_assert(type == BOX_TYPE('m', 'o', 'o', 'f') && size == 256);
  ck_assert(fragment_read_head((const unsigned char *)"\0\0\0\1mdat\0\0\0\1\0\0\0\0", &type, &size));
  ck_assert(size == INT64_C(1) << 32);
  ck_assert(!fragment_read_head((const unsigned char *)"\0\0\0\7moof--------", &type, &size));
  ck_assert(!fragment_read_head((const unsigned char *)"\0\0\0\1mdat\xff\xff\xff\xff\0\0\0\0", &type, &size));
}
END_TEST

UNIT_MAIN("fragment", reads_init_segments, reads_when_samples_are, what_is_cut_off_is_refused, reads_heads_of_boxes)
