/* SPDX-License-Identifier: ISC */
/*
 * Views: reports and their limit, and lists.
 */
#include "config.h"

#include "domain/address.h"
#include "store/views/view_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audience/address_mask.h"
#include "fixture.h"
#include "store/media/media_store.h"

static struct view_report report_of(int64_t media_id, const char *address) {
  static struct masked_address masked;
  if (address_mask(address, ADDRESS_FULL, NULL, &masked) != ERROR_NONE) { /* for the database to refuse */
    masked = (struct masked_address){.hash = 0};
  }
  return (struct view_report){
      .media_id = media_id, .address = address, .address_key = masked.key, .address_hash = masked.hash, .country = ""};
}

static enum error report(int64_t media_id, const char *address, int64_t limit, struct view *view) {
  int64_t retry_after = 0;
  struct view_report row = report_of(media_id, address);
  row.viewer = "user-7";
  row.user_agent = "Player/1.0";
  row.country = "AT";
  enum error error = view_store_report(fixture_database, &row, limit, view, &retry_after);
  ck_assert(error != ERROR_LIMITED || (retry_after > 0 && retry_after <= 61));
  return error;
}

START_TEST(reports_a_view) {
  int64_t id = fixture_medium();
  struct view view;
  ck_assert_int_eq(report(id, "2001:db8::1", 5, &view), ERROR_NONE);
  ck_assert_int_eq(view.media_id, id);
  ck_assert_str_eq(view.viewed_by_ip, "2001:db8::1");
  ck_assert_str_eq(view.viewer, "user-7");
  ck_assert_str_eq(view.user_agent, "Player/1.0");
  ck_assert_str_eq(view.country, "AT");
  ck_assert(!view.robot);
  ck_assert_str_eq(view.source, "reported");
  ck_assert_str_eq(view.grant_id, "");
  ck_assert_int_eq(view.bytes_sent, -1);
  ck_assert_int_eq(view.delivered_points, -1);
  ck_assert_int_eq(view.watched_seconds, -1);
  ck_assert(view.played);
  view_free(&view);
  ck_assert_int_eq(fixture_sql("select count(*) from view_rollup where views = 1 and plays = 1 and watched_seconds = 0"
                               " and bytes_sent = 0 and not bot"),
                   6);
  ck_assert_int_eq(fixture_sql("select count(*) from media_view_log where granted_at = \"timestamp\" and address_key ="
                               " '1a4dcb2f-bf65-e9a5-a1b3-1d4734bf1d48'"),
                   1);
  ck_assert_int_eq(report(id + 1, "192.0.2.1", 5, &view), ERROR_NOT_FOUND);
  ck_assert_int_eq(report(id, "not an address", 5, &view), ERROR_INVALID);
  ck_assert_int_eq(media_store_delete(fixture_database, id), ERROR_NONE);
  ck_assert_int_eq(report(id, "192.0.2.1", 5, &view), ERROR_NOT_FOUND);
}
END_TEST

/* The limit's row may be lost at a crash of the database, the view may not: its commit waits for the disk as the
 * operator says. */
START_TEST(a_reported_view_is_as_durable_as_all_else) {
  char connection_string[400];
  snprintf(connection_string, sizeof connection_string, "%s options='-c synchronous_commit=local'",
           fixture_connection_string);
  fixture_sql("create table committed (how text)");
  fixture_sql("create function record_commit() returns trigger language plpgsql as $$ begin"
              " insert into committed values (current_setting('synchronous_commit')); return null; end $$");
  fixture_sql("create constraint trigger recorded after insert on view_rollup deferrable initially deferred"
              " for each row execute function record_commit()");
  struct database *database = fixture_connect(connection_string, true);
  struct view_report row = report_of(fixture_medium(), "192.0.2.1");
  struct view view;
  int64_t retry_after = 0;
  ck_assert_int_eq(view_store_report(database, &row, 5, &view, &retry_after), ERROR_NONE);
  view_free(&view);
  database_close(database);
  ck_assert_int_eq(fixture_sql("select count(*) from committed where how = 'local'"), 6);
  ck_assert_int_eq(fixture_sql("select count(*) from committed"), 6);
  fixture_sql("drop trigger recorded on view_rollup");
  fixture_sql("drop function record_commit");
  fixture_sql("drop table committed");
}
END_TEST

static int64_t raced_media;

