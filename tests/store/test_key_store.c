/* SPDX-License-Identifier: ISC */
/* API keys: made, found, rotated, revoked, and the tags of their grants. */
#include "config.h"

#include "store/accounts/key_store.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "domain/scope.h"
#include "fixture.h"
#include "store/accounts/grant_store.h"

static struct api_key make_key(int64_t account_id) {
  struct api_key wanted = {.name = "shop",
                           .account_id = account_id,
                           .scopes = SCOPE_BIT(SCOPE_STREAMS_ISSUE) | SCOPE_BIT(SCOPE_MEDIA_READ),
                           .hash = {1, 2, 3},
                           .expires_at_us = INT64_C(4000000000000000),
                           .network_count = 2,
                           .max_ttl_seconds = 60,
                           .require_viewer = true};
  struct api_key key = {0};
  ck_assert_int_eq(network_parse("192.0.2.0/24", &wanted.networks[0]), ERROR_NONE);
  ck_assert_int_eq(network_parse("2001:db8::/32", &wanted.networks[1]), ERROR_NONE);
  enum error error = key_store_create(fixture_database, &wanted, &key);
  ck_assert_msg(error == ERROR_NONE, "%s: %s", error_strerror(error), database_last_error(fixture_database));
  return key;
}

START_TEST(a_key_is_found_as_it_was_made) {
  struct account account = fixture_account("ada@example.org");
  struct api_key made = make_key(account.id), key;
  ck_assert_int_eq(key_store_find(fixture_database, made.id, &key), ERROR_NONE);
  ck_assert_str_eq(key.name, "shop");
  ck_assert_int_eq(key.account_id, account.id);
  ck_assert_uint_eq(key.scopes, SCOPE_BIT(SCOPE_STREAMS_ISSUE) | SCOPE_BIT(SCOPE_MEDIA_READ));
  ck_assert_uint_eq(key.hash[2], 3);
  ck_assert_int_eq(key.previous_expires_at_us, 0);
  ck_assert_int_eq(key.expires_at_us, INT64_C(4000000000000000));
  ck_assert_uint_eq(key.network_count, 2);
  char network[NETWORK_TEXT_SIZE];
  network_format(&key.networks[1], network);
  ck_assert_str_eq(network, "2001:db8::/32");
  ck_assert_int_eq(key.max_ttl_seconds, 60);
  ck_assert(key.require_viewer);
  ck_assert_uint_ne(key.issuer_tag, account.issuer_tag);
  ck_assert_int_eq(key.last_used_at_us, 0);
  ck_assert_int_eq(key_store_find(fixture_database, made.id + 1, &key), ERROR_NOT_FOUND);
}
END_TEST

START_TEST(a_rotated_key_has_two_secrets_for_a_while) {
  struct api_key key = make_key(fixture_account("ada@example.org").id);
  const unsigned char hash[DIGEST_SIZE] = {9};
  int64_t before_us = clock_now_us();
  ck_assert_int_eq(key_store_rotate(fixture_database, key.id, hash, 3600, &key), ERROR_NONE);
  ck_assert_uint_eq(key.hash[0], 9);
  ck_assert_uint_eq(key.previous_hash[0], 1);
  ck_assert_int_ge(key.previous_expires_at_us, before_us + INT64_C(3590000000));
  ck_assert_int_eq(key_store_rotate(fixture_database, key.id + 1, hash, 0, &key), ERROR_NOT_FOUND);
}
END_TEST

static void count_key(void *context, const struct api_key *key) {
  (void)key;
  ++*(int *)context;
}

static int listed(int64_t before, int limit) {
  int count = 0;
  const struct key_list list = {.before = before, .limit = limit};
  ck_assert_int_eq(key_store_list(fixture_database, &list, count_key, &count), ERROR_NONE);
  return count;
}

START_TEST(a_revoked_key_is_not_found_and_not_listed) {
  int64_t account_id = fixture_account("ada@example.org").id;
  struct api_key first = make_key(account_id), second = make_key(account_id), key;
  const unsigned char hash[DIGEST_SIZE] = {9};
  ck_assert_int_eq(listed(0, 10), 2);
  ck_assert_int_eq(listed(second.id, 10), 1);
  ck_assert_int_eq(listed(0, 1), 1);
  ck_assert_int_eq(key_store_revoke(fixture_database, first.id, 0), ERROR_NONE);
  ck_assert_int_eq(key_store_revoke(fixture_database, first.id, 0), ERROR_NOT_FOUND);
  ck_assert_int_eq(key_store_find(fixture_database, first.id, &key), ERROR_NOT_FOUND);
  ck_assert_int_eq(key_store_rotate(fixture_database, first.id, hash, 0, &key), ERROR_NOT_FOUND);
  ck_assert_int_eq(listed(0, 10), 1);
}
END_TEST

static int64_t events(const char *type) {
  char sql[128];
  snprintf(sql, sizeof sql, "select count(*) from event where type = '%s' and subject like 'key:%%'", type);
  return fixture_sql(sql);
}

