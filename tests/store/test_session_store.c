/* SPDX-License-Identifier: ISC */
/*
 * Sessions, refresh families, login limits, and what they do when two come at once.
 */
#include "config.h"

#include "domain/digest.h"
#include "store/accounts/session_store.h"

#include <stdio.h>
#include <string.h>

#include "fixture.h"

static void fill(unsigned char hash[DIGEST_SIZE], int byte) {
  memset(hash, byte, 32);
}

static enum error create(const struct account *account, int token, char session_id[UUID_SIZE]) {
  unsigned char hash[DIGEST_SIZE];
  fill(hash, token);
  return session_store_create(fixture_database, account->id, account->token_epoch, hash, 3600, session_id);
}

static enum error rotate(struct database *database, int old_token, int new_token, int64_t window,
                         char session_id[UUID_SIZE]) {
  unsigned char old_hash[DIGEST_SIZE], new_hash[DIGEST_SIZE];
  fill(old_hash, old_token);
  fill(new_hash, new_token);
  struct account account;
  return session_store_rotate(database, old_hash, new_hash, 3600, window, &account, session_id);
}

START_TEST(rotates_within_the_family) {
  struct account account = fixture_account("ada@example.org");
  char first[UUID_SIZE], second[UUID_SIZE];
  ck_assert_int_eq(create(&account, 1, first), ERROR_NONE);
  ck_assert_int_eq(rotate(fixture_database, 1, 2, 10, second), ERROR_NONE);
  ck_assert_str_eq(first, second);
  ck_assert_int_eq(rotate(fixture_database, 2, 3, 10, second), ERROR_NONE);
  ck_assert_int_eq(rotate(fixture_database, 9, 4, 10, second), ERROR_DENIED);
}
END_TEST

START_TEST(reuse_within_the_window_serves_a_lost_reply) {
  struct account account = fixture_account("ada@example.org");
  char id[UUID_SIZE];
  ck_assert_int_eq(create(&account, 1, id), ERROR_NONE);
  ck_assert_int_eq(rotate(fixture_database, 1, 2, 10, id), ERROR_NONE);
  ck_assert_int_eq(rotate(fixture_database, 1, 3, 10, id), ERROR_NONE);
  ck_assert_int_eq(rotate(fixture_database, 3, 4, 10, id), ERROR_NONE);
}
END_TEST

START_TEST(reuse_past_the_window_ends_the_family) {
  struct account account = fixture_account("ada@example.org");
  char id[UUID_SIZE];
  ck_assert_int_eq(create(&account, 1, id), ERROR_NONE);
  ck_assert_int_eq(create(&account, 50, id), ERROR_NONE);
  ck_assert_int_eq(rotate(fixture_database, 1, 2, 10, id), ERROR_NONE);
  fixture_sql("update refresh_token set spent_at = spent_at - interval '11 seconds' where spent_at is not null");
  ck_assert_int_eq(rotate(fixture_database, 1, 3, 10, id), ERROR_DENIED);
  ck_assert_int_eq(rotate(fixture_database, 2, 4, 10, id), ERROR_DENIED);
  ck_assert_int_eq(rotate(fixture_database, 50, 51, 10, id), ERROR_NONE); /* another login goes on */
}
END_TEST

START_TEST(refuses_expired_tokens) {
  struct account account = fixture_account("ada@example.org");
  char id[UUID_SIZE];
  ck_assert_int_eq(create(&account, 1, id), ERROR_NONE);
  fixture_sql("update refresh_token set expires_at = now() - interval '1 second'");
  ck_assert_int_eq(rotate(fixture_database, 1, 2, 10, id), ERROR_DENIED);
}
END_TEST

