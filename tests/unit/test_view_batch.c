/* SPDX-License-Identifier: ISC */
/*
 * What a delivery is a part of, and deliveries added up by view.
 */
#include "config.h"

#include "ingest/view_batch.h"

#include <string.h>

#include "domain/rendition.h"
#include "ingest/delivered_part.h"
#include "ingest/watching_batch.h"
#include "unit.h"

static struct delivery made(const char *file, int status, int64_t body_bytes, const char *content_range) {
  struct delivery delivery = {.time_us = 2000000, .media_id = 1, .status = status, .body_bytes = body_bytes};
  delivery.complete = true;
  snprintf(delivery.file, sizeof delivery.file, "%s", file);
  snprintf(delivery.content_range, sizeof delivery.content_range, "%s", content_range);
  snprintf(delivery.grant_id, sizeof delivery.grant_id, "0193550000007000800000000000abcd");
  snprintf(delivery.address, sizeof delivery.address, "192.0.2.1");
  return delivery;
}

#define UNIQUE     "0123456789abcdef0123456789abcdef"
#define BROKEN_OFF (-1) /* in place of `complete` */

START_TEST(knows_the_part_of_the_medium) {
  static const struct {
    const char *file;
    int status;
    int64_t body_bytes;
    const char *content_range;
    int completion;
    enum delivered_kind kind;
    int64_t from, to, file_bytes;
    const char *description;
  } rows[] = {
      {"film.mp4", 200, 1000, "", 0, DELIVERED_BYTES, 0, 1000, 1000, "a whole file"},
      {"film.mp4", 200, 300, "", BROKEN_OFF, DELIVERED_BYTES, 0, 300, 0, "the beginning of one"},
      {"film.mp4", 206, 100, "bytes 500-599/1000", 0, DELIVERED_BYTES, 500, 600, 1000, "a range"},
      {"film.mp4", 206, 40, "bytes 500-599/1000", BROKEN_OFF, DELIVERED_BYTES, 500, 540, 1000, "what was sent of one"},
      {"film.mp4", 206, 100, "bytes 500-599/*", 0, DELIVERED_BYTES, 500, 600, 0, "of an unknown size"},
      {"film.mp4", 206, 999, "bytes 500-599/1000", 0, DELIVERED_BYTES, 500, 600, 1000, "never more than the range"},
      {"film.mp4", 206, 100, "", 0, DELIVERED_NOTHING, 0, 0, 0, "several ranges"},
      {"film.mp4", 206, 100, "bytes 599-500/1000", 0, DELIVERED_NOTHING, 0, 0, 0, "a range the wrong way"},
      {"film.mp4", 206, 100, "bytes 500-1000/1000", 0, DELIVERED_NOTHING, 0, 0, 0, "beyond the end"},
      {"film.mp4", 206, 100, "bytes */1000", 0, DELIVERED_NOTHING, 0, 0, 0, "no range"},
      {"film.mp4", 206, 100, "bytes 0-99/1000 ", 0, DELIVERED_NOTHING, 0, 0, 0, "something more"},
      {"film.mp4", 206, 100, "bytes 0-99", 0, DELIVERED_NOTHING, 0, 0, 0, "something less"},
      {"film.mp4", 206, 100, "bytes 0-99999999999999999999/1", 0, DELIVERED_NOTHING, 0, 0, 0, "too large"},
      {"film.mp4", 206, 100, "items 0-99/1000", 0, DELIVERED_NOTHING, 0, 0, 0, "another unit"},
      {"hls/seg-12.m4s", 200, 100, "", 0, DELIVERED_SEGMENT, 12, 13, 0, "a segment"},
      {"hls/720p/chunk-stream0-00042.M4S", 200, 100, "", 0, DELIVERED_SEGMENT, 42, 43, 0, "of a rendition"},
      {"seg5_720p.ts", 200, 100, "", 0, DELIVERED_SEGMENT, 720, 721, 0, "the last run of digits"},
      {"seg0.ts", 200, 100, "", BROKEN_OFF, DELIVERED_NOTHING, 0, 0, 0, "half a segment"},
      {"seg0.ts", 206, 100, "bytes 0-99/100", 0, DELIVERED_SEGMENT, 0, 1, 0, "a whole one by a range"},
      {"seg0.ts", 206, 50, "bytes 0-49/100", 0, DELIVERED_NOTHING, 0, 0, 0, "a range of one"},
      {"init-0.m4s", 200, 100, "", 0, DELIVERED_NOTHING, 0, 0, 0, "an initialisation segment"},
      {"a/init.mp4", 206, 100, "bytes 0-99/100", 0, DELIVERED_NOTHING, 0, 0, 0, "one that is called a film"},
      {"initiation.mp4", 200, 100, "", 0, DELIVERED_BYTES, 0, 100, 100, "a film that is called like one"},
      {"film.ts", 200, 100, "", 0, DELIVERED_BYTES, 0, 100, 100, "a film in a transport stream"},
      {UNIQUE ".ts", 200, 100, "", 0, DELIVERED_BYTES, 0, 100, 100, "one that was uploaded: its digits number nothing"},
      {UNIQUE ".ts", 206, 50, "bytes 0-49/100", 0, DELIVERED_BYTES, 0, 50, 100, "a range of it"},
      {UNIQUE ".ts/Part-2.ts", 200, 60, "", BROKEN_OFF, DELIVERED_BYTES, 0, 60, 0, "half a download of it"},
      {UNIQUE ".mp4/Init-1.mp4", 200, 100, "", 0, DELIVERED_BYTES, 0, 100, 100, "a download whose title is Init 1"},
      {UNIQUE "/seg-0-00012.m4s", 200, 100, "", 0, DELIVERED_SEGMENT, 12, 13, 0, "a package's segment"},
      {UNIQUE "/init-0.m4s", 200, 100, "", 0, DELIVERED_NOTHING, 0, 0, 0, "its initialisation segment"},
      {"remote/film-2024.ts", 206, 50, "bytes 0-49/100", 0, DELIVERED_BYTES, 0, 50, 100, "a remote film"},
      {"99/film", 200, 100, "", 0, DELIVERED_BYTES, 0, 100, 100, "no extension"},
      {"x.d/9999999999999999999999.ts", 200, 1, "", 0, DELIVERED_SEGMENT, 999999999999999, 1000000000000000, 0, "long"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct delivery delivery = made(rows[i].file, rows[i].status, rows[i].body_bytes, rows[i].content_range);
    delivery.complete = rows[i].completion != BROKEN_OFF;
    struct delivered_part part = delivered_part_of(&delivery);
    ck_assert_msg(part.kind == rows[i].kind, "%s: kind %d", rows[i].description, (int)part.kind);
    if (part.kind != DELIVERED_NOTHING) {
      ck_assert_msg(part.from == rows[i].from && part.to == rows[i].to && part.file_bytes == rows[i].file_bytes,
                    "%s: %lld-%lld/%lld", rows[i].description, (long long)part.from, (long long)part.to,
                    (long long)part.file_bytes);
    }
  }
}
END_TEST

START_TEST(knows_what_was_delivered_from) {
  static const struct {
    const char *file;
    unsigned expected;
    const char *description;
  } rows[] = {
      {UNIQUE "/seg-0-00012.m4s", RENDITION_BIT(RENDITION_0), "the largest picture of a package"},
      {UNIQUE "/seg-7-00001.m4s", RENDITION_BIT(RENDITION_7), "a smaller one, or a sound"},
      {UNIQUE "/seg-8-00001.m4s", RENDITION_BIT(RENDITION_OTHER), "more than there are names for"},
      {UNIQUE "/seg-12-00001.m4s", RENDITION_BIT(RENDITION_OTHER), "a number of two digits"},
      {UNIQUE "/init-0.m4s", 0, "what a rendition begins with"},
      {"low/seg-7.m4s", RENDITION_BIT(RENDITION_OTHER), "a playlist of the library"},
      {UNIQUE ".mp4", RENDITION_BIT(RENDITION_SOURCE), "an upload"},
      {UNIQUE ".mp4/seg-1-2.m4s", RENDITION_BIT(RENDITION_SOURCE), "a download with a name like a segment's"},
      {"remote/film.mp4", RENDITION_BIT(RENDITION_SOURCE), "a remote file"},
      {"film.mp4", RENDITION_BIT(RENDITION_SOURCE), "a file"},
  };
  struct view_batch batch = {0};
  unsigned all = 0;
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    ck_assert_msg(delivered_renditions(rows[i].file) == rows[i].expected, "%s", rows[i].description);
    struct delivery delivery = made(rows[i].file, 200, 10, "");
    ck_assert_int_eq(view_batch_add(&batch, &delivery), ERROR_NONE);
    all |= rows[i].expected;
  }
  ck_assert_uint_eq(batch.count, 1);
  ck_assert_uint_eq(batch.views[0].renditions, all);
  view_batch_free(&batch);
}
END_TEST

