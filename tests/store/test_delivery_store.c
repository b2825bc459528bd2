/* SPDX-License-Identifier: ISC */
/*
 * Deliveries become views together with the position that they were read up to: once each, in any order, by any number
 * of readers.
 */
#include "config.h"

#include "store/delivery_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fixture.h"
#include "store/media_store.h"
#include "store/view_partitions.h"

#define GRANT "0193550000007000800000000000abcd"
#define OTHER "0193550000007000800000000000abce"
#define START INT64_C(1795370400000000)

static int64_t new_media(void) {
  struct media media;
  ck_assert_int_eq(media_store_create(fixture_database, "film", MEDIA_VIDEO, NULL, 0, &media), ERROR_NONE);
  int64_t id = media.id;
  media_free(&media);
  return id;
}

/* The views of a batch; each one once. */
struct changes {
  struct view_change views[40];
  size_t count;
};

/* Another delivery of a view in the batch is another batch here: adding up is view_batch's. */
static struct view_change *add(struct changes *changes, int64_t media_id, const char *grant, const char *address,
                               int second, int64_t bytes) {
  struct view_change *view = &changes->views[changes->count++];
  *view = (struct view_change){.media_id = media_id,
                               .address_hash = 7,
                               .granted_us = INT64_C(0x019355000000) * 1000,
                               .started_us = START + second * INT64_C(1000000),
                               .ended_us = START + (second + 1) * INT64_C(1000000),
                               .bytes_sent = bytes,
                               .lines = 1,
                               .viewer = "u-1"};
  snprintf(view->grant_id, sizeof view->grant_id, "%s", grant);
  snprintf(view->address, sizeof view->address, "%s", address);
  memcpy(view->address_key, address, strnlen(address, sizeof view->address_key));
  view->user_agent = strdup(second == 0 ? "Odd \"{player}\", \\ of NULL\nZ\xc3\xbcrich" : "Later");
  return view;
}

static enum error commit(struct database *database, struct changes *changes, int64_t from, int64_t to) {
  struct user_agent_cache *agents = NULL;
  ck_assert_int_eq(user_agent_cache_open(&agents), ERROR_NONE);
  const struct delivery_log log = {.id = {7}, .position = from};
  const struct delivery_batch batch = {
      .lines = (int64_t)changes->count, .views = changes->views, .view_count = changes->count};
  enum error error = delivery_store_commit(database, agents, &log, to, &batch);
  for (size_t i = 0; i < changes->count; i++) {
    view_change_free(&changes->views[i]);
  }
  changes->count = 0;
  user_agent_cache_close(agents);
  return error;
}

static int64_t position(void) {
  int64_t value = -1;
  const unsigned char id[DELIVERY_LOG_ID_SIZE] = {7};
  ck_assert_int_eq(delivery_store_position(fixture_database, id, &value), ERROR_NONE);
  return value;
}

/* The sums of raw rows that differ from view_rollup. */
static int64_t wrong_rollups(void) {
  return fixture_sql(
      "with raw as (select g.grain, m.media_id, case g.grain when 'quarter' then date_bin('15 minutes', "
      "v.\"timestamp\","
      " '2000-01-01Z') else date_trunc(g.grain, v.\"timestamp\", 'UTC') end as start, v.bot, count(*)::int8 as views,"
      " sum(coalesce(v.bytes_sent, 0))::int8 as bytes_sent, sum(coalesce(v.seconds, 0))::int8 as seconds,"
      " sum(coalesce(v.delivered_points, 0))::int8 as points, count(v.delivered_points)::int8 as points_views"
      " from media_view_log v, (values ('quarter'), ('day'), ('month')) g (grain),"
      " lateral (values (v.media_id), (0)) m (media_id) group by 1, 2, 3, 4)"
      " select count(*) from ((select * from raw except all select * from view_rollup) union all"
      " (select * from view_rollup except all select * from raw)) d");
}

