/* SPDX-License-Identifier: ISC */
/*
 * What is written of views: delivered parts, marks, the months that they lie in, who watches now.
 */
#include "config.h"

#include "store/views/view_writer.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "fixture.h"
#include "store/views/view_partitions.h"
#include "view_changes.h"

/* Points of the one view, in hundredths of a percent; -1 unknown. */
static int64_t points(void) {
  return fixture_sql("select coalesce(delivered_points, -1) from media_view_log");
}

START_TEST(delivered_bytes_are_a_union) {
  static const struct {
    int64_t from, to, file_bytes;
    int64_t points;
    const char *description;
  } rows[] = {
      {0, 100, 0, -1, "of a file of unknown size"},  {0, 100, 1000, 1000, "a tenth"},
      {50, 150, 1000, 1500, "half of it anew"},      {500, 1000, 1000, 6500, "the second half"},
      {500, 1000, 1000, 6500, "the same once more"}, {150, 500, 1000, 10000, "what was missing"},
      {0, 1500, 1000, 10000, "more than there is"},
  };
  struct view_changes batch = {0};
  int64_t film = fixture_medium();
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct view_change *view = view_changes_add(&batch, film, GRANT, "192.0.2.1", 0, 10);
    range_set_add(&view->bytes, rows[i].from, rows[i].to);
    view->file_bytes = rows[i].file_bytes;
    ck_assert_int_eq(view_changes_commit(fixture_database, &batch, (int64_t)i, (int64_t)i + 1), ERROR_NONE);
    ck_assert_msg(points() == rows[i].points, "%s: %lld", rows[i].description, (long long)points());
    ck_assert_msg(view_changes_wrong_rollups() == 0, "%s: rollups", rows[i].description);
  }
}
END_TEST

START_TEST(the_size_of_the_medium_is_a_denominator_too) {
  struct view_changes batch = {0};
  int64_t film = fixture_medium();
  fixture_sql("update media_asset set size_bytes = 400");
  range_set_add(&view_changes_add(&batch, film, GRANT, "192.0.2.1", 0, 10)->bytes, 0, 100);
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 0, 1), ERROR_NONE);
  ck_assert_int_eq(points(), 2500);
  struct view_change *view = view_changes_add(&batch, film, GRANT, "192.0.2.1", 0, 10); /* of a file replaced since */
  view->file_bytes = 200;
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 1, 2), ERROR_NONE);
  ck_assert_int_eq(points(), 5000);
}
END_TEST

/* A first batch: one view that got these segments. */
static void commit_segments(int64_t film, const struct range *ranges, size_t count) {
  struct view_changes batch = {0};
  struct view_change *view = view_changes_add(&batch, film, GRANT, "192.0.2.1", 0, 10);
  for (size_t i = 0; i < count; i++) {
    range_set_add(&view->segments, ranges[i].from, ranges[i].to);
  }
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 0, 1), ERROR_NONE);
}

START_TEST(delivered_segments_are_a_union) {
  struct view_changes batch = {0};
  int64_t film = fixture_medium();
  commit_segments(film, (const struct range[]){{0, 3}, {7, 8}}, 2);
  ck_assert_int_eq(points(), -1);
  fixture_sql("update media_asset set segment_count = 8");
  struct view_change *view = view_changes_add(&batch, film, GRANT, "192.0.2.1", 0, 10);
  range_set_add(&view->segments, 2, 5);
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 1, 2), ERROR_NONE);
  ck_assert_int_eq(points(), 7500);
  ck_assert_int_eq(view_changes_wrong_rollups(), 0);
}
END_TEST

/* The sound of a package may have a segment more than the picture, which counts. */
START_TEST(renditions_add_up) {
  static const struct {
    unsigned added;
    int64_t expected;
  } rows[] = {{1, 1}, {0, 1}, {1 << 9, 513}, {1, 513}, {2 | 4, 519}};
  struct view_changes batch = {0};
  int64_t film = fixture_medium();
  for (int i = 0; (size_t)i < sizeof rows / sizeof *rows; i++) {
    view_changes_add(&batch, film, GRANT, "192.0.2.1", i, 10)->renditions = rows[i].added;
    ck_assert_int_eq(view_changes_commit(fixture_database, &batch, i, i + 1), ERROR_NONE);
    ck_assert_int_eq(fixture_sql("select renditions from media_view_log"), rows[i].expected);
  }
}
END_TEST

