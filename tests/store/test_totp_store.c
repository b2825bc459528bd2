/* SPDX-License-Identifier: ISC */
/* The second factor: confirmed once, each code good once, also when two come at the same moment. */
#include "config.h"

#include "store/accounts/totp_store.h"

#include <string.h>

#include "fixture.h"

static const unsigned char hashes[2][DIGEST_SIZE] = {{1}, {2}};
static const struct totp_confirmation confirmation = {
    .sealed = "k.secret", .step = 100, .recovery_hashes = hashes, .recovery_count = 2};

static bool asks_for_a_code(int64_t account_id) {
  struct account account;
  ck_assert_int_eq(account_store_find(fixture_database, account_id, &account), ERROR_NONE);
  return account.has_totp;
}

static int64_t enrolled(void) {
  int64_t id = fixture_account("ada@example.org").id;
  ck_assert_int_eq(totp_store_begin(fixture_database, id, "k.secret"), ERROR_NONE);
  ck_assert_int_eq(totp_store_confirm(fixture_database, id, &confirmation), ERROR_NONE);
  return id;
}

START_TEST(begins_anew_until_it_is_confirmed) {
  int64_t id = fixture_account("ada@example.org").id;
  struct totp totp;
  ck_assert_int_eq(totp_store_find(fixture_database, id, &totp), ERROR_NOT_FOUND);
  ck_assert_int_eq(totp_store_begin(fixture_database, id, "k.other"), ERROR_NONE);
  ck_assert_int_eq(totp_store_begin(fixture_database, id, "k.secret"), ERROR_NONE);
  ck_assert_int_eq(totp_store_find(fixture_database, id, &totp), ERROR_NONE);
  ck_assert_str_eq(totp.sealed, "k.secret");
  ck_assert(!totp.confirmed && !asks_for_a_code(id));
  ck_assert_int_eq(totp_store_spend_step(fixture_database, id, 101), ERROR_DENIED);
  ck_assert_int_eq(totp_store_confirm(fixture_database, id, &confirmation), ERROR_NONE);
  ck_assert_int_eq(totp_store_find(fixture_database, id, &totp), ERROR_NONE);
  ck_assert(totp.confirmed && asks_for_a_code(id));
  ck_assert_int_eq(totp_store_begin(fixture_database, id, "k.third"), ERROR_CONFLICT);
  ck_assert_int_eq(totp_store_confirm(fixture_database, id, &confirmation), ERROR_CONFLICT);
  ck_assert_int_eq(totp_store_begin(fixture_database, id + 1, "k.secret"), ERROR_NOT_FOUND);
}
END_TEST

START_TEST(confirms_the_secret_that_was_looked_at) {
  int64_t id = fixture_account("ada@example.org").id;
  ck_assert_int_eq(totp_store_begin(fixture_database, id, "k.other"), ERROR_NONE);
  ck_assert_int_eq(totp_store_confirm(fixture_database, id, &confirmation), ERROR_CONFLICT);
  ck_assert(!asks_for_a_code(id));
  ck_assert_int_eq(fixture_sql("select count(*) from recovery_code"), 0);
}
END_TEST

START_TEST(no_code_is_good_again) {
  int64_t id = enrolled();
  ck_assert_int_eq(totp_store_spend_step(fixture_database, id, 100), ERROR_DENIED); /* it confirmed */
  ck_assert_int_eq(totp_store_spend_step(fixture_database, id, 102), ERROR_NONE);
  ck_assert_int_eq(totp_store_spend_step(fixture_database, id, 102), ERROR_DENIED);
  ck_assert_int_eq(totp_store_spend_step(fixture_database, id, 101), ERROR_DENIED);
  ck_assert_int_eq(totp_store_spend_recovery(fixture_database, id, hashes[1]), ERROR_NONE);
  ck_assert_int_eq(totp_store_spend_recovery(fixture_database, id, hashes[1]), ERROR_DENIED);
  ck_assert_int_eq(totp_store_spend_recovery(fixture_database, id + 1, hashes[0]), ERROR_DENIED);
  ck_assert_int_eq(fixture_sql("select (data->>'left')::int8 from event where type = 'totp.recovery_code_used'"), 1);
}
END_TEST

static int spend_step(struct database *database, int number) {
  (void)number;
  enum error error = totp_store_spend_step(database, fixture_sql("select account_id from totp"), 200);
  return error == ERROR_NONE ? 1 : error == ERROR_DENIED ? 0 : 200;
}

static int spend_recovery(struct database *database, int number) {
  (void)number;
  enum error error = totp_store_spend_recovery(database, fixture_sql("select account_id from totp"), hashes[0]);
  return error == ERROR_NONE ? 1 : error == ERROR_DENIED ? 0 : 200;
}

START_TEST(of_parallel_uses_of_one_code_one_wins) {
  enrolled();
  ck_assert_int_eq(fixture_race(8, spend_step), 1);
  ck_assert_int_eq(fixture_race(8, spend_recovery), 1);
}
END_TEST

START_TEST(removes_all_of_it) {
  int64_t id = enrolled();
  ck_assert_int_eq(totp_store_remove(fixture_database, id), ERROR_NONE);
  ck_assert(!asks_for_a_code(id));
  ck_assert_int_eq(fixture_sql("select count(*) from recovery_code"), 0);
  ck_assert_int_eq(totp_store_remove(fixture_database, id), ERROR_NOT_FOUND);
  ck_assert_int_eq(fixture_sql("select count(*) from event where type in ('totp.confirmed', 'totp.removed')"), 2);
}
END_TEST

START_TEST(finds_what_is_sealed_under_other_keys) {
  int64_t first = fixture_account("ada@example.org").id, second = fixture_account("bob@example.org").id;
  int64_t found = 0;
  char sealed[TOTP_SEALED_SIZE];
  ck_assert_int_eq(totp_store_begin(fixture_database, first, "old.1"), ERROR_NONE);
  ck_assert_int_eq(totp_store_begin(fixture_database, second, "old.2"), ERROR_NONE);
  ck_assert_int_eq(totp_store_next_outdated(fixture_database, "new", 0, &found, sealed), ERROR_NONE);
  ck_assert_int_eq(found, first);
  ck_assert_str_eq(sealed, "old.1");
  ck_assert_int_eq(totp_store_reseal(fixture_database, first, "old.0", "new.0"), ERROR_NONE); /* changed meanwhile */
  ck_assert_int_eq(totp_store_reseal(fixture_database, first, "old.1", "new.1"), ERROR_NONE);
  ck_assert_int_eq(totp_store_next_outdated(fixture_database, "new", 0, &found, sealed), ERROR_NONE);
  ck_assert_int_eq(found, second);
  ck_assert_int_eq(totp_store_next_outdated(fixture_database, "new", second, &found, sealed), ERROR_NOT_FOUND);
  ck_assert_int_eq(fixture_sql("select count(*) from totp where sealed = 'new.1'"), 1);
}
END_TEST

FIXTURE_MAIN("totp_store", begins_anew_until_it_is_confirmed, confirms_the_secret_that_was_looked_at,
             no_code_is_good_again, of_parallel_uses_of_one_code_one_wins, removes_all_of_it,
             finds_what_is_sealed_under_other_keys)
