/* SPDX-License-Identifier: ISC */
/* What counts as viewing. */
#include "config.h"

#include "ingest/view_rule.h"

#include <string.h>

#include "base/clock.h"
#include "unit.h"

static const struct {
  const char *method;
  int status;
  int64_t body_bytes;
  const char *file;
  enum view_verdict expected;
  const char *description;
} verdicts[] = {
    {"GET", 200, 1000, "film.mp4", VIEW_COUNTS, "the whole file"},
    {"GET", 206, 1, "film.mp4", VIEW_COUNTS, "one byte of it"},
    {"GET", 200, 5, "hls/seg-1.m4s", VIEW_COUNTS, "a segment"},
    {"GET", 200, 5, "jpg", VIEW_COUNTS, "an extension needs a dot"},
    {"HEAD", 200, 0, "film.mp4", VIEW_NOT_A_GET, "HEAD"},
    {"POST", 405, 300, "film.mp4", VIEW_NOT_A_GET, "another method"},
    {"get", 200, 5, "film.mp4", VIEW_NOT_A_GET, "methods are case-sensitive"},
    {"GET", 403, 300, "film.mp4", VIEW_REFUSED, "forged"},
    {"GET", 410, 300, "film.mp4", VIEW_REFUSED, "expired"},
    {"GET", 416, 300, "film.mp4", VIEW_REFUSED, "out of range"},
    {"GET", 304, 0, "film.mp4", VIEW_REFUSED, "unchanged"},
    {"GET", 499, 0, "film.mp4", VIEW_REFUSED, "gone before the answer"},
    {"GET", 0, 0, "film.mp4", VIEW_REFUSED, "no answer"},
    {"GET", 200, 0, "film.mp4", VIEW_NO_BODY, "gone after the header"},
    {"GET", 200, 5, "hls/main.m3u8", VIEW_ACCESSORY, "a playlist"},
    {"GET", 200, 5, "dash.MPD", VIEW_ACCESSORY, "in capitals"},
    {"GET", 200, 5, "poster.jpg", VIEW_ACCESSORY, "a poster"},
    {"GET", 200, 5, "thumbs.vtt", VIEW_ACCESSORY, "a text track"},
    {"GET", 200, 16, "hls/enc.key", VIEW_ACCESSORY, "a key"},
    {"GET", 200, 5, "film.de.SRT", VIEW_ACCESSORY, "subtitles"},
};

START_TEST(judges_deliveries) {
  for (size_t i = 0; i < UNIT_ROWS(verdicts); i++) {
    struct delivery delivery = {.status = verdicts[i].status, .body_bytes = verdicts[i].body_bytes};
    snprintf(delivery.method, sizeof delivery.method, "%s", verdicts[i].method);
    snprintf(delivery.file, sizeof delivery.file, "%s", verdicts[i].file);
    enum view_verdict verdict = view_rule_judge(&delivery, 0);
    ck_assert_msg(verdict == verdicts[i].expected, "%s: %s", verdicts[i].description, view_verdict_name(verdict));
  }
  struct delivery delivery = {.status = 200, .body_bytes = 5, .method = "GET", .file = "film.mp4", .granted_us = 1000};
  ck_assert_int_eq(view_rule_judge(&delivery, 1000), VIEW_COUNTS);
  ck_assert_int_eq(view_rule_judge(&delivery, 1001), VIEW_EXPIRED);
}
END_TEST

START_TEST(views_are_kept_by_whole_months) {
  static const struct {
    const char *now;
    int64_t months;
    const char *expected, *description;
  } rows[] = {
      {"2026-11-22T21:00:00Z", 0, "1970-01-01T00:00:00Z", "for ever"},
      {"2026-11-22T21:00:00Z", 1, "2026-10-01T00:00:00Z", "the month before"},
      {"2026-11-01T00:00:00Z", 1, "2026-10-01T00:00:00Z", "on the first"},
      {"2026-01-31T23:59:59Z", 1, "2025-12-01T00:00:00Z", "of the year before"},
      {"2026-03-31T12:00:00Z", 25, "2024-02-01T00:00:00Z", "two years and a month"},
      {"2026-03-31T12:00:00Z", 1200, "1970-01-01T00:00:00Z", "longer than time"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    int64_t now_us = 0;
    char text[CLOCK_RFC3339_SIZE];
    ck_assert_int_eq(clock_parse_rfc3339(rows[i].now, &now_us), ERROR_NONE);
    clock_format_rfc3339(view_rule_kept_since(now_us, rows[i].months), text);
    ck_assert_msg(strcmp(text, rows[i].expected) == 0, "%s: %s", rows[i].description, text);
  }
}
END_TEST

START_TEST(every_verdict_has_a_name_and_a_reason) {
  for (int verdict = 0; verdict < VIEW_VERDICTS_; verdict++) {
    ck_assert_int_gt((int)strlen(view_verdict_name((enum view_verdict)verdict)), 0);
    ck_assert_int_gt((int)strlen(view_verdict_reason((enum view_verdict)verdict)), 0);
  }
}
END_TEST

UNIT_MAIN("view_rule", judges_deliveries, views_are_kept_by_whole_months, every_verdict_has_a_name_and_a_reason)