START_TEST(segments_beyond_a_package_are_no_part) {
  int64_t film = fixture_medium();
  fixture_sql("update media_asset set package_segments = 5");
  commit_segments(film, (const struct range[]){{1, 3}, {4, 7}}, 2);
  ck_assert_int_eq(points(), 8000);
  ck_assert_int_eq(view_changes_wrong_rollups(), 0);
}
END_TEST

/* A key, "audio_init.mp4", a segment without a number, the sound of an .mpd: whole files of a few bytes. */
START_TEST(bytes_around_a_playlist_are_not_the_film) {
  struct view_changes batch = {0};
  int64_t film = fixture_medium();
  fixture_sql("update media_asset set container = 'dash'"); /* nobody knows how many segments there are */
  struct view_change *view = view_changes_add(&batch, film, GRANT, "192.0.2.2", 0, 10);
  range_set_add(&view->bytes, 0, 16);
  view->file_bytes = 16;
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 0, 1), ERROR_NONE);
  ck_assert_int_eq(points(), -1);
  fixture_sql("delete from media_view_log");
  fixture_sql("delete from view_rollup");
  fixture_sql("update media_asset set container = 'hls', segment_count = 4");
  view = view_changes_add(&batch, film, GRANT, "192.0.2.1", 0, 10);
  range_set_add(&view->bytes, 0, 16);
  view->file_bytes = 16;
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 1, 2), ERROR_NONE);
  ck_assert_int_eq(points(), -1);
  view = view_changes_add(&batch, film, GRANT, "192.0.2.1", 1, 10);
  range_set_add(&view->bytes, 0, 16);
  range_set_add(&view->segments, 0, 1);
  view->file_bytes = 16;
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 2, 3), ERROR_NONE);
  ck_assert_int_eq(points(), 2500);
  ck_assert_int_eq(view_changes_wrong_rollups(), 0);
}
END_TEST

/* The file was replaced or its package removed while somebody played: what was known of the view is not forgotten. */
START_TEST(a_known_percent_stays_known) {
  struct view_changes batch = {0};
  int64_t film = fixture_medium();
  fixture_sql("update media_asset set segment_count = 4");
  range_set_add(&view_changes_add(&batch, film, GRANT, "192.0.2.1", 0, 10)->segments, 0, 3);
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 0, 1), ERROR_NONE);
  fixture_sql("update media_asset set segment_count = null");
  range_set_add(&view_changes_add(&batch, film, GRANT, "192.0.2.1", 5, 10)->segments, 3, 4);
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 1, 2), ERROR_NONE);
  ck_assert_int_eq(points(), 7500);
  ck_assert_int_eq(view_changes_wrong_rollups(), 0);
}
END_TEST

/* --- plays and watched time ------------------------------------------------------------------ */

/* A view with the time from its first delivery to the end of its last, and what was delivered of a file of 10,000
 * bytes. The rule is that of view_changes_commit: 3 s. */