START_TEST(adds_up_the_deliveries_of_a_view) {
  struct view_batch batch = {0};
  struct delivery delivery = made("film.mp4", 206, 100, "bytes 100-199/1000");
  delivery.duration_us = 500000;
  snprintf(delivery.user_agent, sizeof delivery.user_agent, "Second");
  ck_assert_int_eq(view_batch_add(&batch, &delivery), ERROR_NONE);
  delivery = made("film.mp4", 206, 100, "bytes 0-99/1000");
  delivery.time_us = 1500000;
  delivery.duration_us = 1000000;
  snprintf(delivery.user_agent, sizeof delivery.user_agent, "First");
  snprintf(delivery.referrer_host, sizeof delivery.referrer_host, "player.example");
  ck_assert_int_eq(view_batch_add(&batch, &delivery), ERROR_NONE);
  delivery = made("seg7.ts", 200, 50, "");
  delivery.time_us = 9000000;
  delivery.user_agent[0] = '\0';
  ck_assert_int_eq(view_batch_add(&batch, &delivery), ERROR_NONE);
  ck_assert_uint_eq(batch.count, 1);
  const struct view_change *view = &batch.views[0];
  ck_assert_int_eq(view->started_us, 500000);
  ck_assert_int_eq(view->ended_us, 9000000);
  ck_assert_int_eq(view->bytes_sent, 250);
  ck_assert_int_eq(view->lines, 3);
  ck_assert_int_eq(view->file_bytes, 1000);
  ck_assert_str_eq(view->user_agent, "First");
  ck_assert_str_eq(view->referrer_host, "player.example");
  ck_assert(view->bytes.count == 1 && view->bytes.items[0].from == 0 && view->bytes.items[0].to == 200);
  ck_assert(view->segments.count == 1 && view->segments.items[0].from == 7);
  view_batch_free(&batch);
}
END_TEST

