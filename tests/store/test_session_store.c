/* SPDX-License-Identifier: ISC */
/*
 * Sessions and refresh families, and what they do when two come at once.
 */
#include "config.h"

#include "domain/digest.h"
#include "store/accounts/login_limit.h"
#include "store/accounts/session_store.h"

#include <stdio.h>
#include <string.h>

#include "fixture.h"

static void fill(unsigned char hash[DIGEST_SIZE], int byte) {
  memset(hash, byte, 32);
}

static const struct session_origin origin = {.address = "192.0.2.7", .client = "curl/8"};
static const struct session_lives lives = {.token = 3600, .session = 7200, .reuse_window = 10};

static enum error create(const struct account *account, int token, char session_id[UUID_SIZE]) {
  unsigned char hash[DIGEST_SIZE];
  fill(hash, token);
  return session_store_create(fixture_database, account->id, account->token_epoch, hash, &lives, &origin, session_id);
}

static enum error rotate_whole(struct database *database, int old_token, int new_token, int64_t window,
                               struct rotated *ret_rotated) {
  struct rotation rotation;
  struct session_lives these = lives;
  these.reuse_window = window;
  fill(rotation.old_hash, old_token);
  fill(rotation.new_hash, new_token);
  fill(rotation.new_sealed, new_token);
  return session_store_rotate(database, &rotation, &these, &origin, ret_rotated);
}