START_TEST(logout_ends_only_ones_own_session) {
  struct account ada = fixture_account("ada@example.org");
  struct account bob = fixture_account("bob@example.org");
  char id[UUID_SIZE];
  unsigned char hash[DIGEST_SIZE];
  ck_assert_int_eq(create(&ada, 1, id), ERROR_NONE);
  fill(hash, 1);
  ck_assert_int_eq(session_store_end(fixture_database, bob.id, hash), ERROR_NONE);
  ck_assert_int_eq(rotate(fixture_database, 1, 2, 10, id), ERROR_NONE);
  fill(hash, 2);
  ck_assert_int_eq(session_store_end(fixture_database, ada.id, hash), ERROR_NONE);
  ck_assert_int_eq(rotate(fixture_database, 2, 3, 10, id), ERROR_DENIED);
  fill(hash, 77);
  ck_assert_int_eq(session_store_end(fixture_database, ada.id, hash), ERROR_NONE);
}
END_TEST

START_TEST(a_new_password_ends_sessions_and_opens_none_for_the_old_epoch) {
  struct account account = fixture_account("ada@example.org");
  char id[UUID_SIZE];
  int64_t epoch = 0;
  ck_assert_int_eq(create(&account, 1, id), ERROR_NONE);
  ck_assert_int_eq(account_store_set_password(fixture_database, account.id, account.token_epoch + 1, "new", &epoch),
                   ERROR_NOT_FOUND);
  ck_assert_int_eq(account_store_set_password(fixture_database, account.id, account.token_epoch, "new", &epoch),
                   ERROR_NONE);
  ck_assert_int_eq(epoch, account.token_epoch + 1);
  ck_assert_int_eq(rotate(fixture_database, 1, 2, 10, id), ERROR_DENIED);
  ck_assert_int_eq(create(&account, 3, id), ERROR_DENIED);
  account.token_epoch = epoch;
  ck_assert_int_eq(create(&account, 3, id), ERROR_NONE);
}
END_TEST

START_TEST(a_disabled_account_has_no_sessions) {
  struct account account = fixture_account("ada@example.org");
  char id[UUID_SIZE];
  ck_assert_int_eq(create(&account, 1, id), ERROR_NONE);
  ck_assert_int_eq(account_store_set_disabled(fixture_database, account.id, true), ERROR_NONE);
  ck_assert_int_eq(rotate(fixture_database, 1, 2, 10, id), ERROR_DENIED);
  ck_assert_int_eq(account_store_find(fixture_database, account.id, &account), ERROR_NONE);
  ck_assert(account.disabled);
  ck_assert_int_eq(create(&account, 3, id), ERROR_DENIED);
  ck_assert_int_eq(account_store_set_disabled(fixture_database, account.id, false), ERROR_NONE);
  ck_assert_int_eq(create(&account, 3, id), ERROR_NONE);
  ck_assert_int_eq(rotate(fixture_database, 1, 2, 10, id), ERROR_DENIED);
}
END_TEST

static int rotate_the_same(struct database *database, int number) {
  char id[UUID_SIZE];
  return rotate(database, 1, 100 + number, 0, id) == ERROR_NONE ? 1 : 0;
}

START_TEST(of_parallel_rotations_without_a_window_one_wins_and_the_family_ends) {
  struct account account = fixture_account("ada@example.org");
  char id[UUID_SIZE];
  ck_assert_int_eq(create(&account, 1, id), ERROR_NONE);
  ck_assert_int_eq(fixture_race(8, rotate_the_same), 1);
  ck_assert_int_eq(fixture_sql("select count(*) from login_session where ended_at is null"), 0);
}
END_TEST

static int rotate_in_window(struct database *database, int number) {
  char id[UUID_SIZE];
  return rotate(database, 1, 100 + number, 60, id) == ERROR_NONE ? 1 : 0;
}

START_TEST(parallel_rotations_within_the_window_stay_one_family) {
  struct account account = fixture_account("ada@example.org");
  char id[UUID_SIZE];
  ck_assert_int_eq(create(&account, 1, id), ERROR_NONE);
  ck_assert_int_eq(fixture_race(8, rotate_in_window), 8);
  ck_assert_int_eq(fixture_sql("select count(*) from login_session"), 1);
  ck_assert_int_eq(fixture_sql("select count(*) from refresh_token where spent_at is null"), 8);
}
END_TEST

