/* SPDX-License-Identifier: ISC */
/*
 * What views add up to, by hour, day and month across time zones and DST; samples, rankings, who watches, rows.
 */
#include "config.h"

#include "store/analytics/view_analytics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fixture.h"
#include "security/signed_url.h"
#include "store/analytics/view_range.h"
#include "store/analytics/view_ranking.h"
#include "store/views/add_to_rollups.sql.h"
#include "store/analytics/view_uniques.h"

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
  int64_t id = fixture_medium();
  fixture_view(id, "2026-03-27T23:30:00Z", "192.0.2.1", false);
  fixture_view(id, "2026-03-28T22:30:00Z", "192.0.2.1", false);
  fixture_view(id, "2026-03-28T23:30:00Z", "192.0.2.1", false);
  fixture_view(id, "2026-03-29T00:30:00Z", "192.0.2.1", false);
  fixture_view(id, "2026-03-29T01:30:00Z", "192.0.2.2", false);
  fixture_view(id, "2026-03-29T01:30:00Z", "192.0.2.9", true); /* a robot */
  fixture_view(id, "2026-03-31T22:30:00Z", "192.0.2.1", false);
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
  int64_t id = fixture_medium();
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

/* Views from 1 March 2026 on, `seconds` apart, by so many addresses; a quarter of them Austrian, 3 from Nepal. */
static int64_t new_film_with(int views, int addresses, double seconds) {
  int64_t id = fixture_medium();
  char sql[4000];
  fixture_sql("select 1 from media_view_log_partition('2026-03-01Z')");
  snprintf(
      sql, sizeof sql,
      "with d as (insert into media_view_log (media_id, viewed_by_ip, granted_at, \"timestamp\", address_key,"
      " address_hash, source, country, bytes_sent) select %lld, '192.0.2.1', '2026-03-01Z', '2026-03-01Z'::timestamptz"
      " + n * %f * interval '1 second', gen_random_uuid(), ('x' || encode(substring(sha256(int8send(n %% %d)) from 1"
      " for 8), 'hex'))::bit(64)::bigint & 9223372036854775807, 'stream', case when n < 3 then 'NP' when"
      " hashint8(n) & 3 = 0 then 'AT' else 'DE' end, 10 from generate_series(0::int8, %d - 1) n"
      " returning media_id, \"timestamp\", bot, internal, 1 as views, 0 as plays, 10 as bytes_sent, 0 as seconds,"
      " 0 as watched_seconds, 0 as points, 0 as points_views)" ADD_TO_ROLLUPS_SQL("d"),
      (long long)id, seconds, addresses, views);
  fixture_sql(sql);
  return id;
}

/* The count lies within five standard errors, which are no more than a share of it. */
static void assert_near(int64_t count, double error, int64_t truth, double error_max) {
  double off = (double)(count > truth ? count - truth : truth - count);
  ck_assert_msg(error > 0 && error <= error_max, "standard error %f", error);
  ck_assert_msg(off <= 5 * error * (double)truth, "%lld instead of %lld, error %f", (long long)count, (long long)truth,
                error);
}

/* Of many views a sample is looked at, by the index that holds it, and the answer says how far off it may be. */
START_TEST(many_views_are_sampled) {
  static const struct {
    int views, addresses;
    int64_t sample;
  } rows[] = {{18000, 9000, 4}, {45000, 15000, 16}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int64_t id = new_film_with(rows[i].views, rows[i].addresses, 86400.0 * 3 / rows[i].views);
    struct view_totals totals;
    ck_assert_int_eq(count(id, NULL, NULL, VIEW_DAY, "UTC", &totals), ERROR_NONE);
    ck_assert_int_eq(totals.sums.views, rows[i].views);
    ck_assert_int_eq(totals.unique_sample, rows[i].sample);
    assert_near(totals.uniques.count, totals.uniques.standard_error, rows[i].addresses, 0.05);
    ck_assert_uint_eq(totals.series.count, 3);
    const struct view_bucket *day = &totals.series.buckets[1];
    ck_assert_int_eq(day->sums.views, rows[i].views / 3);
    assert_near(day->uniques.count, day->uniques.standard_error,
                rows[i].views / 3 < rows[i].addresses ? rows[i].views / 3 : rows[i].addresses, 0.1);
    ck_assert_int_eq(totals.top_sample, 16);
    ck_assert_uint_eq(totals.top_counts[VIEW_COUNTRY], 2); /* what is as rare as Nepal here is not told */
    const struct view_top *top = totals.tops[VIEW_COUNTRY];
    ck_assert_str_eq(top[0].name, "DE");
    ck_assert_str_eq(top[1].name, "AT");
    assert_near(top[0].views, top[0].standard_error, rows[i].views * 3 / 4, 0.05);
    assert_near(top[1].views, top[1].standard_error, rows[i].views / 4, 0.1);
    view_totals_free(&totals);
  }
}
END_TEST