START_TEST(one_grant_from_one_address_is_one_view) {
  struct changes batch = {0};
  int64_t film = new_media();
  int64_t other = new_media();
  ck_assert_int_eq(position(), 0);
  add(&batch, film, GRANT, "192.0.2.1", 0, 30);
  add(&batch, film, GRANT, "2001:db8::1", 0, 30);
  add(&batch, film, OTHER, "192.0.2.1", 0, 40);
  add(&batch, other, GRANT, "192.0.2.1", 0, 50);
  ck_assert_int_eq(commit(fixture_database, &batch, 0, 500), ERROR_NONE);
  ck_assert_int_eq(fixture_sql("select count(*) from media_view_log"), 4);
  add(&batch, film, GRANT, "192.0.2.1", 90, 3);
  ck_assert_int_eq(commit(fixture_database, &batch, 500, 600), ERROR_NONE);
  ck_assert_int_eq(position(), 600);
  ck_assert_int_eq(fixture_sql("select count(*) from media_view_log"), 4);
  ck_assert_int_eq(
      fixture_sql("select count(*) from media_view_log where bytes_sent = 33 and seconds = 91 and viewer = 'u-1'"
                  " and extract(epoch from \"timestamp\") = 1795370400 and source = 'stream' and not bot"
                  " and extract(epoch from last_seen_at) = 1795370491 and referrer is null"
                  " and granted_at = '2024-11-22T17:51:23.648Z'"
                  " and (select text from user_agent a where a.id = user_agent_id) = E'Odd \"{player}\", \\\\ of "
                  "NULL\\nZ\\u00fcrich'"),
      1);
  ck_assert_int_eq(wrong_rollups(), 0);
  struct delivery_totals totals;
  ck_assert_int_eq(delivery_store_totals(fixture_database, &totals), ERROR_NONE);
  ck_assert(totals.logs == 1 && totals.lines == 5 && totals.counted == 5 && totals.rejected == 0);
}
END_TEST

/* A view keeps the beginning of the delivery that opened it, so that its sums never move to another time. */
START_TEST(lines_may_come_in_any_order) {
  struct changes batch = {0};
  int64_t film = new_media();
  add(&batch, film, GRANT, "192.0.2.1", 60, 1);
  ck_assert_int_eq(commit(fixture_database, &batch, 0, 100), ERROR_NONE);
  add(&batch, film, GRANT, "192.0.2.1", 0, 1);
  ck_assert_int_eq(commit(fixture_database, &batch, 100, 200), ERROR_NONE);
  ck_assert_int_eq(fixture_sql("select seconds * 10 + bytes_sent from media_view_log"), 12);
  add(&batch, film, GRANT, "192.0.2.1", 90, 1);
  ck_assert_int_eq(commit(fixture_database, &batch, 200, 300), ERROR_NONE);
  ck_assert_int_eq(fixture_sql("select seconds * 10 + bytes_sent from media_view_log"), 313);
  ck_assert_int_eq(wrong_rollups(), 0);
}
END_TEST

START_TEST(what_was_read_is_not_counted_again) {
  struct changes batch = {0};
  int64_t film = new_media();
  add(&batch, film, GRANT, "192.0.2.1", 0, 10);
  ck_assert_int_eq(commit(fixture_database, &batch, 0, 100), ERROR_NONE);
  add(&batch, film, GRANT, "192.0.2.1", 0, 10);
  ck_assert_int_eq(commit(fixture_database, &batch, 0, 100), ERROR_CONFLICT);
  add(&batch, film, GRANT, "192.0.2.1", 0, 10);
  ck_assert_int_eq(commit(fixture_database, &batch, 50, 150), ERROR_CONFLICT);
  ck_assert_int_eq(position(), 100);
  ck_assert_int_eq(fixture_sql("select bytes_sent from media_view_log"), 10);
}
END_TEST

START_TEST(a_batch_counts_wholly_or_not_at_all) {
  struct changes batch = {0};
  int64_t film = new_media();
  add(&batch, film, GRANT, "192.0.2.1", 0, 10);
  add(&batch, film, GRANT, "not an address", 0, 10);
  ck_assert_int_eq(commit(fixture_database, &batch, 0, 100), ERROR_INVALID);
  ck_assert_int_eq(position(), 0);
  ck_assert_int_eq(fixture_sql("select count(*) from media_view_log"), 0);
}
END_TEST

START_TEST(unknown_and_deleted_media_do_no_harm) {
  struct changes batch = {0};
  int64_t film = new_media();
  int64_t deleted = new_media();
  ck_assert_int_eq(media_store_delete(fixture_database, deleted), ERROR_NONE);
  add(&batch, INT64_MAX, GRANT, "192.0.2.1", 0, 10);
  add(&batch, deleted, GRANT, "192.0.2.1", 0, 10);
  add(&batch, film, GRANT, "192.0.2.1", 0, 10);
  ck_assert_int_eq(commit(fixture_database, &batch, 0, 100), ERROR_NONE);
  ck_assert_int_eq(fixture_sql("select count(*) from media_view_log"), 2);
  struct delivery_totals totals;
  ck_assert_int_eq(delivery_store_totals(fixture_database, &totals), ERROR_NONE);
  ck_assert(totals.lines == 3 && totals.counted == 2 && totals.skipped == 1);
  ck_assert_int_eq(wrong_rollups(), 0);
}
END_TEST

