/* SPDX-License-Identifier: ISC */
/*
 * Limits of guessing: exact when many guess at once, and no stranger closes an account to those who use it.
 */
#include "config.h"

#include "store/accounts/login_limit.h"

#include <stdio.h>

#include "fixture.h"
#include "store/accounts/account_store.h"

static int guess_ten_times(struct database *database, int number) {
  (void)number;
  int passed = 0;
  for (int i = 0; i < 10; i++) {
    int64_t retry_after = 0;
    enum login_standing standing;
    const struct login_attempt attempt = {.email = "ada@example.org", .address = "192.0.2.1", .network = "192.0.2.0"};
    const struct login_limits limits = {.account = 7, .address = 1000, .window_seconds = 300};
    enum error error = login_limit_count(database, &attempt, &limits, &standing, &retry_after);
    if (error != ERROR_NONE && error != ERROR_LIMITED) {
      return 200;
    }
    passed += error == ERROR_NONE;
  }
  return passed;
}

START_TEST(parallel_guesses_are_all_counted) {
  ck_assert_int_eq(fixture_race(8, guess_ten_times), 7);
}
END_TEST

static enum login_standing standing; /* of the last guess */

static enum error guess_from(const char *email, const char *address, const char *network, int64_t *retry_after) {
  const struct login_attempt attempt = {.email = email, .address = address, .network = network};
  const struct login_limits limits = {.account = 3, .address = 5, .window_seconds = 300, .known_seconds = 3600};
  return login_limit_count(fixture_database, &attempt, &limits, &standing, retry_after);
}

static enum error guess(const char *email, const char *address, int64_t *retry_after) {
  return guess_from(email, address, "192.0.2.0", retry_after);
}

START_TEST(limits_by_account_and_by_address) {
  int64_t retry_after = 0;
  for (int i = 0; i < 3; i++) {
    ck_assert_int_eq(guess("ada@example.org", "192.0.2.1", &retry_after), ERROR_NONE);
  }
  ck_assert_int_eq(guess("ada@example.org", "192.0.2.2", &retry_after), ERROR_LIMITED);
  ck_assert_int_ge(retry_after, 298);
  ck_assert_int_le(retry_after, 300);
  ck_assert_int_eq(guess("bob@example.org", "192.0.2.1", &retry_after), ERROR_NONE);
  ck_assert_int_eq(guess("bob@example.org", "192.0.2.1", &retry_after), ERROR_NONE);
  ck_assert_int_eq(guess("bob@example.org", "192.0.2.1", &retry_after), ERROR_LIMITED); /* the address: six */
  ck_assert_int_eq(guess("bob@example.org", "192.0.2.3", &retry_after), ERROR_NONE); /* and it did not count for bob */
}
END_TEST

static enum error sign_up(const char *address) {
  static const struct signup_limits limits = {.address = 2, .all = 3, .window_seconds = 300};
  int64_t retry_after = 0;
  enum error error = signup_limit_count(fixture_database, address, &limits, &retry_after);
  ck_assert(error != ERROR_LIMITED || (retry_after >= 298 && retry_after <= 300));
  return error;
}

START_TEST(sign_ups_are_limited_by_address_and_in_all) {
  ck_assert_int_eq(sign_up("192.0.2.1"), ERROR_NONE);
  ck_assert_int_eq(sign_up("192.0.2.1"), ERROR_NONE);
  ck_assert_int_eq(sign_up("192.0.2.1"), ERROR_LIMITED); /* and does not count in all */
  ck_assert_int_eq(sign_up("192.0.2.2"), ERROR_NONE);
  ck_assert_int_eq(sign_up("192.0.2.3"), ERROR_LIMITED);
}
END_TEST

START_TEST(an_account_is_limited_by_network_and_less_strictly_from_everywhere) {
  int64_t retry_after = 0;
  char place[40];
  for (int i = 0; i < 40; i++) { /* from each of ten networks four times */
    snprintf(place, sizeof place, "198.51.%d.0", i / 4);
    ck_assert_int_eq(guess_from("ada@example.org", place, place, &retry_after), i % 4 < 3 ? ERROR_NONE : ERROR_LIMITED);
  }
  ck_assert_int_eq(guess_from("ada@example.org", "203.0.113.0", "203.0.113.0", &retry_after), ERROR_LIMITED);
  ck_assert_int_eq(guess_from("bob@example.org", "203.0.113.1", "203.0.113.0", &retry_after), ERROR_NONE);
}
END_TEST

START_TEST(a_success_gives_attempts_back) {
  const struct login_attempt attempt = {.email = "ada@example.org", .address = "192.0.2.1", .network = "192.0.2.0"};
  int64_t retry_after = 0;
  for (int i = 0; i < 40; i++) {
    ck_assert_int_eq(guess("ada@example.org", "192.0.2.1", &retry_after), ERROR_NONE);
    ck_assert_int_eq(login_limit_forgive(fixture_database, &attempt, standing), ERROR_NONE);
  }
}
END_TEST