START_TEST(each_change_of_a_key_is_one_event) {
  struct api_key key = make_key(fixture_account("ada@example.org").id);
  const unsigned char hash[DIGEST_SIZE] = {9};
  uint32_t tag = 0;
  ck_assert_int_eq(key_store_rotate(fixture_database, key.id, hash, 60, &key), ERROR_NONE);
  ck_assert_int_eq(key_store_touch(fixture_database, key.id), ERROR_NONE);
  ck_assert_int_eq(key_store_revoke(fixture_database, key.id, 0), ERROR_NONE);
  ck_assert_int_eq(key_store_revoke(fixture_database, key.id, 0), ERROR_NOT_FOUND);
  ck_assert_int_eq(key_store_rotate(fixture_database, key.id, hash, 60, &key), ERROR_NOT_FOUND);
  ck_assert_int_eq(key_store_replace_issuer_tag(fixture_database, key.id, 0, clock_now_us(), &tag), ERROR_NONE);
  ck_assert_int_eq(events("key.created"), 1);
  ck_assert_int_eq(events("key.rotated"), 1);
  ck_assert_int_eq(events("key.revoked"), 1);
  ck_assert_int_eq(events("key.grants_revoked"), 1);
  ck_assert_int_eq(fixture_sql("select count(*) from event where subject like 'key:%'"), 4);
  ck_assert_int_eq(fixture_sql("select (data->>'overlap_seconds')::int from event where type = 'key.rotated'"), 60);
}
END_TEST

START_TEST(keys_of_one_account_are_kept_apart_where_that_is_asked) {
  int64_t ada = fixture_account("ada@example.org").id, bob = fixture_account("bob@example.org").id;
  struct api_key key = make_key(ada);
  uint32_t tag = 0;
  int count = 0;
  make_key(bob);
  const struct key_list list = {.account_id = ada, .limit = 10};
  ck_assert_int_eq(key_store_list(fixture_database, &list, count_key, &count), ERROR_NONE);
  ck_assert_int_eq(count, 1);
  ck_assert_int_eq(key_store_revoke(fixture_database, key.id, bob), ERROR_NOT_FOUND);
  ck_assert_int_eq(key_store_replace_issuer_tag(fixture_database, key.id, bob, clock_now_us(), &tag), ERROR_NOT_FOUND);
  ck_assert_int_eq(key_store_revoke(fixture_database, key.id, ada), ERROR_NONE);
  ck_assert_int_eq(key_store_replace_issuer_tag(fixture_database, key.id, ada, clock_now_us(), &tag), ERROR_NONE);
}
END_TEST

START_TEST(noting_a_use_waits_for_nobody) {
  struct api_key key = make_key(fixture_account("ada@example.org").id);
  struct database *other = fixture_connect(fixture_connection_string, true);
  ck_assert_int_eq(statement_begin(other), ERROR_NONE);
  ck_assert_int_eq(statement_change(other, "update api_key set name = 'held'", STATEMENT_ONCE, NULL, NULL), ERROR_NONE);
  int64_t began_ms = clock_monotonic_ms();
  ck_assert_int_eq(key_store_touch(fixture_database, key.id), ERROR_NONE);
  ck_assert_int_lt(clock_monotonic_ms() - began_ms, 10000); /* what a statement may wait */
  statement_rollback(other);
  database_close(other);
  ck_assert_int_eq(fixture_sql("select count(*) from api_key where last_used_at is null"), 1);
}
END_TEST

START_TEST(use_is_noted_hourly_at_most) {
  struct api_key key = make_key(fixture_account("ada@example.org").id);
  ck_assert_int_eq(key_store_touch(fixture_database, key.id), ERROR_NONE);
  ck_assert_int_eq(key_store_find(fixture_database, key.id, &key), ERROR_NONE);
  ck_assert_int_gt(key.last_used_at_us, 0);
  fixture_sql("update api_key set last_used_at = now() - interval '59 minutes'");
  ck_assert_int_eq(key_store_touch(fixture_database, key.id), ERROR_NONE);
  ck_assert_int_eq(fixture_sql("select count(*) from api_key where last_used_at < now() - interval '58 minutes'"), 1);
  fixture_sql("update api_key set last_used_at = now() - interval '61 minutes'");
  ck_assert_int_eq(key_store_touch(fixture_database, key.id), ERROR_NONE);
  ck_assert_int_eq(fixture_sql("select count(*) from api_key where last_used_at < now() - interval '58 minutes'"), 0);
}
END_TEST

struct revoked_names {
  int count;
  char last[UNIQUE_NAME_SIZE];
};

static void collect_name(void *context, const char *name, int64_t expires_at_us) {
  struct revoked_names *names = context;
  (void)expires_at_us;
  names->count++;
  snprintf(names->last, sizeof names->last, "%s", name);
}

START_TEST(the_grants_of_a_key_are_revoked_by_its_tag_also_after_it) {
  struct api_key key = make_key(fixture_account("ada@example.org").id);
  uint32_t old_tag = 0;
  char expected[9];
  struct revoked_names names = {0};
  ck_assert_int_eq(key_store_revoke(fixture_database, key.id, 0), ERROR_NONE);
  ck_assert_int_eq(key_store_replace_issuer_tag(fixture_database, key.id, 0, clock_now_us() + 60000000, &old_tag),
                   ERROR_NONE);
  ck_assert_uint_eq(old_tag, key.issuer_tag);
  snprintf(expected, sizeof expected, "%08x", (unsigned)old_tag);
  ck_assert_int_eq(grant_store_list_revoked(fixture_database, collect_name, &names), ERROR_NONE);
  ck_assert_int_eq(names.count, 1);
  ck_assert_str_eq(names.last, expected);
  ck_assert_int_eq(key_store_replace_issuer_tag(fixture_database, key.id + 1, 0, clock_now_us(), &old_tag),
                   ERROR_NOT_FOUND);
}
END_TEST

FIXTURE_MAIN("key_store", a_key_is_found_as_it_was_made, a_rotated_key_has_two_secrets_for_a_while,
             a_revoked_key_is_not_found_and_not_listed, use_is_noted_hourly_at_most, each_change_of_a_key_is_one_event,
             keys_of_one_account_are_kept_apart_where_that_is_asked, noting_a_use_waits_for_nobody,
             the_grants_of_a_key_are_revoked_by_its_tag_also_after_it)
