/* SPDX-License-Identifier: ISC */
/*
 * Deliveries become views together with the position that they were read up to: once each, in any order, by any number
 * of readers.
 */
#include "config.h"

#include "domain/digest.h"
#include "store/views/delivery_store.h"
#include "store/views/user_agent_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fixture.h"
#include "ingest/log_positions.h"
#include "store/engine/array.h"
#include "store/media/media_store.h"
#include "view_changes.h"

static int64_t position(void) {
  int64_t value = -1;
  const unsigned char id[DIGEST_SIZE] = {7};
  ck_assert_int_eq(delivery_store_position(fixture_database, id, &value), ERROR_NONE);
  return value;
}

/* A log that was read to its end is not asked about again: what a database lost that went back in time would stay lost.
 */
START_TEST(positions_end_with_the_connection_that_they_came_from) {
  static struct log_positions positions;
  const unsigned char id[DIGEST_SIZE] = {7};
  struct view_changes batch = {0};
  struct delivery_log *log = NULL;
  view_changes_add(&batch, fixture_medium(), GRANT, "192.0.2.1", 0, 30);
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 0, 500), ERROR_NONE);
  ck_assert_int_eq(log_positions_find(&positions, fixture_database, id, &log), ERROR_NONE);
  ck_assert_int_eq(log->position, 500);
  fixture_sql("update delivery_log set position = 100 returning 1");
  ck_assert_int_eq(log_positions_find(&positions, fixture_database, id, &log), ERROR_NONE);
  ck_assert_int_eq(log->position, 500); /* a guess, as long as the connection stands */
  fixture_sql("select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity where datname = current_database() "
              "and pid <> pg_backend_pid()");
  ck_assert_int_eq(database_ensure(fixture_database), ERROR_NONE);
  ck_assert_int_eq(log_positions_find(&positions, fixture_database, id, &log), ERROR_NONE);
  ck_assert_int_eq(log->position, 100);
}
END_TEST

START_TEST(a_batch_that_fails_leaves_nothing_and_the_connection_goes_on) {
  struct view_changes batch = {0};
  int64_t film = fixture_medium();
  view_changes_add(&batch, film, GRANT, "no address", 0, 30);
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 0, 500), ERROR_INVALID);
  ck_assert_int_eq(position(), 0);
  uint64_t generation = database_generation(fixture_database);
  view_changes_add(&batch, film, GRANT, "192.0.2.1", 0, 30);
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 100, 500), ERROR_CONFLICT);
  ck_assert_int_eq(fixture_sql("select count(*) from media_view_log"), 0);
  view_changes_add(&batch, film, GRANT, "192.0.2.1", 0, 30);
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 0, 500), ERROR_NONE);
  ck_assert_int_eq(fixture_sql("select count(*) from media_view_log"), 1);
  ck_assert_uint_eq(database_generation(fixture_database), generation);
}
END_TEST

START_TEST(one_grant_from_one_address_is_one_view) {
  struct view_changes batch = {0};
  int64_t film = fixture_medium();
  int64_t other = fixture_medium();
  ck_assert_int_eq(position(), 0);
  view_changes_add(&batch, film, GRANT, "192.0.2.1", 0, 30);
  view_changes_add(&batch, film, GRANT, "2001:db8::1", 0, 30);
  view_changes_add(&batch, film, OTHER, "192.0.2.1", 0, 40);
  view_changes_add(&batch, other, GRANT, "192.0.2.1", 0, 50);
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 0, 500), ERROR_NONE);
  ck_assert_int_eq(fixture_sql("select count(*) from media_view_log"), 4);
  view_changes_add(&batch, film, GRANT, "192.0.2.1", 90, 3);
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 500, 600), ERROR_NONE);
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
  ck_assert_int_eq(view_changes_wrong_rollups(), 0);
  struct delivery_totals totals;
  ck_assert_int_eq(delivery_store_totals(fixture_database, &totals), ERROR_NONE);
  ck_assert(totals.logs == 1 && totals.lines == 5 && totals.counted == 5 && totals.rejected == 0);
}
END_TEST

