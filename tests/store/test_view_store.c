/* SPDX-License-Identifier: ISC */
/*
 * Views: reports and their limit, lists, and counts by hour, day and month across time zones and DST.
 */
#include "config.h"

#include "store/view_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fixture.h"
#include "store/media_store.h"

static int64_t new_media(void) {
  struct media media;
  ck_assert_int_eq(media_store_create(fixture_database, "film", MEDIA_VIDEO, NULL, 0, &media), ERROR_NONE);
  int64_t id = media.id;
  media_free(&media);
  return id;
}

static void add_view(int64_t media_id, const char *timestamp, const char *address, bool bot) {
  char sql[500];
  snprintf(sql, sizeof sql, "select 1 from media_view_log_partition('%s')", timestamp);
  fixture_sql(sql);
  snprintf(sql, sizeof sql,
           "insert into media_view_log (media_id, viewed_by_ip, granted_at, \"timestamp\", address_key, address_hash,"
           " source, bot, bytes_sent) values (%lld, '%s', '%s', '%s', gen_random_uuid(), abs(hashtext('%s')), "
           "'stream', %s, 10)",
           (long long)media_id, address, timestamp, timestamp, address, bot ? "true" : "false");
  fixture_sql(sql);
}

static int64_t time_us(const char *text) {
  int64_t value = 0;
  ck_assert_int_eq(clock_parse_rfc3339(text, &value), ERROR_NONE);
  return value;
}

static enum error report(int64_t media_id, const char *address, int64_t limit, struct view *view) {
  int64_t retry_after = 0;
  enum error error =
      view_store_report(fixture_database, media_id, address, "user-7", "Player/1.0", limit, view, &retry_after);
  ck_assert(error != ERROR_LIMITED || (retry_after > 0 && retry_after <= 60));
  return error;
}

START_TEST(reports_a_view) {
  int64_t id = new_media();
  struct view view;
  ck_assert_int_eq(report(id, "2001:db8::1", 5, &view), ERROR_NONE);
  ck_assert_int_eq(view.media_id, id);
  ck_assert_str_eq(view.viewed_by_ip, "2001:db8::1");
  ck_assert_str_eq(view.viewer, "user-7");
  ck_assert_str_eq(view.user_agent, "Player/1.0");
  ck_assert_str_eq(view.source, "reported");
  ck_assert_str_eq(view.grant_id, "");
  ck_assert_int_eq(view.bytes_sent, -1);
  ck_assert_int_eq(view.delivered_points, -1);
  view_free(&view);
  ck_assert_int_eq(fixture_sql("select count(*) from view_rollup where views = 1 and bytes_sent = 0 and not bot"), 6);
  ck_assert_int_eq(fixture_sql("select count(*) from media_view_log where granted_at = \"timestamp\" and address_key ="
                               " '1e03d7e1-ca9d-b508-0365-cbde610828b6'"),
                   1);
  ck_assert_int_eq(report(id + 1, "192.0.2.1", 5, &view), ERROR_NOT_FOUND);
  ck_assert_int_eq(report(id, "not an address", 5, &view), ERROR_INVALID);
  ck_assert_int_eq(media_store_delete(fixture_database, id), ERROR_NONE);
  ck_assert_int_eq(report(id, "192.0.2.1", 5, &view), ERROR_NOT_FOUND);
}
END_TEST

static int64_t raced_media;

static int report_ten_times(struct database *database, int number) {
  (void)number;
  int stored = 0;
  for (int i = 0; i < 10; i++) {
    struct view view;
    int64_t retry_after = 0;
    enum error error = view_store_report(database, raced_media, "192.0.2.1", NULL, NULL, 5, &view, &retry_after);
    if (error != ERROR_NONE && error != ERROR_LIMITED) {
      return 200;
    }
    if (error == ERROR_NONE) {
      stored++;
      view_free(&view);
    }
  }
  return stored;
}

START_TEST(parallel_reports_do_not_pass_the_limit) {
  raced_media = new_media();
  ck_assert_int_eq(fixture_race(8, report_ten_times), 5);
  ck_assert_int_eq(fixture_sql("select count(*) from media_view_log"), 5);
  struct view view;
  ck_assert_int_eq(report(raced_media, "192.0.2.2", 5, &view), ERROR_NONE); /* another address has its own limit */
  view_free(&view);
}
END_TEST

START_TEST(lists_newest_first_by_cursor) {
  int64_t id = new_media(), other = new_media();
  struct view *items = NULL;
  size_t count = 99;
  ck_assert_int_eq(view_store_list(fixture_database, id, 0, 0, 10, &items, &count), ERROR_NONE);
  ck_assert_uint_eq(count, 0);
  free(items);
  ck_assert_int_eq(view_store_list(fixture_database, other + 1, 0, 0, 10, &items, &count), ERROR_NOT_FOUND);
  for (int i = 0; i < 5; i++) {
    char address[20];
    snprintf(address, sizeof address, "192.0.2.%d", i);
    add_view(id, i < 3 ? "2026-01-01T00:00:00Z" : "2026-01-02T00:00:00Z", address, false);
    add_view(other, "2026-01-01T00:00:00Z", address, false);
  }
  static const char *const expected[] = {"192.0.2.4", "192.0.2.3", "192.0.2.2", "192.0.2.1", "192.0.2.0"};
  int64_t before_us = 0, before_id = 0;
  size_t seen = 0;
  do {
    ck_assert_int_eq(view_store_list(fixture_database, id, before_us, before_id, 2, &items, &count), ERROR_NONE);
    for (size_t i = 0; i < count; i++) {
      ck_assert_str_eq(items[i].viewed_by_ip, expected[seen++]);
      before_us = items[i].timestamp_us;
      before_id = items[i].id;
      view_free(&items[i]);
    }
    free(items);
  } while (count > 0);
  ck_assert_uint_eq(seen, 5);
}
END_TEST

