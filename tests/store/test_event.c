/* SPDX-License-Identifier: ISC */
/* Events: who did what, in the transaction of the change, each once. */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "fixture.h"
#include "store/accounts/account_store.h"
#include "store/accounts/grant_store.h"
#include "store/engine/event_add.h"
#include "store/engine/statement.h"
#include "store/events/event_months.h"
#include "store/events/event_store.h"
#include "store/media/media_store.h"

#define GRANT "0123456789abcdef0123456789abcdef"

/* How many events fit the condition? */
static int64_t count_events(const char *condition) {
  char sql[1000];
  snprintf(sql, sizeof sql, "select count(*) from event where %s", condition);
  return fixture_sql(sql);
}

START_TEST(event_tells_who_did_what) {
  database_set_origin(fixture_database, "account:17", "203.0.113.9");
  int64_t id = fixture_medium();
  char condition[300];
  snprintf(condition, sizeof condition,
           "type = 'media.created' and actor = 'account:17' and address = '203.0.113.9' and subject = 'medium:%lld'"
           " and data = '{\"title\": \"film\", \"type\": \"video\"}' and \"time\" > now() - interval '1 minute'",
           (long long)id);
  ck_assert_int_eq(count_events(condition), 1);
  ck_assert_int_eq(count_events("true"), 1);
  database_set_origin(fixture_database, "operator:admin-disable", NULL);
  ck_assert_int_eq(media_store_delete(fixture_database, id), ERROR_NONE);
  ck_assert_int_eq(count_events("type = 'media.deleted' and actor = 'operator:admin-disable' and address is null"), 1);
}
END_TEST

START_TEST(id_is_a_uuid_of_version_7_of_the_events_time) {
  (void)fixture_medium();
  ck_assert_int_eq(count_events("id::text ~ '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'"
                                " and ('x' || lpad(left(replace(id::text, '-', ''), 12), 16, '0'))::bit(64)::int8"
                                " = trunc(extract(epoch from \"time\") * 1000)::int8"),
                   1);
}
END_TEST

START_TEST(change_without_effect_has_no_event) {
  int64_t id = fixture_medium();
  struct media media;
  const struct media_change same = {.title = "film"}, other = {.title = "Film"};
  ck_assert_int_eq(media_store_update(fixture_database, id, &same, &media), ERROR_NONE);
  media_free(&media);
  ck_assert_int_eq(count_events("type = 'media.updated'"), 0);
  ck_assert_int_eq(media_store_update(fixture_database, id, &other, &media), ERROR_NONE);
  media_free(&media);
  ck_assert_int_eq(count_events("type = 'media.updated' and data = '{\"changed\": [\"title\"]}'"), 1);
  for (int i = 0; i < 2; i++) {
    ck_assert_int_eq(grant_store_revoke(fixture_database, GRANT, 0, clock_now_us() + 1000000), ERROR_NONE);
  }
  ck_assert_int_eq(count_events("type = 'grant.revoked' and subject = 'grant:" GRANT "'"), 1);
}
END_TEST

START_TEST(accounts_change_with_one_event_each) {
  struct account owner = fixture_account("owner@example.org"), account = fixture_account("ada@example.org");
  uint32_t tag;
  (void)owner;
  ck_assert_int_eq(count_events("type = 'account.created'"), 2);
  ck_assert_int_eq(account_store_set_role(fixture_database, account.id, ROLE_ANALYST), ERROR_NONE);
  ck_assert_int_eq(account_store_set_disabled(fixture_database, account.id, true), ERROR_NONE);
  for (int i = 0; i < 2; i++) { /* the second changes nothing */
    ck_assert_int_eq(account_store_set_disabled(fixture_database, account.id, false), ERROR_NONE);
  }
  ck_assert_int_eq(account_store_set_password(fixture_database, account.id, ACCOUNT_ANY_EPOCH, "new", NULL),
                   ERROR_NONE);
  ck_assert_int_eq(account_store_replace_issuer_tag(fixture_database, account.id, clock_now_us(), &tag), ERROR_NONE);
  static const char *const types[] = {"role_changed", "disabled", "enabled", "password_changed", "grants_revoked"};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    char condition[100];
    snprintf(condition, sizeof condition, "type = 'account.%s' and subject = 'account:%lld'", types[i],
             (long long)account.id);
    ck_assert_msg(count_events(condition) == 1, "%s", types[i]);
  }
  ck_assert_int_eq(count_events("true"), 7);
  ck_assert_int_eq(account_store_set_role(fixture_database, owner.id, ROLE_ANALYST), ERROR_CONFLICT);
  ck_assert_int_eq(count_events("true"), 7); /* what was rolled back has none */
}
END_TEST

START_TEST(event_needs_a_transaction) {
  ck_assert_int_eq(event_add(fixture_database, "a.b", "c:1", NULL), ERROR_INTERNAL);
  ck_assert_int_eq(statement_begin(fixture_database), ERROR_NONE);
  ck_assert_int_eq(event_add(fixture_database, "a.b", "c:1", "{\"x\": 1}"), ERROR_NONE);
  statement_rollback(fixture_database);
  ck_assert_int_eq(count_events("true"), 0);
}
END_TEST