/* Some are there already, some are new, and one has nothing but its bytes. */
START_TEST(views_of_a_batch_keep_what_is_theirs) {
  enum { VIEWS = 5 };
  struct view_changes batch = {0};
  int64_t film = fixture_medium();
  for (int round = 0; round < 2; round++) {
    for (int i = round == 0 ? VIEWS / 2 : 0; i < VIEWS; i++) {
      char address[32], text[32];
      snprintf(address, sizeof address, "192.0.2.%d", i);
      struct view_change *view = view_changes_add(&batch, film, GRANT, address, 10 * i, 100 + i);
      range_set_add(&view->bytes, 0, i + 1);
      view->file_bytes = 10;
      view->robot = i % 2 == 1;
      snprintf(view->viewer, sizeof view->viewer, "%s%.*d", i == 0 ? "" : "u-", i == 0 ? 0 : 1, i);
      snprintf(view->country, sizeof view->country, "%s%c", i == 0 ? "" : "A", i == 0 ? '\0' : 'A' + i);
      free(view->user_agent);
      snprintf(text, sizeof text, "Player/%d", i);
      view->user_agent = i == 0 ? NULL : strdup(text);
      snprintf(text, sizeof text, "site-%d.example", i);
      view->referrer_host = i == 0 ? NULL : strdup(text);
    }
    ck_assert_int_eq(view_changes_commit(fixture_database, &batch, round, round + 1), ERROR_NONE);
  }
  ck_assert_int_eq(
      fixture_sql(
          "select count(*) from (select v.*, a.text, host(viewed_by_ip)::inet - '192.0.2.0'::inet as i,"
          "  extract(epoch from \"timestamp\") - 1795370400 as began"
          "  from media_view_log v left join user_agent a on a.id = v.user_agent_id) v"
          " where bytes_sent = (100 + i) * case when i < 2 then 1 else 2 end and delivered_points = (i + 1) * 1000"
          " and bot = (i % 2 = 1) and began = 10 * i and viewer is not distinct from nullif('u-' || i, 'u-0')"
          " and country is not distinct from nullif('A' || chr(65 + i::int), 'AA')"
          " and text is not distinct from nullif('Player/' || i, 'Player/0')"
          " and referrer is not distinct from nullif('site-' || i || '.example', 'site-0.example')"),
      VIEWS);
  ck_assert_int_eq(view_changes_wrong_rollups(), 0);
}
END_TEST

/* A view keeps the beginning of the delivery that opened it, so that its sums never move to another time. */
START_TEST(lines_may_come_in_any_order) {
  struct view_changes batch = {0};
  int64_t film = fixture_medium();
  view_changes_add(&batch, film, GRANT, "192.0.2.1", 60, 1);
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 0, 100), ERROR_NONE);
  view_changes_add(&batch, film, GRANT, "192.0.2.1", 0, 1);
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 100, 200), ERROR_NONE);
  ck_assert_int_eq(fixture_sql("select seconds * 10 + bytes_sent from media_view_log"), 12);
  view_changes_add(&batch, film, GRANT, "192.0.2.1", 90, 1);
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 200, 300), ERROR_NONE);
  ck_assert_int_eq(fixture_sql("select seconds * 10 + bytes_sent from media_view_log"), 313);
  ck_assert_int_eq(view_changes_wrong_rollups(), 0);
}
END_TEST

START_TEST(what_was_read_is_not_counted_again) {
  struct view_changes batch = {0};
  int64_t film = fixture_medium();
  view_changes_add(&batch, film, GRANT, "192.0.2.1", 0, 10);
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 0, 100), ERROR_NONE);
  view_changes_add(&batch, film, GRANT, "192.0.2.1", 0, 10);
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 0, 100), ERROR_CONFLICT);
  view_changes_add(&batch, film, GRANT, "192.0.2.1", 0, 10);
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 50, 150), ERROR_CONFLICT);
  ck_assert_int_eq(position(), 100);
  ck_assert_int_eq(fixture_sql("select bytes_sent from media_view_log"), 10);
}
END_TEST

START_TEST(a_batch_counts_wholly_or_not_at_all) {
  struct view_changes batch = {0};
  int64_t film = fixture_medium();
  view_changes_add(&batch, film, GRANT, "192.0.2.1", 0, 10);
  view_changes_add(&batch, film, GRANT, "not an address", 0, 10);
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 0, 100), ERROR_INVALID);
  ck_assert_int_eq(position(), 0);
  ck_assert_int_eq(fixture_sql("select count(*) from media_view_log"), 0);
}
END_TEST

