/* SPDX-License-Identifier: ISC */
/* What names say that a file is, and how deliveries add up. */
#include "config.h"

#include "ingest/delivery_tally.h"

#include <string.h>

#include "metrics/metric.h"
#include "unit.h"

#define FOLDER "0123456789abcdef0123456789abcdef"

START_TEST(names_have_kinds) {
  static const struct {
    const char *file;
    enum metric_kind kind;
    const char *description;
  } rows[] = {
      {FOLDER ".mp4", METRIC_KIND_FILE, "an upload"},
      {FOLDER ".ts", METRIC_KIND_FILE, "an upload that is called like a segment"},
      {FOLDER ".mp4/film-7.m4s", METRIC_KIND_FILE, "a download with a name of its own"},
      {"remote/film.mp4", METRIC_KIND_REMOTE, "of an origin"},
      {"remote/film.m3u8", METRIC_KIND_REMOTE, "a playlist of an origin"},
      {FOLDER "/master.m3u8", METRIC_KIND_PLAYLIST, "HLS"},
      {FOLDER "/manifest.mpd", METRIC_KIND_PLAYLIST, "DASH"},
      {FOLDER "/init-0.m4s", METRIC_KIND_INIT, "an initialisation segment"},
      {FOLDER "/seg-0-00001.m4s", METRIC_KIND_SEGMENT, "a segment"},
      {FOLDER "/720p/part12.ts", METRIC_KIND_SEGMENT, "a segment of a library"},
      {FOLDER "/poster.jpg", METRIC_KIND_IMAGE, "a poster"},
      {FOLDER ".vtt", METRIC_KIND_TEXT, "subtitles"},
      {FOLDER "/key.bin", METRIC_KIND_OTHER, "something else"},
      {"x", METRIC_KIND_OTHER, "no extension"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    ck_assert_msg(delivery_kind(rows[i].file) == rows[i].kind, "%s", rows[i].description);
  }
}
END_TEST

START_TEST(segments_have_renditions) {
  static const struct {
    const char *file;
    enum metric_rendition rendition;
    const char *description;
  } rows[] = {
      {FOLDER "/seg-0-00001.m4s", METRIC_RENDITION_0, "the largest"},
      {FOLDER "/seg-7-00001.m4s", METRIC_RENDITION_7, "the last that has a number"},
      {FOLDER "/seg-8-00001.m4s", METRIC_RENDITION_OTHER, "one more"},
      {FOLDER "/seg-12-00001.m4s", METRIC_RENDITION_OTHER, "two digits"},
      {FOLDER "/720p/part12.ts", METRIC_RENDITION_OTHER, "of a library"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    ck_assert_msg(delivery_rendition(rows[i].file) == rows[i].rendition, "%s", rows[i].description);
  }
}
END_TEST

static void add(struct delivery_tally *tally, const char *file, int status, int64_t bytes, double seconds, bool whole) {
  struct delivery delivery = {.media_id = 7,
                              .status = status,
                              .body_bytes = bytes,
                              .duration_us = (int64_t)(seconds * 1000000),
                              .complete = whole};
  snprintf(delivery.file, sizeof delivery.file, "%s", file);
  ck_assert_int_eq(delivery_tally_add(tally, &delivery), ERROR_NONE);
}

START_TEST(deliveries_add_up) {
  struct delivery_tally tally = {.sums = NULL};
  for (int round = 0; round < 2; round++) {
    add(&tally, FOLDER "/seg-1-00001.m4s", 200, 10, 0.9, true);
    add(&tally, FOLDER "/seg-1-00002.m4s", 200, 20, 5, true);
    add(&tally, FOLDER "/seg-1-00003.m4s", 200, 3, 5, false);
    add(&tally, FOLDER "/seg-1-00003.m4s", 403, 0, 5, true);
    add(&tally, FOLDER ".mp4", 206, 100, 60, true);
    add(&tally, FOLDER ".mp4", 0, 0, 0, false);
    struct delivery_sum_change change = delivery_tally_change(&tally);
    ck_assert_uint_eq(change.sum_count, 4);
    const struct delivery_sum *first = &change.sums[0];
    ck_assert_int_eq(first->kind, METRIC_KIND_SEGMENT);
    ck_assert_int_eq(first->rendition, METRIC_RENDITION_1);
    ck_assert_int_eq(first->deliveries, 3);
    ck_assert_int_eq(first->bytes, 33);
    ck_assert_int_eq(first->broken_off, 1);
    ck_assert_int_eq(change.sums[3].code, METRIC_CODE_OTHER);
    ck_assert_int_eq(change.sums[3].broken_off, 0);
    ck_assert_uint_eq(change.long_count, 1);
    ck_assert_int_eq(change.longs[0].duration_us, 5000000);
    delivery_tally_clear(&tally);
  }
  delivery_tally_free(&tally);
}
END_TEST

UNIT_MAIN("delivery_tally", names_have_kinds, segments_have_renditions, deliveries_add_up)
