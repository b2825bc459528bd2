/* SPDX-License-Identifier: ISC */
/*
 * Which parts of a medium its views were given: by rows, against a count by hand, and of a sample.
 */
#include "config.h"

#include "store/analytics/view_retention.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/timeline.h"
#include "fixture.h"

#define FILE_BYTES 100000

static struct view_retention read_retention(int64_t media_id, int parts) {
  const struct view_question question = {.media_id = media_id, .interval = VIEW_DAY, .tz = "UTC"};
  struct view_retention retention = {.parts = 0};
  ck_assert_int_eq(view_retention_read(fixture_database, &question, parts, &retention), ERROR_NONE);
  return retention;
}

/* Views of a minute each, with what SQL says they were given; n is the number of the view, from 0. */
static void add_views(int64_t media_id, int count, const char *bytes, const char *segments, int file_bytes) {
  char sql[3000];
  fixture_sql("select 1 from media_view_log_partition('2026-03-01Z')");
  snprintf(
      sql, sizeof sql,
      "with d as (insert into media_view_log (media_id, viewed_by_ip, granted_at, \"timestamp\", address_key,"
      " address_hash, source, file_bytes, delivered_bytes, delivered_segments) select %lld, '192.0.2.1',"
      " '2026-03-01Z', '2026-03-01Z'::timestamptz + n * interval '1 second', gen_random_uuid(), n, 'stream', %d,"
      " %s, %s from generate_series(0::int8, %d - 1) n returning 1)"
      " insert into view_rollup select g, m, date_trunc(g, '2026-03-01Z'::timestamptz, 'UTC'), false, count(*), 0,"
      " 0, 0, 0, 0, 0 from d, (values ('day'), ('month')) a (g), (values (0), (%lld)) b (m) group by g, m"
      " on conflict (grain, media_id, start, bot, internal) do update set views = view_rollup.views + excluded.views",
      (long long)media_id, file_bytes, bytes, segments, count, (long long)media_id);
  fixture_sql(sql);
  snprintf(sql, sizeof sql,
           "insert into view_rollup select 'quarter', m, q, false, count(*), 0, 0, 0, 0, 0, 0 from (select"
           " date_bin('15 minutes', \"timestamp\", 'epoch') as q from media_view_log where media_id = %lld) v,"
           " (values (0), (%lld)) b (m) group by m, q on conflict (grain, media_id, start, bot, internal)"
           " do update set views = excluded.views",
           (long long)media_id, (long long)media_id);
  fixture_sql(sql);
}

static int64_t film(const char *facts) {
  char sql[300];
  int64_t id = fixture_medium();
  snprintf(sql, sizeof sql, "update media_asset set duration_seconds = 100, %s where id = %lld", facts, (long long)id);
  fixture_sql(sql);
  return id;
}

static int64_t film_in_one_file(void) {
  return film("stored_name = 'a.mp4', size_bytes = 100000, container = 'mp4'");
}

static void describe(const struct view_retention *retention, char *ret_text, size_t size) {
  snprintf(ret_text, size, "%lld/%lld:", (long long)retention->known, (long long)retention->views);
  for (int part = 0; part < retention->parts; part++) {
    size_t length = strlen(ret_text);
    snprintf(ret_text + length, size - length, " %lld", (long long)retention->reached[part]);
  }
}

START_TEST(a_part_is_where_its_middle_lies) {
  static const struct {
    const char *bytes, *segments, *expected, *description;
    int file_bytes;
  } rows[] = {
      {"'{[0,100000)}'", "null", "1/1: 1 1 1 1 1 1 1 1 1 1", "all of it", FILE_BYTES},
      {"'{[0,15000)}'", "null", "1/1: 1 0 0 0 0 0 0 0 0 0", "just up to the middle of the second", FILE_BYTES},
      {"'{[0,15001)}'", "null", "1/1: 1 1 0 0 0 0 0 0 0 0", "the middle of the second too", FILE_BYTES},
      {"'{[5000,5001),[95000,95001)}'", "null", "1/1: 1 0 0 0 0 0 0 0 0 1", "two bytes", FILE_BYTES},
      {"'{[5001,95000)}'", "null", "1/1: 0 1 1 1 1 1 1 1 1 0", "all between", FILE_BYTES},
      {"'{[6000,14000),[16000,24000)}'", "null", "1/1: 0 0 0 0 0 0 0 0 0 0", "between the middles", FILE_BYTES},
      {"'{[0,100000)}'", "null", "0/1: 0 0 0 0 0 0 0 0 0 0", "of the file before", 99},
      {"null", "null", "0/1: 0 0 0 0 0 0 0 0 0 0", "nobody knows", FILE_BYTES},
      {"'{}'", "null", "1/1: 0 0 0 0 0 0 0 0 0 0", "nothing of it", FILE_BYTES},
      {"null", "'{[1,21)}'", "0/1: 0 0 0 0 0 0 0 0 0 0", "segments of a package that is gone", FILE_BYTES},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char text[200];
    int64_t id = film_in_one_file();
    add_views(id, 1, rows[i].bytes, rows[i].segments, rows[i].file_bytes);
    struct view_retention retention = read_retention(id, 10);
    describe(&retention, text, sizeof text);
    ck_assert_msg(strcmp(text, rows[i].expected) == 0, "%s: %s", rows[i].description, text);
  }
}
END_TEST

