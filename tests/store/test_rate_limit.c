/* SPDX-License-Identifier: ISC */
/* Limits: a window that ends by itself, and any minute to the second. Time passes by moving the rows into the past. */
#include "config.h"

#include <check.h>
#include <stdio.h>

#include "fixture.h"
#include "store/engine/rate_limit.h"

#define LIMIT  3
#define WINDOW 60

static enum error count(const char *kind, const char *key, int64_t *ret_retry_after) {
  return rate_limit_count(fixture_database, kind, key, LIMIT, WINDOW, ret_retry_after);
}

static void expect_room(const char *kind, const char *key, int attempts) {
  int64_t retry_after = 0;
  for (int i = 0; i < attempts; i++) {
    ck_assert_int_eq(count(kind, key, &retry_after), ERROR_NONE);
  }
  ck_assert_int_eq(count(kind, key, &retry_after), ERROR_LIMITED);
  ck_assert_int_ge(retry_after, 1);
  ck_assert_int_le(retry_after, WINDOW);
}

START_TEST(each_kind_and_key_has_a_limit_of_its_own) {
  expect_room("login", "a", LIMIT);
  expect_room("login", "b", LIMIT);
  expect_room("view", "a", LIMIT);
}
END_TEST

START_TEST(trying_on_does_not_make_the_window_longer) {
  int64_t retry_after = 0;
  expect_room("login", "a", LIMIT);
  fixture_sql("update rate_limit set window_ends_at = now() + interval '10 seconds'");
  ck_assert_int_eq(count("login", "a", &retry_after), ERROR_LIMITED);
  ck_assert_int_le(retry_after, 10);
  fixture_sql("update rate_limit set window_ends_at = now()");
  expect_room("login", "a", LIMIT);
}
END_TEST

START_TEST(attempts_come_back_one_by_one_or_all_at_once) {
  expect_room("login", "a", LIMIT); /* one above the limit was counted too */
  ck_assert_int_eq(rate_limit_give_back(fixture_database, "login", "a"), ERROR_NONE);
  ck_assert_int_eq(rate_limit_give_back(fixture_database, "login", "a"), ERROR_NONE);
  expect_room("login", "a", 1);
  ck_assert_int_eq(rate_limit_reset(fixture_database, "login", "a"), ERROR_NONE);
  expect_room("login", "a", LIMIT);
}
END_TEST

START_TEST(nothing_is_given_back_below_zero) {
  ck_assert_int_eq(rate_limit_give_back(fixture_database, "login", "a"), ERROR_NONE); /* of a row that is not there */
  int64_t retry_after = 0;
  ck_assert_int_eq(count("login", "a", &retry_after), ERROR_NONE);
  for (int i = 0; i < 3; i++) {
    ck_assert_int_eq(rate_limit_give_back(fixture_database, "login", "a"), ERROR_NONE);
  }
  expect_room("login", "a", LIMIT);
}
END_TEST

/* As view_store_report does it: what was refused is rolled back. */
static enum error count_minute(int64_t *ret_retry_after) {
  enum error error = statement_begin(fixture_database);
  if (error == ERROR_NONE) {
    error = rate_limit_count_minute(fixture_database, "view", "a", LIMIT, ret_retry_after);
    error = statement_end_transaction(fixture_database, error);
  }
  return error;
}

static void let_seconds_pass(int seconds) {
  char sql[128];
  snprintf(sql, sizeof sql, "update rate_limit set window_ends_at = window_ends_at - interval '%d seconds'", seconds);
  fixture_sql(sql);
}

START_TEST(any_minute_has_no_more_than_the_limit) {
  int64_t retry_after = 0;
  ck_assert_int_eq(count_minute(&retry_after), ERROR_NONE);
  let_seconds_pass(30);
  ck_assert_int_eq(count_minute(&retry_after), ERROR_NONE);
  ck_assert_int_eq(count_minute(&retry_after), ERROR_NONE);
  ck_assert_int_eq(count_minute(&retry_after), ERROR_LIMITED);
  ck_assert_int_ge(retry_after, 29); /* a second may have begun meanwhile */
  ck_assert_int_le(retry_after, 31);
  let_seconds_pass(31); /* the first of them has left the minute, */
  ck_assert_int_eq(count_minute(&retry_after), ERROR_NONE);
  ck_assert_int_eq(count_minute(&retry_after), ERROR_LIMITED); /* the others have not */
  let_seconds_pass(61);
  for (int i = 0; i < LIMIT; i++) {
    ck_assert_int_eq(count_minute(&retry_after), ERROR_NONE);
  }
  ck_assert_int_eq(count_minute(&retry_after), ERROR_LIMITED);
}
END_TEST

static enum error attempt(struct database *database) {
  int64_t retry_after = 0;
  return rate_limit_count(database, "login", "raced", LIMIT, WINDOW, &retry_after);
}

static int count_let_through(struct database *database, int number) {
  (void)number;
  int through = 0;
  for (int i = 0; i < 5; i++) {
    through += attempt(database) == ERROR_NONE;
  }
  return through;
}

START_TEST(those_who_race_pass_no_more_than_the_limit) {
  ck_assert_int_eq(fixture_race(4, count_let_through), LIMIT);
}
END_TEST

FIXTURE_MAIN("rate_limit", each_kind_and_key_has_a_limit_of_its_own, trying_on_does_not_make_the_window_longer,
             attempts_come_back_one_by_one_or_all_at_once, nothing_is_given_back_below_zero,
             any_minute_has_no_more_than_the_limit, those_who_race_pass_no_more_than_the_limit)