static enum error rotate(struct database *database, int old_token, int new_token, int64_t window,
                         char session_id[UUID_SIZE]) {
  struct rotated rotated;
  enum error error = rotate_whole(database, old_token, new_token, window, &rotated);
  if (error == ERROR_NONE) {
    memcpy(session_id, rotated.session_id, UUID_SIZE);
  }
  return error;
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

START_TEST(reuse_within_the_window_gives_the_same_successor) {
  struct account account = fixture_account("ada@example.org");
  char id[UUID_SIZE];
  struct rotated first, again;
  ck_assert_int_eq(create(&account, 1, id), ERROR_NONE);
  ck_assert_int_eq(rotate_whole(fixture_database, 1, 2, 10, &first), ERROR_NONE);
  ck_assert_int_eq(first.sealed[0], 2);
  for (int token = 3; token < 9; token++) {
    ck_assert_int_eq(rotate_whole(fixture_database, 1, token, 10, &again), ERROR_NONE);
    ck_assert_mem_eq(again.sealed, first.sealed, sizeof first.sealed);
    ck_assert_int_eq(rotate(fixture_database, token, 20 + token, 10, id), ERROR_DENIED); /* was not stored */
  }
  ck_assert_int_eq(fixture_sql("select count(*) from refresh_token"), 2);
  ck_assert_int_eq(rotate(fixture_database, 2, 40, 10, id), ERROR_NONE);
  /* The window is counted from the first use. */
  fixture_sql("update refresh_token set spent_at = spent_at - interval '11 seconds' where spent_at is not null");
  ck_assert_int_eq(rotate(fixture_database, 1, 50, 10, id), ERROR_DENIED);
  ck_assert_int_eq(rotate(fixture_database, 40, 51, 10, id), ERROR_DENIED);
}
END_TEST

START_TEST(a_session_ends_by_its_age_however_often_it_is_refreshed) {
  struct account account = fixture_account("ada@example.org");
  char id[UUID_SIZE];
  struct rotated rotated;
  ck_assert_int_eq(create(&account, 1, id), ERROR_NONE);
  fixture_sql("update login_session set created_at = created_at - interval '7100 seconds'");
  ck_assert_int_eq(rotate_whole(fixture_database, 1, 2, 10, &rotated), ERROR_NONE);
  ck_assert_int_ge(rotated.seconds_left, 90);
  ck_assert_int_le(rotated.seconds_left, 100);
  ck_assert_int_eq(fixture_sql("select count(*) from refresh_token where spent_at is null"
                               " and expires_at between now() + interval '90 s' and now() + interval '100 s'"),
                   1);
  fixture_sql("update login_session set created_at = created_at - interval '100 seconds'");
  ck_assert_int_eq(rotate(fixture_database, 2, 3, 10, id), ERROR_DENIED);
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

START_TEST(logout_ends_the_session_of_any_of_its_tokens) {
  struct account ada = fixture_account("ada@example.org");
  struct account bob = fixture_account("bob@example.org");
  char id[UUID_SIZE];
  unsigned char hash[DIGEST_SIZE];
  int64_t account_id = 0;
  ck_assert_int_eq(create(&ada, 1, id), ERROR_NONE);
  ck_assert_int_eq(create(&bob, 50, id), ERROR_NONE);
  ck_assert_int_eq(rotate(fixture_database, 1, 2, 10, id), ERROR_NONE);
  fill(hash, 1); /* spent */
  ck_assert_int_eq(session_store_end(fixture_database, hash, &account_id), ERROR_NONE);
  ck_assert_int_eq(account_id, ada.id);
  ck_assert_int_eq(rotate(fixture_database, 2, 3, 10, id), ERROR_DENIED);
  ck_assert_int_eq(session_store_end(fixture_database, hash, &account_id), ERROR_NOT_FOUND);
  fill(hash, 77);
  ck_assert_int_eq(session_store_end(fixture_database, hash, &account_id), ERROR_NOT_FOUND);
  ck_assert_int_eq(rotate(fixture_database, 50, 51, 10, id), ERROR_NONE);
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
  fixture_account("owner@example.org"); /* the first one cannot be disabled */
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
  ck_assert_int_eq(fixture_sql("select count(*) from refresh_token where spent_at is null"), 1);
  ck_assert_int_eq(fixture_sql("select count(*) from refresh_token"), 2);
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
  int64_t deleted = 0;
  bool more = true;
  ck_assert_int_eq(create(&account, 1, id), ERROR_NONE);
  ck_assert_int_eq(create(&account, 2, id), ERROR_NONE);
  ck_assert_int_eq(login_limit_remember(fixture_database, account.id, "192.0.2.1", "192.0.2.0"), ERROR_NONE);
  fixture_sql(
      "insert into rate_limit (key, attempts, window_ends_at) values (sha256('x'), 1, now() + interval '1 hour')");
  ck_assert_int_eq(session_store_sweep(fixture_database, 10, &deleted, &more), ERROR_NONE);
  ck_assert_int_eq(deleted, 0);
  ck_assert(!more);
  fixture_sql("update login_session set expires_at = now() - interval '2 days' where id = (select session_id from "
              "refresh_token limit 1)");
  fixture_sql("update rate_limit set window_ends_at = now() - interval '1 second'");
  fixture_sql(
      "update login_place set seen_at = now() - interval '2 years' where ctid = (select min(ctid) from login_place)");
  ck_assert_int_eq(session_store_sweep(fixture_database, 10, &deleted, &more), ERROR_NONE);
  ck_assert_int_eq(deleted, 3); /* a session, a counter and a place */
  ck_assert(!more);
  ck_assert_int_eq(fixture_sql("select count(*) from refresh_token"), 1);
}
END_TEST

FIXTURE_MAIN("session_store", rotates_within_the_family, reuse_within_the_window_gives_the_same_successor,
             a_session_ends_by_its_age_however_often_it_is_refreshed, reuse_past_the_window_ends_the_family,
             refuses_expired_tokens, logout_ends_the_session_of_any_of_its_tokens,
             a_new_password_ends_sessions_and_opens_none_for_the_old_epoch, a_disabled_account_has_no_sessions,
             of_parallel_rotations_without_a_window_one_wins_and_the_family_ends,
             parallel_rotations_within_the_window_stay_one_family, sweeps_no_more_than_a_batch_of_each_table_at_once,
             sweeps_what_is_long_over)