START_TEST(a_window_ends_and_trying_on_does_not_stretch_it) {
  int64_t retry_after = 0;
  for (int i = 0; i < 9; i++) {
    enum error error = guess("ada@example.org", "192.0.2.1", &retry_after);
    ck_assert(error == ERROR_NONE || error == ERROR_LIMITED);
    fixture_sql("update rate_limit set window_ends_at = window_ends_at - interval '10 seconds'");
  }
  ck_assert_int_eq(guess("ada@example.org", "192.0.2.1", &retry_after), ERROR_LIMITED);
  ck_assert_int_le(retry_after, 210);
  fixture_sql("update rate_limit set window_ends_at = now()");
  ck_assert_int_eq(guess("ada@example.org", "192.0.2.1", &retry_after), ERROR_NONE);
}
END_TEST

/* Everybody else's attempts: as many as anybody has. */
static void fill_from_everywhere(const char *email) {
  char place[40];
  int64_t retry_after = 0;
  for (int i = 0; i < 300; i++) {
    snprintf(place, sizeof place, "198.51.%d.0", i / 4);
    (void)guess_from(email, place, place, &retry_after);
  }
  ck_assert_int_eq(guess_from(email, "203.0.113.9", "203.0.113.0", &retry_after), ERROR_LIMITED);
}

START_TEST(strangers_do_not_close_an_account_to_where_it_is_used) {
  struct account ada = fixture_account("ada@example.org");
  struct account bob = fixture_account("bob@example.org");
  int64_t retry_after = 0;
  ck_assert_int_eq(login_limit_remember(fixture_database, ada.id, "192.0.2.7", "192.0.2.0"), ERROR_NONE);
  ck_assert_int_eq(login_limit_remember(fixture_database, ada.id, "192.0.2.7", "192.0.2.0"), ERROR_NONE);
  ck_assert_int_eq(login_limit_remember(fixture_database, bob.id, "192.0.2.7", "192.0.2.0"), ERROR_NONE);
  fill_from_everywhere("ada@example.org");
  ck_assert_int_eq(guess("ada@example.org", "192.0.2.8", &retry_after), ERROR_NONE); /* the same network */
  ck_assert_int_eq(standing, LOGIN_KNOWN_NETWORK);
  ck_assert_int_eq(guess("ada@example.org", "192.0.2.8", &retry_after), ERROR_NONE);
  ck_assert_int_eq(guess("ada@example.org", "192.0.2.9", &retry_after), ERROR_NONE);
  ck_assert_int_eq(guess("ada@example.org", "192.0.2.9", &retry_after), ERROR_LIMITED);
  ck_assert_int_eq(guess("ada@example.org", "192.0.2.7", &retry_after), ERROR_NONE); /* neighbours do not count here */
  ck_assert_int_eq(standing, LOGIN_KNOWN_ADDRESS);
  ck_assert_int_eq(guess("ada@example.org", "192.0.2.7", &retry_after), ERROR_NONE);
  ck_assert_int_eq(guess("ada@example.org", "192.0.2.7", &retry_after), ERROR_NONE);
  ck_assert_int_eq(guess("ada@example.org", "192.0.2.7", &retry_after), ERROR_LIMITED);
  ck_assert_int_eq(
      password_change_limit_count(fixture_database, ada.id, &(struct login_limits){1, 1, 300, 3600}, &retry_after),
      ERROR_NONE);
  ck_assert_int_eq(
      password_change_limit_count(fixture_database, ada.id, &(struct login_limits){1, 1, 300, 3600}, &retry_after),
      ERROR_LIMITED);
}
END_TEST

START_TEST(a_place_is_forgotten_and_is_one_accounts_own) {
  struct account ada = fixture_account("ada@example.org");
  struct account bob = fixture_account("bob@example.org");
  int64_t retry_after = 0;
  ck_assert_int_eq(login_limit_remember(fixture_database, ada.id, "192.0.2.7", "192.0.2.0"), ERROR_NONE);
  ck_assert_int_eq(guess("bob@example.org", "192.0.2.7", &retry_after), ERROR_NONE);
  ck_assert_int_eq(standing, LOGIN_STRANGER);
  fixture_sql("update login_place set seen_at = now() - interval '2 hours'");
  ck_assert_int_eq(guess("ada@example.org", "192.0.2.7", &retry_after), ERROR_NONE);
  ck_assert_int_eq(standing, LOGIN_STRANGER);
  ck_assert_int_eq(login_limit_remember(fixture_database, ada.id, "192.0.2.7", "192.0.2.0"), ERROR_NONE);
  ck_assert_int_eq(guess("ada@example.org", "192.0.2.7", &retry_after), ERROR_NONE);
  ck_assert_int_eq(standing, LOGIN_KNOWN_ADDRESS);
  ck_assert_int_eq(fixture_sql("select count(*) from login_place"), 2);
  (void)bob;
}
END_TEST

FIXTURE_MAIN("login_limit", parallel_guesses_are_all_counted, limits_by_account_and_by_address,
             sign_ups_are_limited_by_address_and_in_all,
             an_account_is_limited_by_network_and_less_strictly_from_everywhere, a_success_gives_attempts_back,
             a_window_ends_and_trying_on_does_not_stretch_it, strangers_do_not_close_an_account_to_where_it_is_used,
             a_place_is_forgotten_and_is_one_accounts_own)