START_TEST(a_position_moves_without_a_view) {
  const struct delivery_log log = {.id = {7}, .position = 0};
  const struct delivery_batch batch = {.lines = 3, .rejected = 2};
  struct user_agent_cache *agents = NULL;
  ck_assert_int_eq(user_agent_cache_open(&agents), ERROR_NONE);
  ck_assert_int_eq(delivery_store_commit(fixture_database, agents, &log, 40, &batch), ERROR_NONE);
  user_agent_cache_close(agents);
  ck_assert_int_eq(position(), 40);
  ck_assert_int_eq(fixture_sql("select lines * 100 + counted * 10 + rejected from delivery_log"), 302);
}
END_TEST

static int64_t raced_film;

/* Reads a "log" of a hundred steps, as everybody else does at the same time. Returns the steps that it counted. */
static int read_along(struct database *database, int number) {
  (void)number;
  struct changes batch = {0};
  int counted = 0;
  int64_t at = 0;
  while (at < 100) {
    add(&batch, raced_film, GRANT, "192.0.2.1", 0, 1);
    enum error error = commit(database, &batch, at, at + 1);
    const unsigned char id[DELIVERY_LOG_ID_SIZE] = {7};
    counted += error == ERROR_NONE;
    if ((error != ERROR_NONE && error != ERROR_CONFLICT) || delivery_store_position(database, id, &at) != ERROR_NONE) {
      return 200;
    }
  }
  return counted;
}

START_TEST(two_readers_count_once) {
  raced_film = new_media();
  ck_assert_int_eq(fixture_race(2, read_along), 100);
  ck_assert_int_eq(fixture_sql("select bytes_sent from media_view_log"), 100);
  ck_assert_int_eq(wrong_rollups(), 0);
}
END_TEST

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
  struct changes batch = {0};
  int64_t film = new_media();
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct view_change *view = add(&batch, film, GRANT, "192.0.2.1", 0, 10);
    range_set_add(&view->bytes, rows[i].from, rows[i].to);
    view->file_bytes = rows[i].file_bytes;
    ck_assert_int_eq(commit(fixture_database, &batch, (int64_t)i, (int64_t)i + 1), ERROR_NONE);
    ck_assert_msg(points() == rows[i].points, "%s: %lld", rows[i].description, (long long)points());
    ck_assert_msg(wrong_rollups() == 0, "%s: rollups", rows[i].description);
  }
}
END_TEST

START_TEST(the_size_of_the_medium_is_a_denominator_too) {
  struct changes batch = {0};
  int64_t film = new_media();
  fixture_sql("update media_asset set size_bytes = 400");
  range_set_add(&add(&batch, film, GRANT, "192.0.2.1", 0, 10)->bytes, 0, 100);
  ck_assert_int_eq(commit(fixture_database, &batch, 0, 1), ERROR_NONE);
  ck_assert_int_eq(points(), 2500);
}
END_TEST

START_TEST(delivered_segments_are_a_union) {
  struct changes batch = {0};
  int64_t film = new_media();
  struct view_change *view = add(&batch, film, GRANT, "192.0.2.1", 0, 10);
  range_set_add(&view->segments, 0, 3);
  range_set_add(&view->segments, 7, 8);
  ck_assert_int_eq(commit(fixture_database, &batch, 0, 1), ERROR_NONE);
  ck_assert_int_eq(points(), -1);
  fixture_sql("update media_asset set segment_count = 8");
  view = add(&batch, film, GRANT, "192.0.2.1", 0, 10);
  range_set_add(&view->segments, 2, 5);
  ck_assert_int_eq(commit(fixture_database, &batch, 1, 2), ERROR_NONE);
  ck_assert_int_eq(points(), 7500);
  ck_assert_int_eq(wrong_rollups(), 0);
}
END_TEST