START_TEST(refused_logins_are_one_event_a_minute_and_source) {
  database_set_origin(fixture_database, "anyone", "203.0.113.9");
  for (int i = 0; i < 5; i++) {
    ck_assert_int_eq(event_store_count_refusal(fixture_database, i % 2 == 0 ? 17 : 0, i == 4), ERROR_NONE);
  }
  database_set_origin(fixture_database, "anyone", NULL);
  ck_assert_int_eq(event_store_count_refusal(fixture_database, 0, false), ERROR_NONE);
  ck_assert_int_eq(event_store_tell_refusals(fixture_database), ERROR_NONE);
  ck_assert_int_eq(count_events("true"), 0);
  fixture_sql("update login_refusal set began_at = now() - interval '61 seconds'");
  for (int i = 0; i < 2; i++) {
    ck_assert_int_eq(event_store_tell_refusals(fixture_database), ERROR_NONE);
  }
  ck_assert_int_eq(count_events("true"), 2);
  ck_assert_int_eq(count_events("type = 'login.refused' and actor = 'anyone' and address = '203.0.113.9' and"
                                " data - 'since' = '{\"refused\": 4, \"limited\": 1, \"accounts\": [17]}'"),
                   1);
}
END_TEST

START_TEST(note_of_one_subject_is_written_once) {
  for (int i = 0; i < 2; i++) {
    ck_assert_int_eq(event_store_note(fixture_database, "settings.reloaded", "reload:1", NULL), ERROR_NONE);
  }
  ck_assert_int_eq(event_store_note(fixture_database, "settings.reloaded", "reload:2", NULL), ERROR_NONE);
  ck_assert_int_eq(count_events("type = 'settings.reloaded'"), 2);
}
END_TEST

/* Before the months' partitions are made, too, a change finds a place for its event. */
START_TEST(months_are_made_and_dropped) {
  char name[EVENT_MONTH_NAME_SIZE];
  fixture_sql(
      "do $$ declare t text; begin for t in select tablename from pg_tables where tablename ~ '^event_[0-9]{6}$'"
      " loop execute 'drop table ' || t; end loop; end $$");
  (void)fixture_medium();
  fixture_sql(
      "insert into event (position, type, actor, \"time\") values (1, 'a.b', 'system', now() - interval '70 days')");
  ck_assert_int_eq(fixture_sql("select count(*) from event_default"), 2);
  ck_assert_int_eq(event_months_make_ahead(fixture_database), ERROR_NONE);
  ck_assert_int_eq(fixture_sql("select count(*) from event_default"), 1);
  ck_assert_int_eq(count_events("true"), 2);
  ck_assert_int_eq(fixture_sql("select count(*) from pg_inherits where inhparent = 'event'::regclass"), 3);
  fixture_sql("select 1 from event_partition(now() - interval '70 days')");
  ck_assert_int_eq(fixture_sql("select count(*) from event_default"), 0);
  fixture_sql(
      "insert into event (position, type, actor, \"time\") values (1, 'a.b', 'system', now() - interval '200 days')");
  ck_assert_int_eq(event_months_expire(fixture_database, 400, name), ERROR_NONE);
  ck_assert_str_eq(name, "");
  ck_assert_int_eq(count_events("true"), 3);
  ck_assert_int_eq(event_months_expire(fixture_database, 30, name), ERROR_NONE);
  ck_assert_int_eq(strncmp(name, "event_", 6), 0);
  ck_assert_int_eq(event_months_expire(fixture_database, 30, name), ERROR_NONE);
  ck_assert_str_eq(name, "");
  ck_assert_int_eq(count_events("true"), 1);
}
END_TEST

/* A dump brings events of transactions that the new cluster has yet to count. */
START_TEST(events_of_a_restored_dump_stay_before_new_ones) {
  fixture_sql("insert into event (position, type, actor) values (4000000000000, 'a.b', 'system')");
  ck_assert_int_eq(event_months_make_ahead(fixture_database), ERROR_NONE);
  (void)fixture_medium();
  ck_assert_int_eq(count_events("type = 'media.created' and position > 4000000000000"), 1);
  ck_assert_int_eq(fixture_sql("select count(*) from event, event_base"
                               " where position < base + pg_snapshot_xmin(pg_current_snapshot())::text::int8"),
                   2);
  fixture_sql("update event_base set base = 0");
}
END_TEST

FIXTURE_MAIN("event", event_tells_who_did_what, id_is_a_uuid_of_version_7_of_the_events_time,
             change_without_effect_has_no_event, accounts_change_with_one_event_each, event_needs_a_transaction,
             refused_logins_are_one_event_a_minute_and_source, note_of_one_subject_is_written_once,
             months_are_made_and_dropped, events_of_a_restored_dump_stay_before_new_ones)