/* Every sample of a count of addresses is what plain SQL finds below its bound, from whichever index it is read. */
START_TEST(samples_are_what_their_indexes_hold) {
  static const struct {
    const char *description;
    bool of_all;
    int64_t rows, sample; /* as if there were so many views: so every so many-th address is looked at */
  } rows[] = {{"the medium's every 16th", false, 100000, 16},
              {"the medium's every 256th", false, 1000000, 256},
              {"every 256th of all, by the index of every 64th", true, 20000000, 256},
              {"every 4,096th of all", true, 100000000, 4096}};
  int64_t film = new_film_with(45000, 45000, 1.9);
  new_film_with(3000, 3000, 1); /* of the same addresses: no more of all */
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct view_question question = {.media_id = rows[i].of_all ? 0 : film, .interval = VIEW_DAY, .tz = "UTC"};
    struct view_totals totals = {.sums.views = rows[i].rows};
    struct view_range range;
    char sql[200];
    ck_assert_int_eq(view_range_begin(fixture_database, "UTC"), ERROR_NONE);
    ck_assert_int_eq(view_range_resolve(fixture_database, &question, &range), ERROR_NONE);
    ck_assert_int_eq(view_range_steps(fixture_database, &range, VIEW_DAY, &totals.series), ERROR_NONE);
    ck_assert_int_eq(view_uniques_fill(fixture_database, &range, rows[i].rows, &totals), ERROR_NONE);
    view_range_end(fixture_database);
    snprintf(sql, sizeof sql, "select count(distinct address_hash) from media_view_log where address_hash <= %lld",
             (long long)(INT64_MAX / rows[i].sample));
    ck_assert_msg(totals.unique_sample == rows[i].sample, "%s: every %lld", rows[i].description,
                  (long long)totals.unique_sample);
    int64_t sampled = fixture_sql(sql);
    ck_assert_int_gt(sampled, 0);
    ck_assert_msg(totals.uniques.count == sampled * rows[i].sample, "%s: %lld", rows[i].description,
                  (long long)totals.uniques.count);
    view_totals_free(&totals);
  }
}
END_TEST

/* Where the views of a sample are those of a handful of addresses, or of nobody, more is looked at. */
START_TEST(many_views_by_few_addresses_are_counted_exactly) {
  int64_t id = new_film_with(9000, 6, 20);
  for (int all = 0; all <= 1; all++) {
    struct view_totals totals;
    ck_assert_int_eq(count(all ? 0 : id, NULL, NULL, VIEW_DAY, "UTC", &totals), ERROR_NONE);
    ck_assert_int_eq(totals.unique_sample, 1);
    ck_assert_int_eq(totals.uniques.count, 6);
    ck_assert(totals.uniques.standard_error <= 0);
    ck_assert_int_eq(totals.series.buckets[1].uniques.count, 6);
    view_totals_free(&totals);
  }
}
END_TEST

/* A dropped month took views along that began in the next one, under a grant of its last days. */
START_TEST(all_addresses_are_known_a_grants_life_after_a_dropped_month) {
  static const struct {
    const char *description, *from, *known_since;
  } rows[] = {{"all there is", NULL, "2026-02-08T00:00:00Z"},
              {"from the first kept month on", "2026-02-01", "2026-02-08T00:00:00Z"},
              {"from where none can be missing", "2026-02-08", NULL}};
  int64_t film = fixture_medium(), other = fixture_medium();
  fixture_view(other, "2026-01-31T23:00:00Z", "192.0.2.1", true);
  fixture_view(film, "2026-02-03T12:00:00Z", "192.0.2.1", false);
  for (int dropped = 0; dropped <= 1; dropped++) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
      struct view_totals totals;
      ck_assert_int_eq(count(film, rows[i].from, NULL, VIEW_DAY, "UTC", &totals), ERROR_NONE);
      int64_t expected = dropped && rows[i].known_since != NULL ? time_us(rows[i].known_since) : 0;
      ck_assert_msg(totals.rows_since_us == expected, "%s, dropped %d: %lld", rows[i].description, dropped,
                    (long long)totals.rows_since_us);
      view_totals_free(&totals);
    }
    while (fixture_sql("select count(media_view_log_expire('2026-02-01Z'))") > 0) {
    }
  }
}
END_TEST

static void assert_ranking(int limit, int64_t first, int64_t second) {
  const struct view_question question = {.from_us = time_us("2026-03-19"), .to_us = time_us("2026-03-21")};
  struct view_ranking ranking;
  ck_assert_int_eq(view_ranking_read(fixture_database, &question, VIEW_BY_VIEWS, limit, &ranking), ERROR_NONE);
  ck_assert_uint_eq(ranking.count, second == 0 ? 1 : 2);
  ck_assert_int_eq(ranking.items[0].media_id, first);
  ck_assert_int_eq(ranking.items[0].views, 2);
  ck_assert(second == 0 || ranking.items[1].media_id == second);
  view_ranking_free(&ranking);
}

/* More media than are added up at first had more in the month, and nothing, or less, in the time that is asked for. */
START_TEST(a_ranking_finds_media_whose_month_promised_little) {
  enum { OTHERS = 70 };
  int64_t late = fixture_medium(), loud = fixture_medium();
  for (int i = 0; i < OTHERS; i++) {
    int64_t other = fixture_medium();
    for (int view = 0; view < 3; view++) {
      fixture_view(other, "2026-03-05T10:00:00Z", "192.0.2.1", false);
    }
  }
  fixture_view(late, "2026-03-20T10:00:00Z", "192.0.2.1", false);
  fixture_view(late, "2026-03-20T11:00:00Z", "192.0.2.1", false);
  assert_ranking(1, late, 0);
  for (int view = 0; view < 5; view++) {
    fixture_view(loud, view == 0 ? "2026-03-20T10:00:00Z" : "2026-03-05T10:00:00Z", "192.0.2.1", false);
  }
  assert_ranking(1, late, 0);
  assert_ranking(2, late, loud);
}
END_TEST

FIXTURE_MAIN("view_analytics", counts_in_the_callers_time_zone, refuses_what_is_no_zone_or_too_long,
             many_views_are_sampled, samples_are_what_their_indexes_hold,
             many_views_by_few_addresses_are_counted_exactly,
             all_addresses_are_known_a_grants_life_after_a_dropped_month,
             a_ranking_finds_media_whose_month_promised_little)