static int guess_ten_times(struct database *database, int number) {
  (void)number;
  int passed = 0;
  for (int i = 0; i < 10; i++) {
    int64_t retry_after = 0;
    const struct login_attempt attempt = {.email = "ada@example.org", .address = "192.0.2.1", .network = "192.0.2.0"};
    const struct login_limits limits = {.account = 7, .address = 1000, .window_seconds = 300};
    enum error error = login_limit_count(database, &attempt, &limits, &retry_after);
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

static enum error guess_from(const char *email, const char *address, const char *network, int64_t *retry_after) {
  const struct login_attempt attempt = {.email = email, .address = address, .network = network};
  const struct login_limits limits = {.account = 3, .address = 5, .window_seconds = 300};
  return login_limit_count(fixture_database, &attempt, &limits, retry_after);
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
    ck_assert_int_eq(login_limit_forgive(fixture_database, &attempt), ERROR_NONE);
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

START_TEST(sweeps_no_more_than_a_batch_of_each_table_at_once) {
  int64_t deleted = 0;
  bool more = false;
  fixture_sql("insert into rate_limit (key, attempts, window_ends_at)"
              " select sha256(n::text::bytea), 1, now() - interval '1 second' from generate_series(1, 5) n");
  for (int left = 5; left > 0; left -= 2) {
    ck_assert_int_eq(session_store_sweep(fixture_database, 2, &deleted, &more), ERROR_NONE);
    ck_assert_int_eq(deleted, left > 2 ? 2 : left);
    ck_assert_int_eq(more, left > 1);
  }
}
END_TEST

START_TEST(sweeps_what_is_long_over) {
  struct account account = fixture_account("ada@example.org");
  char id[UUID_SIZE];
  int64_t deleted = 0, retry_after = 0;
  bool more = true;
  ck_assert_int_eq(create(&account, 1, id), ERROR_NONE);
  ck_assert_int_eq(create(&account, 2, id), ERROR_NONE);
  ck_assert_int_eq(guess("ada@example.org", "192.0.2.1", &retry_after), ERROR_NONE);
  ck_assert_int_eq(session_store_sweep(fixture_database, 10, &deleted, &more), ERROR_NONE);
  ck_assert_int_eq(deleted, 0);
  ck_assert(!more);
  fixture_sql("update login_session set expires_at = now() - interval '2 days' where id = (select session_id from "
              "refresh_token limit 1)");
  fixture_sql("update rate_limit set window_ends_at = now() - interval '1 second'");
  ck_assert_int_eq(session_store_sweep(fixture_database, 10, &deleted, &more), ERROR_NONE);
  ck_assert_int_eq(deleted, 4); /* a session and three counters */
  ck_assert(!more);
  ck_assert_int_eq(fixture_sql("select count(*) from refresh_token"), 1);
}
END_TEST

FIXTURE_MAIN("session_store", rotates_within_the_family, reuse_within_the_window_serves_a_lost_reply,
             reuse_past_the_window_ends_the_family, refuses_expired_tokens, logout_ends_only_ones_own_session,
             a_new_password_ends_sessions_and_opens_none_for_the_old_epoch, a_disabled_account_has_no_sessions,
             of_parallel_rotations_without_a_window_one_wins_and_the_family_ends,
             parallel_rotations_within_the_window_stay_one_family, parallel_guesses_are_all_counted,
             limits_by_account_and_by_address, sign_ups_are_limited_by_address_and_in_all,
             an_account_is_limited_by_network_and_less_strictly_from_everywhere, a_success_gives_attempts_back,
             a_window_ends_and_trying_on_does_not_stretch_it, sweeps_no_more_than_a_batch_of_each_table_at_once,
             sweeps_what_is_long_over)