START_TEST(unknown_and_deleted_media_do_no_harm) {
  struct view_changes batch = {0};
  int64_t film = fixture_medium();
  int64_t deleted = fixture_medium();
  ck_assert_int_eq(media_store_delete(fixture_database, deleted), ERROR_NONE);
  view_changes_add(&batch, INT64_MAX, GRANT, "192.0.2.1", 0, 10);
  view_changes_add(&batch, deleted, GRANT, "192.0.2.1", 0, 10);
  view_changes_add(&batch, film, GRANT, "192.0.2.1", 0, 10);
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 0, 100), ERROR_NONE);
  ck_assert_int_eq(fixture_sql("select count(*) from media_view_log"), 2);
  struct delivery_totals totals;
  ck_assert_int_eq(delivery_store_totals(fixture_database, &totals), ERROR_NONE);
  ck_assert(totals.lines == 3 && totals.counted == 2 && totals.skipped == 1);
  ck_assert_int_eq(view_changes_wrong_rollups(), 0);
}
END_TEST

START_TEST(a_position_moves_without_a_view) {
  const struct delivery_log log = {.id = {7}, .position = 0};
  const struct delivery_batch batch = {.lines = 3, .rejected = 2};
  ck_assert_int_eq(delivery_store_commit(fixture_database, &log, 40, &batch), ERROR_NONE);
  ck_assert_int_eq(position(), 40);
  ck_assert_int_eq(fixture_sql("select lines * 100 + counted * 10 + rejected from delivery_log"), 302);
}
END_TEST

static int64_t raced_film;

/* Reads a "log" of a hundred steps, as everybody else does at the same time. Returns the steps that it counted. */
static int read_along(struct database *database, int number) {
  (void)number;
  struct view_changes batch = {0};
  int counted = 0;
  int64_t at = 0;
  while (at < 100) {
    view_changes_add(&batch, raced_film, GRANT, "192.0.2.1", 0, 1);
    enum error error = view_changes_commit(database, &batch, at, at + 1);
    const unsigned char id[DIGEST_SIZE] = {7};
    counted += error == ERROR_NONE;
    if ((error != ERROR_NONE && error != ERROR_CONFLICT) || delivery_store_position(database, id, &at) != ERROR_NONE) {
      return 200;
    }
  }
  return counted;
}

START_TEST(two_readers_count_once) {
  raced_film = fixture_medium();
  ck_assert_int_eq(fixture_race(2, read_along), 100);
  ck_assert_int_eq(fixture_sql("select bytes_sent from media_view_log"), 100);
  ck_assert_int_eq(view_changes_wrong_rollups(), 0);
}
END_TEST

/* Four ingests that read logs of their own meet in the same views and sums. */
static int read_own(struct database *database, int number) {
  int failures = 0;
  for (int64_t i = 0; i < 25; i++) {
    struct view_changes changes = {0};
    view_changes_add(&changes, raced_film, GRANT, "192.0.2.1", (int)i, 1);
    view_changes_add(&changes, raced_film, OTHER, "192.0.2.1", number * 100, 1);
    range_set_add(&changes.views[0].segments, number * 25 + i, number * 25 + i + 1);
    const struct delivery_log log = {.id = {8, (unsigned char)number}, .position = i};
    const struct delivery_batch batch = {.lines = 2, .views = changes.views, .view_count = 2};
    failures += delivery_store_commit(database, &log, i + 1, &batch) != ERROR_NONE;
    view_change_free(&changes.views[0]);
    view_change_free(&changes.views[1]);
  }
  return failures;
}

START_TEST(several_readers_of_several_logs_agree) {
  raced_film = fixture_medium();
  fixture_sql("update media_asset set segment_count = 200");
  ck_assert_int_eq(fixture_race(4, read_own), 0);
  ck_assert_int_eq(fixture_sql("select count(*) * 1000 + sum(bytes_sent) from media_view_log"), 2200);
  ck_assert_int_eq(fixture_sql("select sum(delivered_points) from media_view_log"), 5000);
  ck_assert_int_eq(view_changes_wrong_rollups(), 0);
}
END_TEST

START_TEST(equal_user_agents_get_one_id_wherever_they_stand) {
  static const char *const texts[] = {"b", "a", "", "b", "\"c\"", "a", "b"};
  int64_t ids[7], again[7];
  ck_assert_int_eq(user_agent_store_ids(fixture_database, texts, 7, ids), ERROR_NONE);
  ck_assert_int_eq(user_agent_store_ids(fixture_database, texts, 7, again), ERROR_NONE);
  ck_assert_mem_eq(ids, again, sizeof ids);
  ck_assert_int_eq(fixture_sql("select count(*) from user_agent"), 3);
  ck_assert_int_eq(ids[0], fixture_sql("select id from user_agent where text = 'b'"));
  ck_assert_int_eq(ids[1], fixture_sql("select id from user_agent where text = 'a'"));
  ck_assert_int_eq(ids[4], fixture_sql("select id from user_agent where text = '\"c\"'"));
  ck_assert(ids[3] == ids[0] && ids[6] == ids[0] && ids[5] == ids[1] && ids[2] == 0);
}
END_TEST

