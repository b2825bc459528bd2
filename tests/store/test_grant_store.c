/* SPDX-License-Identifier: ISC */
/* Revocations: listed until they expire, prolonged and never shortened, swept when nothing lives any more. */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "fixture.h"
#include "store/accounts/grant_store.h"
#include "store/accounts/key_store.h"

#define GRANT   "0123456789abcdef0123456789abcdef"
#define TAG     "89abcdef"
#define HOUR_US (INT64_C(3600) * 1000000)

struct listed {
  char names[256];
  int64_t last_expires_at_us;
};

static void collect(void *context, const char *name, int64_t expires_at_us) {
  struct listed *listed = context;
  size_t length = strlen(listed->names);
  snprintf(listed->names + length, sizeof listed->names - length, "%s ", name);
  listed->last_expires_at_us = expires_at_us;
}

static struct listed list(void) {
  struct listed listed = {.names = ""};
  ck_assert_int_eq(grant_store_list_revoked(fixture_database, collect, &listed), ERROR_NONE);
  return listed;
}

static void revoke(const char *name, int64_t expires_at_us) {
  ck_assert_int_eq(grant_store_revoke(fixture_database, name, 0, expires_at_us), ERROR_NONE);
}

START_TEST(lists_what_has_not_expired_by_name) {
  int64_t now_us = clock_now_us();
  revoke(TAG, now_us + HOUR_US);
  revoke(GRANT, now_us + HOUR_US);
  revoke("ffffffffffffffffffffffffffffffff", now_us - HOUR_US);
  ck_assert_str_eq(list().names, GRANT " " TAG " ");
}
END_TEST

START_TEST(a_revocation_lasts_until_the_latest_end_that_was_told) {
  int64_t end_us = clock_now_us() + 2 * HOUR_US;
  static const int64_t offsets_us[] = {0, -HOUR_US, HOUR_US, 0};
  for (size_t i = 0; i < sizeof offsets_us / sizeof *offsets_us; i++) {
    revoke(GRANT, end_us + offsets_us[i]);
  }
  struct listed listed = list();
  ck_assert_str_eq(listed.names, GRANT " ");
  ck_assert_int_eq(listed.last_expires_at_us, end_us + HOUR_US);
}
END_TEST

START_TEST(keeps_who_revoked_it) {
  struct account account;
  ck_assert_int_eq(account_store_create(fixture_database, "a@example.com", "hash", ROLE_EDITOR, 0, &account),
                   ERROR_NONE);
  ck_assert_int_eq(grant_store_revoke(fixture_database, GRANT, account.id, clock_now_us() + HOUR_US), ERROR_NONE);
  revoke(TAG, clock_now_us() + HOUR_US);
  ck_assert_int_eq(fixture_sql("select revoked_by from revoked_grant where name = '" GRANT "'"), account.id);
  ck_assert_int_eq(fixture_sql("select count(*) from revoked_grant where revoked_by is null"), 1);
}
END_TEST

START_TEST(sweeps_what_has_expired_alone) {
  int64_t now_us = clock_now_us(), deleted = -1;
  revoke(GRANT, now_us + HOUR_US);
  revoke(TAG, now_us - HOUR_US);
  ck_assert_int_eq(grant_store_sweep(fixture_database, &deleted), ERROR_NONE);
  ck_assert_int_eq(deleted, 1);
  ck_assert_int_eq(fixture_sql("select count(*) from revoked_grant"), 1);
  ck_assert_str_eq(list().names, GRANT " ");
  ck_assert_int_eq(grant_store_sweep(fixture_database, &deleted), ERROR_NONE);
  ck_assert_int_eq(deleted, 0);
}
END_TEST

START_TEST(a_lost_row_comes_back_and_an_account_that_has_its_tag_again_gets_another) {
  struct account account, other;
  char tag[9];
  int64_t end_us = clock_now_us() + HOUR_US;
  ck_assert_int_eq(account_store_create(fixture_database, "a@example.com", "hash", ROLE_EDITOR, 0, &account),
                   ERROR_NONE);
  ck_assert_int_eq(account_store_create(fixture_database, "b@example.com", "hash", ROLE_EDITOR, 0, &other), ERROR_NONE);
  snprintf(tag, sizeof tag, "%08x", (unsigned)account.issuer_tag);
  ck_assert_int_eq(grant_store_restore(fixture_database, GRANT, end_us), ERROR_NONE);
  ck_assert_int_eq(grant_store_restore(fixture_database, tag, end_us), ERROR_NONE);
  ck_assert_int_eq(grant_store_restore(fixture_database, tag, end_us), ERROR_NONE);
  ck_assert_int_eq(fixture_sql("select count(*) from revoked_grant"), 2);
  ck_assert_int_eq(list().last_expires_at_us, end_us);
  ck_assert_int_ne(fixture_sql("select issuer_tag from admin_user where email = 'a@example.com'"), account.issuer_tag);
  ck_assert_int_eq(fixture_sql("select issuer_tag from admin_user where email = 'b@example.com'"), other.issuer_tag);
}
END_TEST

START_TEST(an_api_key_that_has_a_revoked_tag_again_gets_another) {
  struct api_key wanted = {.name = "shop", .account_id = fixture_account("a@example.com").id}, key, other;
  char tag[9];
  ck_assert_int_eq(key_store_create(fixture_database, &wanted, &key), ERROR_NONE);
  ck_assert_int_eq(key_store_create(fixture_database, &wanted, &other), ERROR_NONE);
  snprintf(tag, sizeof tag, "%08x", (unsigned)key.issuer_tag);
  ck_assert_int_eq(grant_store_restore(fixture_database, tag, clock_now_us() + HOUR_US), ERROR_NONE);
  const uint32_t before = key.issuer_tag, others = other.issuer_tag;
  ck_assert_int_eq(key_store_find(fixture_database, key.id, &key), ERROR_NONE);
  ck_assert_int_eq(key_store_find(fixture_database, other.id, &other), ERROR_NONE);
  ck_assert_uint_ne(key.issuer_tag, before);
  ck_assert_uint_eq(other.issuer_tag, others);
}
END_TEST

FIXTURE_MAIN("grant_store", lists_what_has_not_expired_by_name, a_revocation_lasts_until_the_latest_end_that_was_told,
             keeps_who_revoked_it, sweeps_what_has_expired_alone,
             a_lost_row_comes_back_and_an_account_that_has_its_tag_again_gets_another,
             an_api_key_that_has_a_revoked_tag_again_gets_another)