START_TEST(a_view_plays_when_as_much_of_the_medium_was_delivered_in_as_much_time) {
  static const struct {
    double duration; /* of the medium; 0: unknown */
    int64_t bytes;   /* -1: nobody knows of what the bytes are */
    int elapsed_seconds;
    int64_t watched; /* -1: unknown */
    bool played;
    const char *description;
  } rows[] = {
      {7200, 1, 10800, 1, false, "a player that loads the metadata, and stays open for three hours"},
      {7200, 4, 1, 3, false, "2.9 seconds of it"},
      {7200, 4, 9, 3, false, "the same in nine seconds"},
      {7200, 5, 2, 4, false, "3.6 seconds of it in two"},
      {7200, 5, 3, 4, true, "3.6 seconds of it in three"},
      {7200, 3000, 1, 2160, false, "much, loaded at once before anybody plays"},
      {7200, 10000, 10, 7200, true, "all of it, delivered in ten seconds"},
      {7200, 10000, 20000, 7200, true, "all of it, with a pause of hours: no more than there is"},
      {2, 9999, 1, 2, false, "a short one, but for its end"},
      {2, 10000, 1, 2, true, "all of a short one"},
      {0.4, 10000, 1, 0, true, "all of a very short one"},
      {0, 10000, 1, -1, true, "all, of an unknown duration"},
      {0, 9000, 2, -1, false, "most of it: the time from its first delivery to its last"},
      {0, 1, 3, -1, true, "the same, long enough"},
      {7200, -1, 2, -1, false, "an unknown share: the time as well"},
      {7200, -1, 3, -1, true, "the same, long enough"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct view_changes batch = {0};
    int64_t film = fixture_medium();
    char sql[200];
    snprintf(sql, sizeof sql, "update media_asset set duration_seconds = nullif(%f, 0) where id = %lld",
             rows[i].duration, (long long)film);
    fixture_sql(sql);
    struct view_change *view = view_changes_add(&batch, film, GRANT, "192.0.2.1", 0, 10);
    view->ended_us = view->started_us + rows[i].elapsed_seconds * INT64_C(1000000);
    if (rows[i].bytes >= 0) {
      range_set_add(&view->bytes, 0, rows[i].bytes);
      view->file_bytes = 10000;
    }
    ck_assert_int_eq(view_changes_commit(fixture_database, &batch, (int64_t)i, (int64_t)i + 1), ERROR_NONE);
    snprintf(sql, sizeof sql,
             "select coalesce(watched_seconds, -1) * 2 + played::int from media_view_log where media_id = %lld",
             (long long)film);
    int64_t found = fixture_sql(sql);
    ck_assert_msg(found == rows[i].watched * 2 + rows[i].played, "%s: %lld", rows[i].description, (long long)found);
  }
  ck_assert_int_eq(view_changes_wrong_rollups(), 0);
}
END_TEST

/* Whatever the batches are, the sums get what a view gained; and what was known of a view outlives its file. */
START_TEST(plays_and_watched_time_grow_with_the_view) {
  struct view_changes batch = {0};
  int64_t film = fixture_medium();
  fixture_sql("update media_asset set duration_seconds = 100, segment_count = 50");
  static const struct {
    int64_t segment, watched;
    int plays;
  } rows[] = {{0, 2, 0}, {0, 2, 0}, {7, 4, 1}, {8, 6, 1}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    range_set_add(&view_changes_add(&batch, film, GRANT, "192.0.2.1", (int)i, 10)->segments, rows[i].segment,
                  rows[i].segment + 1);
    ck_assert_int_eq(view_changes_commit(fixture_database, &batch, (int64_t)i, (int64_t)i + 1), ERROR_NONE);
    ck_assert_int_eq(fixture_sql("select watched_seconds from view_rollup where grain = 'day' and media_id = 0"),
                     rows[i].watched);
    ck_assert_int_eq(fixture_sql("select plays from view_rollup where grain = 'month' and media_id = 0"),
                     rows[i].plays);
    ck_assert_int_eq(view_changes_wrong_rollups(), 0);
  }
  fixture_sql("update media_asset set duration_seconds = null, segment_count = null");
  range_set_add(&view_changes_add(&batch, film, GRANT, "192.0.2.1", 5, 10)->segments, 9, 10);
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 4, 5), ERROR_NONE);
  ck_assert_int_eq(fixture_sql("select watched_seconds * 2 + played::int from media_view_log"), 13);
  ck_assert_int_eq(view_changes_wrong_rollups(), 0);
}
END_TEST

static void record_writes(const char *table) {
  char sql[200];
  snprintf(sql, sizeof sql,
           "create trigger recorded before insert or update on %s for each row execute function record_write()", table);
  fixture_sql(sql);
}

static void forget_writes(const char *table) {
  char sql[100];
  snprintf(sql, sizeof sql, "drop trigger recorded on %s", table);
  fixture_sql(sql);
}

