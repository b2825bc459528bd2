/* SPDX-License-Identifier: ISC */
/*
 * What views add up to, by hour, day and month across time zones and DST; samples, rankings, who watches, rows.
 */
#include "config.h"

#include "store/view_analytics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fixture.h"
#include "store/media_store.h"
#include "store/view_sql.h"

static int64_t new_media(void) {
  struct media media;
  ck_assert_int_eq(media_store_create(fixture_database, "film", MEDIA_VIDEO, NULL, 0, &media), ERROR_NONE);
  int64_t id = media.id;
  media_free(&media);
  return id;
}

static void add_view(int64_t media_id, const char *timestamp, const char *address, bool bot) {
  char sql[3000];
  snprintf(sql, sizeof sql, "select 1 from media_view_log_partition('%s')", timestamp);
  fixture_sql(sql);
  snprintf(sql, sizeof sql,
           "with d as (insert into media_view_log (media_id, viewed_by_ip, granted_at, \"timestamp\", address_key, "
           "address_hash,"
           " source, bot, bytes_sent) values (%lld, '%s', '%s', '%s', gen_random_uuid(), abs(hashtext('%s')), "
           "'stream', %s, 10) returning media_id, \"timestamp\", bot, 1 as views, 10 as bytes_sent, 0 as seconds,"
           " 0 as points, 0 as points_views)" SQL_ADD_TO_ROLLUPS("d"),
           (long long)media_id, address, timestamp, timestamp, address, bot ? "true" : "false");
  fixture_sql(sql);
}

static int64_t time_us(const char *text) {
  int64_t value = 0;
  ck_assert_int_eq(clock_parse_rfc3339(text, &value), ERROR_NONE);
  return value;
}

static enum error count(int64_t media_id, const char *from, const char *to, enum view_interval interval, const char *tz,
                        struct view_totals *totals) {
  struct view_question question = {.media_id = media_id,
                                   .from_us = from == NULL ? 0 : time_us(from),
                                   .to_us = to == NULL ? 0 : time_us(to),
                                   .interval = interval,
                                   .tz = tz};
  return view_analytics(fixture_database, &question, totals);
}

/* The series as "start=views/unique start=…", zeros left out but for their number: "(n)". */
static void describe(const struct view_series *series, char *ret_text, size_t size) {
  snprintf(ret_text, size, "(%zu)", series->count);
  for (size_t i = 0; i < series->count; i++) {
    const struct view_bucket *bucket = &series->buckets[i];
    size_t length = strlen(ret_text);
    if (bucket->sums.views > 0) {
      snprintf(ret_text + length, size - length, " %s=%lld/%lld", bucket->start, (long long)bucket->sums.views,
               (long long)bucket->uniques.count);
    }
  }
}