/* Who asks for a film in crumbs does not make its row grow for ever. */
START_TEST(crumbs_are_forgotten_beyond_some) {
  struct changes batch = {0};
  int64_t film = new_media();
  for (int64_t round = 0; round < 4; round++) {
    struct view_change *view = add(&batch, film, GRANT, "192.0.2.1", 0, 10);
    for (int64_t i = 0; i < 300; i++) {
      range_set_add(&view->bytes, (round * 300 + i) * 10, (round * 300 + i) * 10 + 1);
    }
    view->file_bytes = 100000;
    ck_assert_int_eq(commit(fixture_database, &batch, round, round + 1), ERROR_NONE);
  }
  ck_assert_int_eq(fixture_sql("select bytes_sent from media_view_log"), 40);
  ck_assert_int_eq(points(), 30);
}
END_TEST

/* Whatever a view is, its first delivery says it, also of a robot. */
START_TEST(marks_are_of_the_first_delivery) {
  struct changes batch = {0};
  int64_t film = new_media();
  struct view_change *view = add(&batch, film, GRANT, "192.0.2.1", 0, 10);
  view->bot = true;
  memcpy(view->country, "DE", 3);
  view->referrer_host = strdup("player.example");
  ck_assert_int_eq(commit(fixture_database, &batch, 0, 1), ERROR_NONE);
  memcpy(add(&batch, film, GRANT, "192.0.2.1", 5, 10)->country, "FR", 3);
  ck_assert_int_eq(commit(fixture_database, &batch, 1, 2), ERROR_NONE);
  ck_assert_int_eq(
      fixture_sql("select count(*) from media_view_log v join user_agent a on a.id = v.user_agent_id where bot"
                  " and country = 'DE' and referrer = 'player.example' and text like 'Odd%' and seconds = 6"),
      1);
  ck_assert_int_eq(fixture_sql("select count(*) from view_rollup where bot and views = 1 and bytes_sent = 20"), 6);
  ck_assert_int_eq(wrong_rollups(), 0);
}
END_TEST

START_TEST(a_grant_lies_in_the_partition_of_its_month) {
  struct changes batch = {0};
  int64_t film = new_media();
  struct view_change *view = add(&batch, film, GRANT, "192.0.2.1", 0, 10);
  view->granted_us = INT64_C(1709251199999000); /* 2024-02-29T23:59:59.999Z */
  view = add(&batch, film, OTHER, "192.0.2.1", 0, 10);
  view->granted_us = INT64_C(1709251200000000);
  ck_assert_int_eq(commit(fixture_database, &batch, 0, 1), ERROR_NONE);
  ck_assert_int_eq(fixture_sql("select count(*) from media_view_log_202402"), 1);
  ck_assert_int_eq(fixture_sql("select count(*) from media_view_log_202403"), 1);
}
END_TEST

/* Only what ended just now is watched. */
START_TEST(who_watches_now_is_known) {
  struct changes batch = {0};
  int64_t film = new_media();
  add(&batch, film, GRANT, "192.0.2.1", 0, 10);
  struct view_change *view = add(&batch, film, OTHER, "192.0.2.1", 0, 10);
  view->ended_us = clock_now_us() - 1000000;
  ck_assert_int_eq(commit(fixture_database, &batch, 0, 1), ERROR_NONE);
  view = add(&batch, film, OTHER, "192.0.2.1", 0, 10);
  view->ended_us = clock_now_us();
  ck_assert_int_eq(commit(fixture_database, &batch, 1, 2), ERROR_NONE);
  ck_assert_int_eq(fixture_sql("select count(*) from view_watching where viewer = 'u-1' and not bot and"
                               " last_seen_at > now() - interval '1 minute' and open_request is null"),
                   1);
}
END_TEST

/* Four ingests that read logs of their own meet in the same views and sums. */
static int read_own(struct database *database, int number) {
  struct user_agent_cache *agents = NULL;
  if (user_agent_cache_open(&agents) != ERROR_NONE) {
    return 100;
  }
  int failures = 0;
  for (int64_t i = 0; i < 25; i++) {
    struct changes changes = {0};
    add(&changes, raced_film, GRANT, "192.0.2.1", (int)i, 1);
    add(&changes, raced_film, OTHER, "192.0.2.1", number * 100, 1);
    range_set_add(&changes.views[0].segments, number * 25 + i, number * 25 + i + 1);
    const struct delivery_log log = {.id = {8, (unsigned char)number}, .position = i};
    const struct delivery_batch batch = {.lines = 2, .views = changes.views, .view_count = 2};
    failures += delivery_store_commit(database, agents, &log, i + 1, &batch) != ERROR_NONE;
    view_change_free(&changes.views[0]);
    view_change_free(&changes.views[1]);
  }
  user_agent_cache_close(agents);
  return failures;
}