/* Every reported view waits for the sums of all media, so nothing of a batch is written once they are locked. */
START_TEST(sums_are_written_last) {
  fixture_sql("create table written (number bigint generated always as identity, name text)");
  fixture_sql("create function record_write() returns trigger language plpgsql as $$ begin"
              " insert into written (name) values (tg_table_name); return new; end $$");
  static const char *const tables[] = {"media_view_log", "view_watching", "delivery_log", "view_rollup"};
  struct view_changes batch = {0};
  int64_t film = fixture_medium();
  for (size_t i = 0; i < 4; i++) {
    record_writes(tables[i]);
  }
  for (int i = 0; i < 20; i++) {
    char address[20];
    snprintf(address, sizeof address, "192.0.2.%d", i);
    view_changes_add(&batch, film, GRANT, address, i, 10)->ended_us = clock_now_us();
  }
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 0, 1), ERROR_NONE);
  for (size_t i = 0; i < 4; i++) {
    forget_writes(tables[i]);
  }
  ck_assert_int_eq(fixture_sql("select count(*) from written where name like 'media_view_log_%'"), 20);
  ck_assert_int_eq(fixture_sql("select count(*) from written where name = 'view_watching'"), 20);
  ck_assert_int_ge(fixture_sql("select count(*) from written where name = 'view_rollup'"), 6);
  ck_assert_int_eq(fixture_sql("select count(*) from written where name <> 'view_rollup' and number >"
                               " (select min(number) from written where name = 'view_rollup')"),
                   0);
  fixture_sql("drop function record_write");
  fixture_sql("drop table written");
}
END_TEST

/* Who asks for a film in crumbs does not make its row grow for ever. */
START_TEST(crumbs_are_forgotten_beyond_some) {
  struct view_changes batch = {0};
  int64_t film = fixture_medium();
  for (int64_t round = 0; round < 4; round++) {
    struct view_change *view = view_changes_add(&batch, film, GRANT, "192.0.2.1", 0, 10);
    for (int64_t i = 0; i < 300; i++) {
      range_set_add(&view->bytes, (round * 300 + i) * 10, (round * 300 + i) * 10 + 1);
    }
    view->file_bytes = 100000;
    ck_assert_int_eq(view_changes_commit(fixture_database, &batch, round, round + 1), ERROR_NONE);
  }
  ck_assert_int_eq(fixture_sql("select bytes_sent from media_view_log"), 40);
  ck_assert_int_eq(points(), 30);
}
END_TEST

/* Whatever a view is, its first delivery says it, also of a robot. */
START_TEST(marks_are_of_the_first_delivery) {
  struct view_changes batch = {0};
  int64_t film = fixture_medium();
  struct view_change *view = view_changes_add(&batch, film, GRANT, "192.0.2.1", 0, 10);
  view->robot = true;
  view->internal = true;
  memcpy(view->country, "DE", 3);
  view->referrer_host = strdup("player.example");
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 0, 1), ERROR_NONE);
  memcpy(view_changes_add(&batch, film, GRANT, "192.0.2.1", 5, 10)->country, "FR", 3);
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 1, 2), ERROR_NONE);
  ck_assert_int_eq(
      fixture_sql(
          "select count(*) from media_view_log v join user_agent a on a.id = v.user_agent_id where bot"
          " and country = 'DE' and referrer = 'player.example' and text like 'Odd%' and seconds = 6 and internal"),
      1);
  ck_assert_int_eq(
      fixture_sql("select count(*) from view_rollup where bot and internal and views = 1 and bytes_sent = 20"), 6);
  ck_assert_int_eq(view_changes_wrong_rollups(), 0);
}
END_TEST

START_TEST(a_grant_lies_in_the_partition_of_its_month) {
  struct view_changes batch = {0};
  int64_t film = fixture_medium();
  struct view_change *view = view_changes_add(&batch, film, GRANT, "192.0.2.1", 0, 10);
  view->granted_us = INT64_C(1709251199999000); /* 2024-02-29T23:59:59.999Z */
  view = view_changes_add(&batch, film, OTHER, "192.0.2.1", 0, 10);
  view->granted_us = INT64_C(1709251200000000);
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 0, 1), ERROR_NONE);
  ck_assert_int_eq(fixture_sql("select count(*) from media_view_log_202402"), 1);
  ck_assert_int_eq(fixture_sql("select count(*) from media_view_log_202403"), 1);
}
END_TEST

/* Only what ended just now is watched. */
START_TEST(who_watches_now_is_known) {
  struct view_changes batch = {0};
  int64_t film = fixture_medium();
  view_changes_add(&batch, film, GRANT, "192.0.2.1", 0, 10);
  struct view_change *view = view_changes_add(&batch, film, OTHER, "192.0.2.1", 0, 10);
  view->ended_us = clock_now_us() - 1000000;
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 0, 1), ERROR_NONE);
  view = view_changes_add(&batch, film, OTHER, "192.0.2.1", 0, 10);
  view->ended_us = clock_now_us();
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 1, 2), ERROR_NONE);
  ck_assert_int_eq(fixture_sql("select count(*) from view_watching where viewer = 'u-1' and not bot and"
                               " last_seen_at > now() - interval '1 minute' and open_request is null"),
                   1);
}
END_TEST

