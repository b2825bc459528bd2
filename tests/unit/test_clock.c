/* SPDX-License-Identifier: ISC */
/*
 * Rows for base/clock: RFC 3339 both ways, the calendar's corners, and what is no time at all.
 */
#include "config.h"

#include "base/clock.h"

#include <string.h>

#include "unit.h"

START_TEST(parses_times) {
  static const struct {
    const char *input;
    int64_t time_us;
    const char *formatted; /* NULL: as the input */
    const char *description;
  } rows[] = {
      {"1970-01-01T00:00:00Z", 0, NULL, "the epoch"},
      {"2026-11-22T17:00:00Z", 1795366800000000, NULL, "an ordinary time"},
      {"2026-11-22T17:00:00.123456Z", 1795366800123456, NULL, "microseconds"},
      {"2026-11-22T17:00:00.5Z", 1795366800500000, "2026-11-22T17:00:00.500000Z", "a short fraction"},
      {"2026-11-22T17:00:00.1234567899Z", 1795366800123456, "2026-11-22T17:00:00.123456Z", "a long fraction"},
      {"2026-11-22t17:00:00z", 1795366800000000, "2026-11-22T17:00:00Z", "small letters"},
      {"2026-11-22T18:00:00+01:00", 1795366800000000, "2026-11-22T17:00:00Z", "east of Greenwich"},
      {"2026-11-22T11:30:00-05:30", 1795366800000000, "2026-11-22T17:00:00Z", "west of Greenwich"},
      {"2026-11-22", 1795305600000000, "2026-11-22T00:00:00Z", "a date is its midnight"},
      {"2024-02-29T00:00:00Z", 1709164800000000, NULL, "leap day"},
      {"2000-02-29T12:00:00Z", 951825600000000, NULL, "leap day of a century divisible by 400"},
      {"2016-12-31T23:59:60Z", 1483228800000000, "2017-01-01T00:00:00Z", "leap second"},
      {"9999-12-31T23:59:59.999999Z", 253402300799999999, "9999-12-31T23:59:59Z", "the last moment"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    char text[CLOCK_RFC3339_SIZE];
    int64_t time_us = -1;
    ck_assert_msg(clock_parse_rfc3339(rows[i].input, &time_us) == ERROR_NONE, "%s", rows[i].description);
    ck_assert_msg(time_us == rows[i].time_us, "%s: %lld", rows[i].description, (long long)time_us);
    clock_format_rfc3339(time_us, text);
    ck_assert_msg(strcmp(text, rows[i].formatted == NULL ? rows[i].input : rows[i].formatted) == 0, "%s: %s",
                  rows[i].description, text);
  }
}
END_TEST

START_TEST(refuses_times) {
  static const struct {
    const char *input, *description;
  } rows[] = {
      {"", "empty"},
      {"now", "a word"},
      {"2026", "a year"},
      {"2026-11", "a month"},
      {"2026-11-22 17:00:00Z", "a blank for the T"},
      {"2026-11-22T17:00:00", "no zone"},
      {"2026-11-22T17:00Z", "no seconds"},
      {"2026-11-22T17:00:00.Z", "an empty fraction"},
      {"2026-11-22T17:00:00Z ", "something after it"},
      {" 2026-11-22", "something before it"},
      {"2026-13-01", "month 13"},
      {"2026-00-01", "month 0"},
      {"2026-04-31", "April 31"},
      {"2026-02-29", "February 29 in a common year"},
      {"2100-02-29", "February 29 in a common century"},
      {"2026-11-00", "day 0"},
      {"2026-11-22T24:00:00Z", "hour 24"},
      {"2026-11-22T17:60:00Z", "minute 60"},
      {"2026-11-22T17:00:60Z", "second 60 that is no leap second"},
      {"2026-11-22T17:00:61Z", "second 61"},
      {"2026-11-22T17:00:00+24:00", "offset of a day"},
      {"2026-11-22T17:00:00+0100", "offset without a colon"},
      {"2026-11-22T17:00:00+01", "offset without minutes"},
      {"1969-12-31T23:59:59Z", "before 1970"},
      {"1970-01-01T00:30:00+01:00", "before 1970 by its offset"},
      {"9999-12-31T23:30:00-01:00", "after 9999 by its offset"},
      {"12026-11-22", "five digits"},
      {"-2026-11-22", "a sign"},
      {"1795366800", "seconds"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    int64_t time_us = 77;
    ck_assert_msg(clock_parse_rfc3339(rows[i].input, &time_us) == ERROR_INVALID && time_us == 77, "%s",
                  rows[i].description);
  }
}
END_TEST

START_TEST(tells_local_times_from_absolute_ones) {
  static const struct {
    const char *input;
    int64_t time_us; /* -1: refused */
    bool local;
    const char *description;
  } rows[] = {
      {"2026-11-22", INT64_C(1795305600000000), true, "a date"},
      {"2026-11-22T17:00:00", INT64_C(1795366800000000), true, "a time without an offset"},
      {"2026-11-22t17:00:00.5", INT64_C(1795366800500000), true, "with a fraction"},
      {"2026-11-22T17:00:00Z", INT64_C(1795366800000000), false, "UTC"},
      {"2026-11-22T17:00:00+05:45", INT64_C(1795346100000000), false, "an offset"},
      {"2026-11-22T17:00:00 ", -1, false, "something after it"},
      {"2026-11-22T17:00", -1, false, "no seconds"},
      {"2026-11-22T", -1, false, "no time"},
      {"2026-11-22T17:00:00.", -1, false, "an empty fraction"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    int64_t time_us = -1;
    bool local = false;
    enum error error = clock_parse_local(rows[i].input, &time_us, &local);
    ck_assert_msg((error == ERROR_NONE) == (rows[i].time_us >= 0), "%s", rows[i].description);
    ck_assert_msg(time_us == rows[i].time_us && local == rows[i].local, "%s: %lld", rows[i].description,
                  (long long)time_us);
  }
}
END_TEST

START_TEST(formats_any_number) {
  char text[CLOCK_RFC3339_SIZE];

  clock_format_rfc3339(-1, text);
  ck_assert_str_eq(text, "1970-01-01T00:00:00Z");
  clock_format_rfc3339(INT64_MAX, text);
  ck_assert_str_eq(text, "9999-12-31T23:59:59Z");
}
END_TEST

START_TEST(formats_as_http_has_it) {
  static const struct {
    int64_t time_us;
    const char *expected;
  } rows[] = {{INT64_C(784111777000000), "Sun, 06 Nov 1994 08:49:37 GMT"}, /* RFC 9110's */
              {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
              {-1, "Thu, 01 Jan 1970 00:00:00 GMT"},
              {INT64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT"}};
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    char text[CLOCK_HTTP_SIZE];
    clock_format_http(rows[i].time_us, text);
    ck_assert_str_eq(text, rows[i].expected);
  }
}
END_TEST

START_TEST(clocks_advance) {
  int64_t before = clock_monotonic_ms();

  ck_assert_int_ge(clock_now_us(), INT64_C(1700000000000000));
  ck_assert_int_ge(clock_now_seconds(), 1700000000);
  ck_assert_int_ge(clock_monotonic_ms(), before);
}
END_TEST

UNIT_MAIN("clock", parses_times, refuses_times, tells_local_times_from_absolute_ones, formats_any_number,
          formats_as_http_has_it, clocks_advance)