START_TEST(several_readers_of_several_logs_agree) {
  raced_film = new_media();
  fixture_sql("update media_asset set segment_count = 200");
  ck_assert_int_eq(fixture_race(4, read_own), 0);
  ck_assert_int_eq(fixture_sql("select count(*) * 1000 + sum(bytes_sent) from media_view_log"), 2200);
  ck_assert_int_eq(fixture_sql("select sum(delivered_points) from media_view_log"), 5000);
  ck_assert_int_eq(wrong_rollups(), 0);
}
END_TEST

/* Through a pooler nothing is prepared; the plan is another one, the result is not. */
START_TEST(unprepared_it_is_the_same) {
  struct database *database = fixture_connect(fixture_connection_string, false);
  struct changes batch = {0};
  int64_t film = new_media();
  for (int64_t i = 0; i < 3; i++) {
    range_set_add(&add(&batch, film, GRANT, "192.0.2.1", (int)i, 10)->bytes, i, i + 1);
    ck_assert_int_eq(commit(database, &batch, i, i + 1), ERROR_NONE);
  }
  ck_assert_int_eq(fixture_sql("select bytes_sent from media_view_log where delivered_bytes = '{[0,3)}'"), 30);
  ck_assert_int_eq(wrong_rollups(), 0);
  database_close(database);
}
END_TEST

static int64_t months(void) {
  return fixture_sql("select count(*) from pg_inherits where inhparent = 'media_view_log'::regclass");
}

START_TEST(old_months_are_dropped_and_their_sums_stay) {
  const int64_t kept_since_us = INT64_C(1709251200000000); /* 2024-03-01 */
  char name[VIEW_PARTITION_NAME_SIZE];
  struct changes batch = {0};
  int64_t film = new_media();
  while (view_partitions_expire(fixture_database, INT64_MAX / 4, name) == ERROR_NONE && name[0] != '\0') {
  }
  ck_assert_int_eq(months(), 0);
  add(&batch, film, GRANT, "192.0.2.1", 0, 10)->granted_us = kept_since_us - 1;
  add(&batch, film, GRANT, "192.0.2.1", 0, 10)->granted_us = kept_since_us - INT64_C(86400000000) * 40;
  add(&batch, film, GRANT, "192.0.2.1", 0, 10)->granted_us = kept_since_us;
  ck_assert_int_eq(commit(fixture_database, &batch, 0, 1), ERROR_NONE);
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
  struct changes batch = {0};
  add(&batch, new_media(), GRANT, "192.0.2.1", 0, 10);
  ck_assert_int_eq(commit(fixture_database, &batch, 0, 1), ERROR_NONE);
  ck_assert_int_eq(database_begin(reader), ERROR_NONE);
  ck_assert_int_eq(statement_execute(reader, "select count(*) from media_view_log", STATEMENT_ONCE, NULL, NULL),
                   ERROR_NONE);
  ck_assert_int_eq(view_partitions_expire(fixture_database, START, name), ERROR_UNAVAILABLE);
  ck_assert_str_eq(name, "unchanged");
  database_rollback(reader);
  ck_assert_int_eq(view_partitions_expire(fixture_database, START, name), ERROR_NONE);
  ck_assert(name[0] != '\0');
  database_close(reader);
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

FIXTURE_MAIN("delivery_store", one_grant_from_one_address_is_one_view, lines_may_come_in_any_order,
             what_was_read_is_not_counted_again, a_batch_counts_wholly_or_not_at_all,
             unknown_and_deleted_media_do_no_harm, a_position_moves_without_a_view, two_readers_count_once,
             delivered_bytes_are_a_union, the_size_of_the_medium_is_a_denominator_too, delivered_segments_are_a_union,
             crumbs_are_forgotten_beyond_some, marks_are_of_the_first_delivery,
             a_grant_lies_in_the_partition_of_its_month, who_watches_now_is_known,
             several_readers_of_several_logs_agree, unprepared_it_is_the_same,
             old_months_are_dropped_and_their_sums_stay, a_month_that_is_read_is_dropped_later,
             months_are_made_ahead_by_many_at_once)