static int64_t months(void) {
  return fixture_sql("select count(*) from pg_inherits where inhparent = 'media_view_log'::regclass");
}

START_TEST(old_months_are_dropped_and_their_sums_stay) {
  const int64_t kept_since_us = INT64_C(1709251200000000); /* 2024-03-01 */
  char name[VIEW_PARTITION_NAME_SIZE];
  struct view_changes batch = {0};
  int64_t film = fixture_medium();
  while (view_partitions_expire(fixture_database, INT64_MAX / 4, name) == ERROR_NONE && name[0] != '\0') {
  }
  ck_assert_int_eq(months(), 0);
  view_changes_add(&batch, film, GRANT, "192.0.2.1", 0, 10)->granted_us = kept_since_us - 1;
  view_changes_add(&batch, film, GRANT, "192.0.2.1", 0, 10)->granted_us = kept_since_us - INT64_C(86400000000) * 40;
  view_changes_add(&batch, film, GRANT, "192.0.2.1", 0, 10)->granted_us = kept_since_us;
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 0, 1), ERROR_NONE);
  ck_assert_int_eq(months(), 3);
  static const char *const dropped[] = {"media_view_log_202401", "media_view_log_202402", ""};
  for (size_t i = 0; i < 3; i++) {
    ck_assert_int_eq(view_partitions_expire(fixture_database, kept_since_us, name), ERROR_NONE);
    ck_assert_str_eq(name, dropped[i]);
  }
  ck_assert_int_eq(fixture_sql("select count(*) from media_view_log"), 1);
  ck_assert_int_eq(fixture_sql("select sum(views) from view_rollup where grain = 'month' and media_id = 0"), 3);
}
END_TEST

/* Whoever reads on for long puts it off; nothing breaks. */
START_TEST(a_month_that_is_read_is_dropped_later) {
  struct database *reader = fixture_connect(fixture_connection_string, true);
  char name[VIEW_PARTITION_NAME_SIZE] = "unchanged";
  struct view_changes batch = {0};
  view_changes_add(&batch, fixture_medium(), GRANT, "192.0.2.1", 0, 10);
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 0, 1), ERROR_NONE);
  ck_assert_int_eq(statement_begin(reader), ERROR_NONE);
  ck_assert_int_eq(statement_execute(reader, "select count(*) from media_view_log", STATEMENT_ONCE, NULL, NULL),
                   ERROR_NONE);
  ck_assert_int_eq(view_partitions_expire(fixture_database, START, name), ERROR_UNAVAILABLE);
  ck_assert_str_eq(name, "unchanged");
  statement_rollback(reader);
  ck_assert_int_eq(view_partitions_expire(fixture_database, START, name), ERROR_NONE);
  ck_assert(name[0] != '\0');
  database_close(reader);
}
END_TEST

/* Where nothing is to be dropped nobody waits for those who count. */
START_TEST(nothing_to_drop_waits_for_nobody) {
  struct database *counting = fixture_connect(fixture_connection_string, true);
  char name[VIEW_PARTITION_NAME_SIZE] = "unchanged";
  while (view_partitions_expire(fixture_database, START, name) == ERROR_NONE && name[0] != '\0') {
  }
  memcpy(name, "unchanged", sizeof "unchanged");
  ck_assert_int_eq(statement_begin(counting), ERROR_NONE);
  ck_assert_int_eq(view_writer_take_turn(counting), ERROR_NONE);
  ck_assert_int_eq(view_partitions_expire(fixture_database, START, name), ERROR_NONE);
  ck_assert_str_eq(name, "");
  statement_rollback(counting);
  database_close(counting);
}
END_TEST

static int make_months(struct database *database, int number) {
  (void)number;
  return view_partitions_make_ahead(database) == ERROR_NONE ? 0 : 1;
}

START_TEST(months_are_made_ahead_by_many_at_once) {
  char name[VIEW_PARTITION_NAME_SIZE];
  while (view_partitions_expire(fixture_database, INT64_MAX / 4, name) == ERROR_NONE && name[0] != '\0') {
  }
  ck_assert_int_eq(fixture_race(6, make_months), 0);
  ck_assert_int_eq(months(), 2);
}
END_TEST