static int report_ten_times(struct database *database, int number) {
  (void)number;
  int stored = 0;
  for (int i = 0; i < 10; i++) {
    struct view view;
    int64_t retry_after = 0;
    const struct view_report row = report_of(raced_media, "192.0.2.1");
    enum error error = view_store_report(database, &row, 5, &view, &retry_after);
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
  raced_media = fixture_medium();
  ck_assert_int_eq(fixture_race(8, report_ten_times), 5);
  ck_assert_int_eq(fixture_sql("select count(*) from media_view_log"), 5);
  struct view view;
  ck_assert_int_eq(report(raced_media, "192.0.2.2", 5, &view), ERROR_NONE); /* another address has its own limit */
  view_free(&view);
}
END_TEST

/* How many reports of `count` are let through, and that the others are told to wait for so many seconds. */
static int reports_let_through(int64_t media_id, int count, int64_t wait) {
  int stored = 0;
  for (int i = 0; i < count; i++) {
    struct view view;
    int64_t retry_after = 0;
    const struct view_report row = report_of(media_id, "192.0.2.1");
    enum error error = view_store_report(fixture_database, &row, 5, &view, &retry_after);
    ck_assert(error == ERROR_NONE || error == ERROR_LIMITED);
    ck_assert_msg(error == ERROR_NONE || llabs(retry_after - wait) <= 5, "wait %lld", (long long)retry_after);
    if (error == ERROR_NONE) {
      stored++;
      view_free(&view);
    }
  }
  return stored;
}

static void let_seconds_pass(int seconds) {
  char sql[100];
  snprintf(sql, sizeof sql, "update rate_limit set window_ends_at = window_ends_at - interval '%d seconds'", seconds);
  fixture_sql(sql);
}

/* No minute begins anew: who reports at the end of one has not as many again right after it. */
START_TEST(the_limit_is_that_of_any_minute) {
  int64_t id = fixture_medium();
  ck_assert_int_eq(reports_let_through(id, 1, 0), 1);
  let_seconds_pass(50);
  ck_assert_int_eq(reports_let_through(id, 5, 11), 4);
  let_seconds_pass(30);
  ck_assert_int_eq(reports_let_through(id, 3, 31), 1);
  let_seconds_pass(40);
  ck_assert_int_eq(reports_let_through(id, 6, 21), 4);
  let_seconds_pass(3600);
  ck_assert_int_eq(reports_let_through(id, 6, 61), 5);
  fixture_sql("update rate_limit set recent = null"); /* as a program before this one left it */
  ck_assert_int_eq(reports_let_through(id, 6, 61), 5);
}
END_TEST

START_TEST(lists_newest_first_by_cursor) {
  int64_t id = fixture_medium(), other = fixture_medium();
  struct view *items = NULL;
  struct view_place end;
  size_t count = 99;
  ck_assert_int_eq(view_store_list(fixture_database,
                                   &(struct view_listing){.media_id = id, .before_us = 0, .before_id = 0}, 10, &items,
                                   &count, &end),
                   ERROR_NONE);
  ck_assert_uint_eq(count, 0);
  free(items);
  ck_assert_int_eq(view_store_list(fixture_database,
                                   &(struct view_listing){.media_id = other + 1, .before_us = 0, .before_id = 0}, 10,
                                   &items, &count, &end),
                   ERROR_NOT_FOUND);
  for (int i = 0; i < 5; i++) {
    char address[20];
    snprintf(address, sizeof address, "192.0.2.%d", i);
    fixture_view(id, i < 3 ? "2026-01-01T00:00:00Z" : "2026-01-02T00:00:00Z", address, false);
    fixture_view(id, "2026-01-01T00:00:00Z", "192.0.2.99", true);
    fixture_view(other, "2026-01-01T00:00:00Z", address, false);
  }
  static const char *const expected[] = {"192.0.2.4", "192.0.2.3", "192.0.2.2", "192.0.2.1", "192.0.2.0"};
  int64_t before_us = 0, before_id = 0;
  size_t seen = 0;
  do {
    ck_assert_int_eq(
        view_store_list(fixture_database,
                        &(struct view_listing){.media_id = id, .before_us = before_us, .before_id = before_id}, 2,
                        &items, &count, &end),
        ERROR_NONE);
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

FIXTURE_MAIN("view_store", reports_a_view, a_reported_view_is_as_durable_as_all_else,
             parallel_reports_do_not_pass_the_limit, the_limit_is_that_of_any_minute, lists_newest_first_by_cursor)