static int64_t sweep_user_agents(void) {
  int64_t after_id = 0, total = 0;
  bool more = true;
  while (more) {
    int64_t deleted = 0;
    ck_assert_int_eq(user_agent_store_sweep(fixture_database, 2, &after_id, &deleted, &more), ERROR_NONE);
    total += deleted;
  }
  return total;
}

/* A text goes when no view holds it and nobody asked for it within a day; who asks for it gets one that lasts a day. */
START_TEST(user_agents_that_nobody_holds_are_swept) {
  static const char *const texts[] = {"Never/1", "Never/2", "Asked/1", "Fresh/1"};
  int64_t ids[4], again[4];
  struct view_changes batch = {0};
  view_changes_add(&batch, fixture_medium(), GRANT, "192.0.2.1", 9, 30);
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, 0, 500), ERROR_NONE); /* holds "Later" */
  ck_assert_int_eq(user_agent_store_ids(fixture_database, texts, 3, ids), ERROR_NONE);
  ck_assert_int_eq(sweep_user_agents(), 0);
  fixture_sql("update user_agent set used_at = now() - interval '25 hours'");
  ck_assert_int_eq(user_agent_store_ids(fixture_database, &texts[2], 2, &ids[2]), ERROR_NONE);
  ck_assert_int_eq(sweep_user_agents(), 2);
  ck_assert_int_eq(fixture_sql("select count(*) from user_agent where text in ('Later', 'Asked/1', 'Fresh/1')"), 3);
  ck_assert_int_eq(fixture_sql("select count(*) from user_agent"), 3);
  ck_assert_int_eq(user_agent_store_ids(fixture_database, texts, 4, again), ERROR_NONE);
  ck_assert_int_ne(again[0], ids[0]);
  ck_assert_int_eq(again[2], ids[2]);
  ck_assert_int_eq(again[3], ids[3]);
  fixture_sql("delete from media_view_log"); /* as a dropped month takes views along */
  fixture_sql("update user_agent set used_at = now() - interval '25 hours'");
  ck_assert_int_eq(sweep_user_agents(), 5);
}
END_TEST

/* Through a pooler nothing is prepared; the plan is another one, the result is not. */
START_TEST(unprepared_it_is_the_same) {
  struct database *database = fixture_connect(fixture_connection_string, false);
  struct view_changes batch = {0};
  int64_t film = fixture_medium();
  for (int64_t i = 0; i < 3; i++) {
    range_set_add(&view_changes_add(&batch, film, GRANT, "192.0.2.1", (int)i, 10)->bytes, i, i + 1);
    ck_assert_int_eq(view_changes_commit(database, &batch, i, i + 1), ERROR_NONE);
  }
  ck_assert_int_eq(fixture_sql("select bytes_sent from media_view_log where delivered_bytes = '{[0,3)}'"), 30);
  ck_assert_int_eq(view_changes_wrong_rollups(), 0);
  database_close(database);
}
END_TEST

static void write_request(size_t round, size_t number, char ret_id[REQUEST_ID_SIZE]) {
  snprintf(ret_id, REQUEST_ID_SIZE, "%016zx%016zx", round, number);
}

/* So many deliveries of one round begin, and as many of another end. */
static void change_watching(int64_t film, size_t count, size_t begun_round, size_t ended_round) {
  struct watching_change change = {.starts = calloc(count, sizeof *change.starts), .start_count = count};
  ck_assert_ptr_nonnull(change.starts);
  for (size_t i = 0; i < count; i++) {
    struct watching_start *start = &change.starts[i];
    char ended[REQUEST_ID_SIZE];
    start->view = (struct view_change){.media_id = film, .started_us = START};
    snprintf(start->view.grant_id, sizeof start->view.grant_id, "01935500000070008000%012zx", i);
    write_request(begun_round, i, start->request_id);
    write_request(ended_round, i, ended);
    array_add_plain(&change.ended, ended);
  }
  ck_assert_int_eq(statement_begin(fixture_database), ERROR_NONE);
  ck_assert_int_eq(view_writer_take_turn(fixture_database), ERROR_NONE);
  enum error error = watching_store_change(fixture_database, &change);
  ck_assert_msg(error == ERROR_NONE, "%s", database_last_error(fixture_database));
  ck_assert_int_eq(statement_commit(fixture_database), ERROR_NONE);
  text_free(&change.ended);
  free(change.starts);
}