START_TEST(keeps_views_apart) {
  enum { VIEWS = 5000 };
  struct view_batch batch = {0};
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < VIEWS; i++) {
      struct delivery delivery = made("film.mp4", 200, 1, "");
      delivery.media_id = 1 + i % 7;
      snprintf(delivery.grant_id, sizeof delivery.grant_id, "01935500000070008000%012x", (unsigned)i / 49);
      snprintf(delivery.address, sizeof delivery.address, "192.0.2.%d", i / 7 % 7);
      ck_assert_int_eq(view_batch_add(&batch, &delivery), ERROR_NONE);
    }
    ck_assert_uint_eq(batch.count, VIEWS);
    if (round == 1) {
      for (size_t i = 0; i < batch.count; i++) {
        ck_assert_int_eq(batch.views[i].lines, 2);
      }
      view_batch_clear(&batch);
    }
  }
  view_batch_free(&batch);
}
END_TEST

START_TEST(the_addresses_of_one_64_are_one_view_that_shows_the_first) {
  struct view_batch batch = {0};
  for (int i = 0; i < 100; i++) { /* the last line is the earliest delivery */
    struct delivery delivery = made("film.mp4", 206, 1, "bytes 0-0/1000");
    delivery.time_us -= i;
    snprintf(delivery.address, sizeof delivery.address, "2001:db8:0:1::%x", i + 1);
    ck_assert_int_eq(view_batch_add(&batch, &delivery), ERROR_NONE);
  }
  struct delivery next = made("film.mp4", 206, 1, "bytes 0-0/1000");
  snprintf(next.address, sizeof next.address, "2001:db8:0:2::1");
  ck_assert_int_eq(view_batch_add(&batch, &next), ERROR_NONE);
  ck_assert_uint_eq(batch.count, 2);
  ck_assert_int_eq(batch.views[0].lines, 100);
  ck_assert_str_eq(batch.views[0].address, "2001:db8:0:1::64");
  ck_assert_str_eq(batch.views[1].address, "2001:db8:0:2::1");
  view_batch_free(&batch);
}
END_TEST

START_TEST(every_delivery_that_began_ends) {
  static const struct {
    const char *method;
    const char *file;
    int status;
    bool ends;
    const char *description;
  } rows[] = {
      {"GET", "film.mp4", 200, true, "a delivery"},
      {"GET", "film.mp4", 304, true, "unchanged"},
      {"GET", "film.mp4", 404, false, "missing"},
      {"GET", "remote/film.mp4", 404, true, "its origin had been asked"},
      {"GET", "remote/film.mp4", 502, true, "and did not answer"},
      {"GET", "film.mp4", 403, false, "forged"},
      {"GET", "remote/film.mp4", 410, false, "expired"},
      {"HEAD", "film.mp4", 200, false, "HEAD"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct watching_batch batch = {0};
    struct delivery delivery = made(rows[i].file, rows[i].status, 100, "");
    snprintf(delivery.method, sizeof delivery.method, "%s", rows[i].method);
    snprintf(delivery.request_id, sizeof delivery.request_id, "0123");
    ck_assert_int_eq(watching_batch_add(&batch, &delivery, delivery.time_us), ERROR_NONE);
    ck_assert_msg((batch.change.ended.length > 0) == rows[i].ends, "%s", rows[i].description);
    watching_batch_free(&batch);
  }
}
END_TEST

UNIT_MAIN("view_batch", every_delivery_that_began_ends, knows_the_part_of_the_medium, adds_up_the_deliveries_of_a_view,
          knows_what_was_delivered_from, keeps_views_apart, the_addresses_of_one_64_are_one_view_that_shows_the_first)