static int64_t ask(struct database *database, const char *sql) {
  struct rows rows;
  if (statement_execute(database, sql, STATEMENT_ONCE, NULL, &rows) != ERROR_NONE) {
    return -1;
  }
  int64_t number = rows_next(&rows) ? rows_i64_or(&rows, 0) : 0;
  return rows_close(&rows) == ERROR_NONE ? number : -1;
}

static bool wait_for(struct database *database, const char *sql) {
  int64_t deadline_ms = clock_monotonic_ms() + 10000;
  int64_t found = 0;
  while (found == 0 && clock_monotonic_ms() < deadline_ms) {
    found = ask(database, sql);
  }
  return found > 0;
}

/* An operator who changes rows by hand takes no turn: the first has changed the view, and ends when the other waits. */
static int change_or_count(struct database *database, int number) {
  if (number == 0) {
    bool changed = statement_begin(database) == ERROR_NONE &&
                   statement_execute(database, "update media_view_log set country = 'FR'", STATEMENT_ONCE, NULL,
                                     NULL) == ERROR_NONE &&
                   wait_for(database, "select count(*) from pg_locks where not granted and locktype = 'transactionid'");
    return changed && statement_commit(database) == ERROR_NONE ? 0 : 1;
  }
  struct view_changes batch = {0};
  if (!wait_for(database, "select count(*) from pg_locks where granted and mode = 'RowExclusiveLock'"
                          " and relation::regclass::text like 'media_view_log_%' and pid <> pg_backend_pid()")) {
    return 1;
  }
  view_changes_add(&batch, ask(database, "select max(id) from media_asset"), GRANT, "192.0.2.1", 1, 10);
  return view_changes_commit(database, &batch, 1, 2) == ERROR_NONE ? 0 : 1;
}

START_TEST(a_view_that_is_changed_by_hand_loses_no_delivery) {
  struct view_changes batch = {0};
  view_changes_add(&batch, fixture_medium(), GRANT, "192.0.2.1", 0, 10);
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 0, 1), ERROR_NONE);
  ck_assert_int_eq(fixture_race(2, change_or_count), 0);
  ck_assert_int_eq(fixture_sql("select bytes_sent from media_view_log where country = 'FR'"), 20);
  ck_assert_int_eq(view_changes_wrong_rollups(), 0);
}
END_TEST

/* A machine without power says nothing, not even that it is gone. */
START_TEST(who_falls_silent_loses_its_turn) {
  struct database *silent = fixture_connect(fixture_connection_string, true);
  ck_assert_int_eq(statement_begin(silent), ERROR_NONE);
  ck_assert_int_eq(view_writer_take_turn(silent), ERROR_NONE);
  ck_assert_int_eq(
      ask(silent, "select setting::int8 from pg_settings where name = 'idle_in_transaction_session_timeout'"), 30000);
  ck_assert_int_eq(ask(silent, "select length(set_config('idle_in_transaction_session_timeout', '100ms', true))"), 5);
  ck_assert_int_eq(statement_begin(fixture_database), ERROR_NONE);
  ck_assert_int_eq(view_writer_take_turn(fixture_database), ERROR_NONE);
  statement_rollback(fixture_database);
  ck_assert_int_eq(statement_commit(silent), ERROR_UNKNOWN_OUTCOME);
  database_close(silent);
}
END_TEST

FIXTURE_MAIN("view_writer", delivered_bytes_are_a_union, the_size_of_the_medium_is_a_denominator_too,
             delivered_segments_are_a_union, renditions_add_up, segments_beyond_a_package_are_no_part,
             bytes_around_a_playlist_are_not_the_film, a_known_percent_stays_known,
             a_view_plays_when_as_much_of_the_medium_was_delivered_in_as_much_time,
             plays_and_watched_time_grow_with_the_view, sums_are_written_last, crumbs_are_forgotten_beyond_some,
             marks_are_of_the_first_delivery, a_grant_lies_in_the_partition_of_its_month, who_watches_now_is_known,
             old_months_are_dropped_and_their_sums_stay, a_month_that_is_read_is_dropped_later,
             nothing_to_drop_waits_for_nobody, months_are_made_ahead_by_many_at_once,
             a_view_that_is_changed_by_hand_loses_no_delivery, who_falls_silent_loses_its_turn)