START_TEST(reads_segments_and_times) {
  static const struct {
    const char *facts, *bytes, *segments, *expected, *description;
  } rows[] = {
      {"stored_name = 'a', size_bytes = 9, package_name = repeat('a', 32), package_segments = 20", "null",
       "'{[1,3),[20,21)}'", "1/1: 1 0 0 0 0 0 0 0 0 1", "a package, numbered from 1"},
      {"stored_name = 'a', size_bytes = 9, package_name = repeat('a', 32), package_segments = 3, package_timeline ="
       " array_fill(1::int8, array[161]) || array_fill(2::int8, array[20]) || array_fill(3::int8, array[19]) || "
       "4::int8",
       "null", "'{[1,2),[3,4)}'", "1/1: 1 1 1 1 1 1 1 1 0 1", "a copy, whose first segment is long"},
      {"stored_name = 'a', size_bytes = 100000, package_name = repeat('a', 32), package_segments = 20", "'{[0,50000)}'",
       "null", "1/1: 1 1 1 1 1 0 0 0 0 0", "a view from before the package"},
      {"stored_name = 'a', size_bytes = 100000, package_name = repeat('a', 32), package_segments = 20", "'{[0,50000)}'",
       "'{[19,22)}'", "1/1: 0 0 0 0 0 0 0 0 0 1", "both: the segments count, and sound may have one more"},
      {"container = 'hls', stored_name = 'a', size_bytes = 9, segment_count = 20", "null", "'{[0,2)}'",
       "1/1: 1 0 0 0 0 0 0 0 0 0", "a playlist, numbered from 0"},
      {"container = 'hls', stored_name = 'a', size_bytes = 9, segment_count = 2, timeline = array_fill(7::int8,"
       " array[180]) || array_fill(8::int8, array[21])",
       "null", "'{[7,8)}'", "1/1: 1 1 1 1 1 1 1 1 1 0", "a short last segment"},
      {"stored_name = 'a', size_bytes = 100000, timeline = array_fill(0::int8, array[100]) ||"
       " array_fill(90000::int8, array[100]) || 100000::int8",
       "'{[0,90000)}'", "null", "1/1: 1 1 1 1 1 0 0 0 0 0", "a dense first half"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char text[200];
    int64_t id = film(rows[i].facts);
    add_views(id, 1, rows[i].bytes, rows[i].segments, FILE_BYTES);
    struct view_retention retention = read_retention(id, 10);
    describe(&retention, text, sizeof text);
    ck_assert_msg(strcmp(text, rows[i].expected) == 0, "%s: %s", rows[i].description, text);
  }
}
END_TEST

/* By chance, against a count of each part by hand. */
START_TEST(agrees_with_a_count_by_hand) {
  int64_t id = film_in_one_file();
  add_views(id, 500,
            "(select range_agg(int8range(a, a + (hashint8(n * 7 + k) & 8191)::int8 + 1)) from"
            " (select hashint8(n * 31 + k) & 65535 as a, k from generate_series(1::int8, 1 + n % 9) k) s)",
            "null", FILE_BYTES);
  static const int parts[] = {1, 10, 37, 100, 200};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    struct view_retention retention = read_retention(id, parts[i]);
    struct timeline timeline;
    timeline_spread(0, FILE_BYTES, &timeline);
    ck_assert_int_eq(retention.known, 500);
    for (int part = 0; part < parts[i]; part++) {
      char sql[200];
      snprintf(sql, sizeof sql,
               "select count(*) from media_view_log where media_id = %lld and delivered_bytes @> %lld::int8",
               (long long)id, (long long)timeline_position(&timeline, (part + 0.5) / parts[i]));
      ck_assert_msg(retention.reached[part] == fixture_sql(sql), "%d of %d: %lld", part, parts[i],
                    (long long)retention.reached[part]);
    }
  }
}
END_TEST

/* Half of the views saw all, the others the first half. */
START_TEST(takes_a_sample_of_many) {
  int64_t id = film_in_one_file();
  add_views(id, 40000, "case when hashint8(n) & 1 = 0 then '{[0,100000)}'::int8multirange else '{[0,50000)}' end",
            "null", FILE_BYTES);
  struct view_retention retention = read_retention(id, 10);
  ck_assert_int_eq(retention.views, 40000);
  ck_assert_int_eq(retention.sample, 16);
  ck_assert_int_eq(retention.known, 40000);
  ck_assert_int_eq(retention.looked_at, 2500);
  ck_assert_int_eq(retention.reached[0], 2500);
  double share = (double)retention.reached[9] / (double)retention.looked_at;
  ck_assert_msg(fabs(share - 0.5) < 0.05, "%f", share);
}
END_TEST

START_TEST(nothing_is_no_error) {
  const struct view_question gone = {.media_id = 999999, .interval = VIEW_DAY, .tz = "UTC"};
  const struct view_question nowhere = {.media_id = fixture_medium(), .interval = VIEW_DAY, .tz = "Mars/Phobos"};
  struct view_retention retention = read_retention(nowhere.media_id, 10);
  ck_assert_int_eq(retention.views, 0);
  ck_assert_int_eq(retention.looked_at, 0);
  fixture_view(nowhere.media_id, "2026-03-01T00:00:00Z", "192.0.2.1", false); /* of a medium without a file */
  retention = read_retention(nowhere.media_id, 10);
  ck_assert_int_eq(retention.views, 1);
  ck_assert_int_eq(retention.known, 0);
  ck_assert_int_eq(view_retention_read(fixture_database, &gone, 10, &retention), ERROR_NOT_FOUND);
  ck_assert_int_eq(view_retention_read(fixture_database, &nowhere, 10, &retention), ERROR_INVALID);
}
END_TEST

FIXTURE_MAIN("view_retention", a_part_is_where_its_middle_lies, reads_segments_and_times, agrees_with_a_count_by_hand,
             takes_a_sample_of_many, nothing_is_no_error)
