/* SPDX-License-Identifier: ISC */
/*
 * Deliveries become views together with the position that they were read up to: once each, in any order, by any number
 * of readers.
 */
#include "config.h"

#include "store/delivery_store.h"

#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "store/media_store.h"

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

static void add(struct delivery_batch *batch, int64_t media_id, const char *grant, const char *address, int second,
                int64_t bytes) {
  const struct delivery_row row = {.media_id = media_id,
                                   .grant_id = grant,
                                   .address = address,
                                   .started_us = START + second * INT64_C(1000000),
                                   .ended_us = START + (second + 1) * INT64_C(1000000),
                                   .bytes_sent = bytes,
                                   .viewer = "u-1",
                                   .user_agent = second == 0 ? "Odd \"{player}\", \\ of NULL\nZ\xc3\xbcrich" : "Later",
                                   .referrer_host = ""};
  delivery_batch_add(batch, &row);
}

static enum error commit(struct database *database, struct delivery_batch *batch, int64_t from, int64_t to) {
  struct delivery_log log = {.id = {7}, .position = from};
  enum error error = delivery_store_commit(database, &log, to, (int64_t)batch->count, 0, batch);
  delivery_batch_clear(batch);
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
  struct delivery_batch batch = {0};
  int64_t film = new_media();
  int64_t other = new_media();
  ck_assert_int_eq(position(), 0);
  add(&batch, film, GRANT, "192.0.2.1", 5, 10);
  add(&batch, film, GRANT, "192.0.2.1", 0, 20);
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
  ck_assert(totals.logs == 1 && totals.lines == 6 && totals.counted == 6 && totals.rejected == 0);
  delivery_batch_free(&batch);
}
END_TEST

/* A view keeps the beginning of the delivery that opened it, so that its sums never move to another time. */
START_TEST(lines_may_come_in_any_order) {
  struct delivery_batch batch = {0};
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
  delivery_batch_free(&batch);
}
END_TEST

START_TEST(what_was_read_is_not_counted_again) {
  struct delivery_batch batch = {0};
  int64_t film = new_media();
  add(&batch, film, GRANT, "192.0.2.1", 0, 10);
  ck_assert_int_eq(commit(fixture_database, &batch, 0, 100), ERROR_NONE);
  add(&batch, film, GRANT, "192.0.2.1", 0, 10);
  ck_assert_int_eq(commit(fixture_database, &batch, 0, 100), ERROR_CONFLICT);
  add(&batch, film, GRANT, "192.0.2.1", 0, 10);
  ck_assert_int_eq(commit(fixture_database, &batch, 50, 150), ERROR_CONFLICT);
  ck_assert_int_eq(position(), 100);
  ck_assert_int_eq(fixture_sql("select bytes_sent from media_view_log"), 10);
  delivery_batch_free(&batch);
}
END_TEST

START_TEST(a_batch_counts_wholly_or_not_at_all) {
  struct delivery_batch batch = {0};
  int64_t film = new_media();
  add(&batch, film, GRANT, "192.0.2.1", 0, 10);
  add(&batch, film, GRANT, "not an address", 0, 10);
  ck_assert_int_eq(commit(fixture_database, &batch, 0, 100), ERROR_INVALID);
  ck_assert_int_eq(position(), 0);
  ck_assert_int_eq(fixture_sql("select count(*) from media_view_log"), 0);
  delivery_batch_free(&batch);
}
END_TEST

START_TEST(unknown_and_deleted_media_do_no_harm) {
  struct delivery_batch batch = {0};
  int64_t film = new_media();
  int64_t deleted = new_media();
  ck_assert_int_eq(media_store_delete(fixture_database, deleted), ERROR_NONE);
  add(&batch, INT64_MAX, GRANT, "192.0.2.1", 0, 10);
  add(&batch, deleted, GRANT, "192.0.2.1", 0, 10);
  add(&batch, film, GRANT, "192.0.2.1", 0, 10);
  ck_assert_int_eq(commit(fixture_database, &batch, 0, 100), ERROR_NONE);
  ck_assert_int_eq(fixture_sql("select count(*) from media_view_log"), 2);
  delivery_batch_free(&batch);
}
END_TEST

START_TEST(a_position_moves_without_a_view) {
  struct delivery_batch batch = {0};
  struct delivery_log log = {.id = {7}, .position = 0};
  ck_assert_int_eq(delivery_store_commit(fixture_database, &log, 40, 3, 2, &batch), ERROR_NONE);
  ck_assert_int_eq(position(), 40);
  ck_assert_int_eq(fixture_sql("select lines * 100 + counted * 10 + rejected from delivery_log"), 302);
}
END_TEST

static int64_t raced_film;

/* Reads a "log" of a hundred steps, as everybody else does at the same time. Returns the steps that it counted. */
static int read_along(struct database *database, int number) {
  (void)number;
  struct delivery_batch batch = {0};
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
  delivery_batch_free(&batch);
  return counted;
}

START_TEST(two_readers_count_once) {
  raced_film = new_media();
  ck_assert_int_eq(fixture_race(2, read_along), 100);
  ck_assert_int_eq(fixture_sql("select bytes_sent from media_view_log"), 100);
  ck_assert_int_eq(wrong_rollups(), 0);
}
END_TEST

FIXTURE_MAIN("delivery_store", one_grant_from_one_address_is_one_view, lines_may_come_in_any_order,
             what_was_read_is_not_counted_again, a_batch_counts_wholly_or_not_at_all,
             unknown_and_deleted_media_do_no_harm, a_position_moves_without_a_view, two_readers_count_once)