START_TEST(a_backlog_of_beginnings_and_ends_is_within_the_statement_timeout) {
  const size_t many = 50000;
  int64_t film = fixture_medium();
  size_t round = 1;
  for (; round < 7; round++) { /* the sixth time a plan is kept, which does not know how many there are */
    change_watching(film, 1, round, round);
  }
  ck_assert_int_eq(fixture_sql("select count(*) from view_watching"), 0);
  change_watching(film, many, round, 0);
  ck_assert_int_eq(fixture_sql("select count(open_request) from view_watching"), (int64_t)many);
  change_watching(film, many, round + 1, round);
  ck_assert_int_eq(fixture_sql("select count(*) from view_watching where open_request like '%8________________'"),
                   (int64_t)many);
  change_watching(film, many, round + 1, round + 1);
  ck_assert_int_eq(fixture_sql("select count(open_request) from view_watching"), 0);
}
END_TEST

static enum error commit_sums(const struct delivery_sum_change *sums, int64_t from, int64_t to) {
  const struct delivery_log log = {.id = {7}, .position = from};
  const struct delivery_batch batch = {.play_rule = {.min_seconds = 3}, .lines = 1, .sums = *sums};
  return delivery_store_commit(fixture_database, &log, to, &batch);
}

/* With the position, or not at all; and a segment is slow that took longer than the medium's segments play. */
START_TEST(deliveries_are_summed_with_their_position) {
  const int64_t film = fixture_medium(), short_one = fixture_medium();
  char sql[200];
  snprintf(sql, sizeof sql, "update media_asset set duration_seconds = 40, segment_count = 10 where id = %" PRId64,
           film);
  fixture_sql(sql);
  const struct delivery_sum sums[] = {
      {METRIC_KIND_SEGMENT, METRIC_CODE_200, METRIC_RENDITION_1, 5, 500, 1},
      {METRIC_KIND_FILE, METRIC_CODE_206, METRIC_RENDITION_NONE, 2, 1000, 0},
      {METRIC_KIND_FILE, METRIC_CODE_403, METRIC_RENDITION_NONE, 3, 0, 0},
  };
  const struct delivery_long longs[] = {
      {film, 4000001, METRIC_RENDITION_1},
      {film, 4000000, METRIC_RENDITION_1},
      {film, 9000000, METRIC_RENDITION_1},
      {short_one, 9000000, METRIC_RENDITION_1}, /* nobody knows how long its segments are */
      {999999, 9000000, METRIC_RENDITION_1},
  };
  const struct delivery_sum_change change = {.sums = sums, .sum_count = 3, .longs = longs, .long_count = 5};
  struct delivery_sums read;
  ck_assert_int_eq(commit_sums(&change, 0, 10), ERROR_NONE);
  ck_assert_int_eq(commit_sums(&change, 0, 10), ERROR_CONFLICT);
  ck_assert_int_eq(commit_sums(&change, 10, 20), ERROR_NONE);
  ck_assert_int_eq(delivery_sum_store_read(fixture_database, &read), ERROR_NONE);
  ck_assert_int_eq(read.deliveries[METRIC_KIND_SEGMENT][METRIC_CODE_200], 10);
  ck_assert_int_eq(read.deliveries[METRIC_KIND_FILE][METRIC_CODE_206], 4);
  ck_assert_int_eq(read.deliveries[METRIC_KIND_FILE][METRIC_CODE_403], 6);
  ck_assert_int_eq(read.bytes[METRIC_KIND_FILE], 2000);
  ck_assert_int_eq(read.broken_off[METRIC_KIND_SEGMENT], 2);
  ck_assert_int_eq(read.segments[METRIC_RENDITION_1], 10);
  ck_assert_int_eq(read.slow, 4);
}
END_TEST

FIXTURE_MAIN("delivery_store", positions_end_with_the_connection_that_they_came_from,
             a_batch_that_fails_leaves_nothing_and_the_connection_goes_on, deliveries_are_summed_with_their_position,
             one_grant_from_one_address_is_one_view, views_of_a_batch_keep_what_is_theirs, lines_may_come_in_any_order,
             what_was_read_is_not_counted_again, a_batch_counts_wholly_or_not_at_all,
             unknown_and_deleted_media_do_no_harm, a_position_moves_without_a_view, two_readers_count_once,
             several_readers_of_several_logs_agree, equal_user_agents_get_one_id_wherever_they_stand,
             user_agents_that_nobody_holds_are_swept, unprepared_it_is_the_same,
             a_backlog_of_beginnings_and_ends_is_within_the_statement_timeout)