START_TEST(counts_in_the_callers_time_zone) {
  static const struct {
    const char *description, *tz, *from, *to;
    enum view_interval interval;
    const char *series, *days;
  } rows[] = {
      {"all there is, by UTC day", "UTC", NULL, NULL, VIEW_DAY,
       "(5) 2026-03-27=1/1 2026-03-28=2/1 2026-03-29=2/2 2026-03-31=1/1",
       "(5) 2026-03-27=1/0 2026-03-28=2/0 2026-03-29=2/0 2026-03-31=1/0"},
      {"Berlin's days", "Europe/Berlin", NULL, NULL, VIEW_DAY, "(5) 2026-03-28=2/1 2026-03-29=3/2 2026-04-01=1/1",
       NULL},
      {"Berlin's months", "Europe/Berlin", NULL, NULL, VIEW_MONTH, "(2) 2026-03=5/2 2026-04=1/1", NULL},
      {"Berlin's day of 23 hours", "Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", VIEW_HOUR,
       "(23) 2026-03-29T00:00:00+01:00=1/1 2026-03-29T01:00:00+01:00=1/1 2026-03-29T03:00:00+02:00=1/1",
       "(1) 2026-03-29=3/0"},
      {"a day of 25 hours has none", "Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", VIEW_HOUR, "(25)",
       "(1)"},
      {"hours that begin at half past", "Asia/Kolkata", "2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z", VIEW_HOUR,
       "(3) 2026-03-29T05:30:00+05:30=0/0", "(1) 2026-03-29=2/0"},
      {"a range without views", "UTC", "2025-01-01", "2025-01-03", VIEW_DAY, "(2)", "(2)"},
      {"a leap day", "UTC", "2024-02-01", "2024-03-01", VIEW_DAY, "(29)", "(29)"},
      {"a zone whose midnight is missing on one day", "Asia/Beirut", "2026-03-27T22:00:00Z", "2026-03-30T21:00:00Z",
       VIEW_DAY, "(3) 2026-03-28=1/1 2026-03-29=4/2", NULL},
      {"a name with a digit", "Etc/GMT+5", "2026-03-28T05:00:00Z", "2026-03-29T05:00:00Z", VIEW_DAY,
       "(1) 2026-03-28=4/2", NULL},
  };
  int64_t id = new_media();
  add_view(id, "2026-03-27T23:30:00Z", "192.0.2.1", false);
  add_view(id, "2026-03-28T22:30:00Z", "192.0.2.1", false);
  add_view(id, "2026-03-28T23:30:00Z", "192.0.2.1", false);
  add_view(id, "2026-03-29T00:30:00Z", "192.0.2.1", false);
  add_view(id, "2026-03-29T01:30:00Z", "192.0.2.2", false);
  add_view(id, "2026-03-29T01:30:00Z", "192.0.2.9", true); /* a robot */
  add_view(id, "2026-03-31T22:30:00Z", "192.0.2.1", false);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct view_totals totals = {.unique_sample = 1};
    enum error error = count(id, rows[i].from, rows[i].to, rows[i].interval, rows[i].tz, &totals);
    ck_assert_msg(error == ERROR_NONE, "%s: %s", rows[i].description, database_last_error(fixture_database));
    char text[2000];
    describe(&totals.series, text, sizeof text);
    if (strstr(rows[i].series, "=0/0") == NULL) {
      ck_assert_msg(strcmp(text, rows[i].series) == 0, "%s: series %s", rows[i].description, text);
    } else {
      ck_assert_uint_eq(totals.series.count, 3);
      ck_assert_str_eq(totals.series.buckets[0].start, "2026-03-29T05:00:00+05:30");
    }
    describe(&totals.days, text, sizeof text);
    ck_assert_msg(rows[i].days == NULL || strcmp(text, rows[i].days) == 0, "%s: days %s", rows[i].description, text);
    int64_t sum = 0;
    for (size_t day = 0; day < totals.days.count; day++) {
      sum += totals.days.buckets[day].sums.views;
    }
    ck_assert_msg(sum == totals.sums.views, "%s: the days do not add up", rows[i].description);
    ck_assert_int_eq(totals.sums.bytes_sent, totals.sums.views * 10);
    view_totals_free(&totals);
  }
}
END_TEST

START_TEST(refuses_what_is_no_zone_or_too_long) {
  static const char *const zones[] = {
      "", "Mars/Phobos", "UTC+3", "Foo/Bar3", "<+03>-3", "Europe/Berlin'; select 1", "../etc/passwd"};
  int64_t id = new_media();
  struct view_totals totals = {.unique_sample = 1};
  for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
    enum error error = count(id, NULL, NULL, VIEW_DAY, zones[i], &totals);
    ck_assert_msg(error == ERROR_INVALID, "%s: %s", zones[i], error_strerror(error));
  }
  ck_assert_int_eq(count(id, "1990-01-01", "2026-01-01", VIEW_MONTH, "UTC", &totals), ERROR_TOO_LARGE);
  ck_assert_int_eq(count(id, "2024-01-01", "2026-01-01", VIEW_HOUR, "UTC", &totals), ERROR_TOO_LARGE);
  ck_assert_int_eq(count(id + 1, NULL, NULL, VIEW_DAY, "UTC", &totals), ERROR_NOT_FOUND);
  ck_assert_int_eq(count(id, NULL, NULL, VIEW_DAY, "UTC", &totals), ERROR_NONE);
  ck_assert_int_eq(totals.sums.views, 0);
  ck_assert_uint_eq(totals.series.count, 0);
  view_totals_free(&totals);
}
END_TEST

FIXTURE_MAIN("view_analytics", counts_in_the_callers_time_zone, refuses_what_is_no_zone_or_too_long)