/* The series as "start=views/unique start=…", zeros left out but for their number: "(n)". */
static void describe(const struct view_bucket *buckets, size_t count, char *ret_text, size_t size) {
  snprintf(ret_text, size, "(%zu)", count);
  for (size_t i = 0; i < count; i++) {
    size_t length = strlen(ret_text);
    if (buckets[i].views > 0) {
      snprintf(ret_text + length, size - length, " %s=%lld/%lld", buckets[i].start, (long long)buckets[i].views,
               (long long)buckets[i].unique_ips);
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
       "(5) 2026-03-27=1/1 2026-03-28=2/1 2026-03-29=2/2 2026-03-31=1/1"},
      {"Berlin's days", "Europe/Berlin", NULL, NULL, VIEW_DAY, "(5) 2026-03-28=2/1 2026-03-29=3/2 2026-04-01=1/1",
       NULL},
      {"Berlin's months", "Europe/Berlin", NULL, NULL, VIEW_MONTH, "(2) 2026-03=5/2 2026-04=1/1", NULL},
      {"Berlin's day of 23 hours", "Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", VIEW_HOUR,
       "(23) 2026-03-29T00:00:00+01:00=1/1 2026-03-29T01:00:00+01:00=1/1 2026-03-29T03:00:00+02:00=1/1",
       "(1) 2026-03-29=3/2"},
      {"a day of 25 hours has none", "Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", VIEW_HOUR, "(25)",
       "(1)"},
      {"hours that begin at half past", "Asia/Kolkata", "2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z", VIEW_HOUR,
       "(3) 2026-03-29T05:30:00+05:30=0/0", "(1) 2026-03-29=2/2"},
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
    struct view_totals totals;
    enum error error =
        view_store_analytics(fixture_database, id, rows[i].from == NULL ? 0 : time_us(rows[i].from),
                             rows[i].to == NULL ? 0 : time_us(rows[i].to), rows[i].interval, rows[i].tz, &totals);
    ck_assert_msg(error == ERROR_NONE, "%s: %s", rows[i].description, database_last_error(fixture_database));
    char text[2000];
    describe(totals.series, totals.series_count, text, sizeof text);
    if (strstr(rows[i].series, "=0/0") == NULL) {
      ck_assert_msg(strcmp(text, rows[i].series) == 0, "%s: series %s", rows[i].description, text);
    } else {
      ck_assert_uint_eq(totals.series_count, 3);
      ck_assert_str_eq(totals.series[0].start, "2026-03-29T05:00:00+05:30");
    }
    describe(totals.days, totals.day_count, text, sizeof text);
    ck_assert_msg(rows[i].days == NULL || strcmp(text, rows[i].days) == 0, "%s: days %s", rows[i].description, text);
    int64_t sum = 0;
    for (size_t day = 0; day < totals.day_count; day++) {
      sum += totals.days[day].views;
    }
    ck_assert_msg(sum == totals.total_views, "%s: the days do not add up", rows[i].description);
    ck_assert_int_eq(totals.bytes_sent, totals.total_views * 10);
    view_totals_free(&totals);
  }
}
END_TEST

START_TEST(refuses_what_is_no_zone_or_too_long) {
  static const char *const zones[] = {
      "", "Mars/Phobos", "UTC+3", "Foo/Bar3", "<+03>-3", "Europe/Berlin'; select 1", "../etc/passwd"};
  int64_t id = new_media();
  struct view_totals totals;
  for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
    enum error error = view_store_analytics(fixture_database, id, 0, 0, VIEW_DAY, zones[i], &totals);
    ck_assert_msg(error == ERROR_INVALID, "%s: %s", zones[i], error_strerror(error));
  }
  ck_assert_int_eq(view_store_analytics(fixture_database, id, time_us("1990-01-01"), time_us("2026-01-01"), VIEW_MONTH,
                                        "UTC", &totals),
                   ERROR_TOO_LARGE);
  ck_assert_int_eq(view_store_analytics(fixture_database, id, time_us("2024-01-01"), time_us("2026-01-01"), VIEW_HOUR,
                                        "UTC", &totals),
                   ERROR_TOO_LARGE);
  ck_assert_int_eq(view_store_analytics(fixture_database, id + 1, 0, 0, VIEW_DAY, "UTC", &totals), ERROR_NOT_FOUND);
  ck_assert_int_eq(view_store_analytics(fixture_database, id, 0, 0, VIEW_DAY, "UTC", &totals), ERROR_NONE);
  ck_assert_int_eq(totals.total_views, 0);
  ck_assert_uint_eq(totals.series_count, 0);
  view_totals_free(&totals);
}
END_TEST

FIXTURE_MAIN("view_store", reports_a_view, parallel_reports_do_not_pass_the_limit, lists_newest_first_by_cursor,
             counts_in_the_callers_time_zone, refuses_what_is_no_zone_or_too_long)
