/* SPDX-License-Identifier: ISC */
/* Shared reports: kept as they were made, resolved as of now, ended, listed and swept. */
#include "config.h"

#include "store/analytics/report_store.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "fixture.h"

#define DAY_US (INT64_C(86400) * 1000000)

static struct report wanted_by(int64_t account_id, int64_t media_id) {
  struct report report = {.title = "Spring", .account_id = account_id, .media_id = media_id, .tz = "Europe/Berlin"};
  report.hash[0] = 7;
  report.expires_at_us = clock_now_us() + DAY_US;
  snprintf(report.filter[VIEW_FILTER_COUNTRY], REPORT_VALUE_SIZE, "DE");
  snprintf(report.filter[VIEW_FILTER_BROWSER], REPORT_VALUE_SIZE, "A \"quoted\" browser");
  return report;
}

static struct report made_by(int64_t account_id, int64_t media_id) {
  const struct report wanted = wanted_by(account_id, media_id);
  struct report made;
  ck_assert_int_eq(report_store_create(fixture_database, &wanted, &made), ERROR_NONE);
  return made;
}

START_TEST(a_report_is_kept_as_it_was_made) {
  const struct account account = fixture_account("ada@example.org");
  struct report wanted = wanted_by(account.id, fixture_medium()), made, found;
  wanted.from_us = DAY_US;
  wanted.to_us = 2 * DAY_US;
  wanted.robots = true;
  snprintf(wanted.hashed_password, sizeof wanted.hashed_password, "$argon2id$…");
  ck_assert_int_eq(report_store_create(fixture_database, &wanted, &made), ERROR_NONE);
  ck_assert_int_eq(report_store_find(fixture_database, made.id, &found), ERROR_NONE);
  ck_assert_str_eq(found.title, "Spring");
  ck_assert_int_eq(found.media_id, wanted.media_id);
  ck_assert_int_eq(memcmp(found.hash, wanted.hash, DIGEST_SIZE), 0);
  ck_assert_str_eq(found.hashed_password, wanted.hashed_password);
  for (int i = 0; i < VIEW_FILTER_COUNT_; i++) {
    ck_assert_str_eq(found.filter[i], wanted.filter[i]);
  }
  ck_assert_int_eq(found.from_us, DAY_US);
  ck_assert_int_eq(found.to_us, 2 * DAY_US);
  ck_assert(found.robots && !found.show_viewers && !found.deleted && !found.media_is_gone && !found.maker_is_gone);
  ck_assert_int_eq(found.expires_at_us, wanted.expires_at_us);
  ck_assert_int_eq(fixture_sql("select count(*) from event where type = 'report.created'"), 1);
}
END_TEST

START_TEST(a_report_of_a_medium_that_is_gone) {
  const struct account account = fixture_account("ada@example.org");
  const int64_t media_id = fixture_medium();
  struct report made = made_by(account.id, media_id), other;
  fixture_sql("update media_asset set deleted_at = now()");
  ck_assert_int_eq(report_store_find(fixture_database, made.id, &made), ERROR_NONE);
  ck_assert(made.media_is_gone);
  const struct report wanted = wanted_by(account.id, media_id);
  ck_assert_int_eq(report_store_create(fixture_database, &wanted, &other), ERROR_NOT_FOUND);
  ck_assert_int_eq(fixture_sql("select count(*) from report"), 1);
}
END_TEST

START_TEST(its_maker_is_told_as_of_now) {
  const struct account account = fixture_account("ada@example.org");
  struct report made = made_by(account.id, 0);
  fixture_sql("update admin_user set role = 'analyst', disabled_at = now()");
  ck_assert_int_eq(report_store_find(fixture_database, made.id, &made), ERROR_NONE);
  ck_assert(made.maker_is_gone && made.maker_role == ROLE_ANALYST);
}
END_TEST

START_TEST(the_last_days_begin_at_midnight_of_the_zone) {
  const struct account account = fixture_account("ada@example.org");
  struct report wanted = wanted_by(account.id, 0), made;
  wanted.last_days = 3;
  ck_assert_int_eq(report_store_create(fixture_database, &wanted, &made), ERROR_NONE);
  ck_assert_int_eq(made.from_us, fixture_sql("select (extract(epoch from ((now() at time zone 'Europe/Berlin')::date"
                                             " - 2)::timestamp at time zone 'Europe/Berlin') * 1000000)::int8"));
  ck_assert_int_eq(made.to_us, 0);
}
END_TEST

START_TEST(local_times_are_found) {
  static const struct {
    int64_t wall, expected;
    const char *tz, *description;
  } rows[] = {
      {1774746000, 1774742400, "Europe/Berlin", "2026-03-29 01:00, before the clocks go forward"},
      {1774749600 + 1800, 1774746000 + 1800, "Europe/Berlin", "2026-03-29 02:30, which no clock shows"},
      {1792895400, 1792888200, "Europe/Berlin", "2026-10-25 02:30, which comes twice: the first"},
      {1774746000, 1774746000, "UTC", "UTC"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int64_t time_us = rows[i].wall * 1000000;
    ck_assert_int_eq(report_store_local_time(fixture_database, rows[i].tz, &time_us), ERROR_NONE);
    ck_assert_msg(time_us == rows[i].expected * 1000000, "%s: %lld", rows[i].description, (long long)time_us / 1000000);
  }
  int64_t time_us = DAY_US;
  ck_assert_int_eq(report_store_local_time(fixture_database, "Europe/Atlantis", &time_us), ERROR_INVALID);
}
END_TEST

START_TEST(only_its_account_ends_it_where_one_is_named) {
  const struct account ada = fixture_account("ada@example.org"), bob = fixture_account("bob@example.org");
  struct report made = made_by(ada.id, 0);
  ck_assert_int_eq(report_store_delete(fixture_database, made.id, bob.id), ERROR_NOT_FOUND);
  ck_assert_int_eq(report_store_delete(fixture_database, made.id, ada.id), ERROR_NONE);
  ck_assert_int_eq(report_store_delete(fixture_database, made.id, 0), ERROR_NOT_FOUND);
  ck_assert_int_eq(report_store_find(fixture_database, made.id, &made), ERROR_NONE);
  ck_assert(made.deleted);
  ck_assert_int_eq(fixture_sql("select count(*) from event where type = 'report.deleted'"), 1);
}
END_TEST

static void count_row(void *context, const struct report *report) {
  (void)report;
  ++*(int *)context;
}

static int listed(int64_t before, int64_t account_id) {
  const struct report_list list = {.before = before, .account_id = account_id, .limit = 10};
  int count = 0;
  ck_assert_int_eq(report_store_list(fixture_database, &list, count_row, &count), ERROR_NONE);
  return count;
}

START_TEST(lists_leave_out_what_was_deleted) {
  const struct account ada = fixture_account("ada@example.org"), bob = fixture_account("bob@example.org");
  struct report first = made_by(ada.id, 0), second = made_by(bob.id, 0);
  ck_assert_int_eq(listed(0, 0), 2);
  ck_assert_int_eq(listed(second.id, 0), 1);
  ck_assert_int_eq(listed(0, ada.id), 1);
  ck_assert_int_eq(report_store_delete(fixture_database, first.id, 0), ERROR_NONE);
  ck_assert_int_eq(listed(0, 0), 1);
}
END_TEST

START_TEST(those_that_ended_long_ago_are_swept) {
  const struct account account = fixture_account("ada@example.org");
  int64_t deleted = -1;
  for (int i = 0; i < 4; i++) {
    (void)made_by(account.id, 0);
  }
  ck_assert_int_eq(report_store_sweep(fixture_database, 3600, 10, &deleted), ERROR_NONE);
  ck_assert_int_eq(deleted, 0);
  fixture_sql("update report set expires_at = now() - interval '2 hours' where id in (select min(id) from report)");
  fixture_sql("update report set deleted_at = now() - interval '2 hours' where id in (select max(id) from report)");
  fixture_sql("update report set deleted_at = now() where id in (select min(id) + 1 from report)");
  ck_assert_int_eq(report_store_sweep(fixture_database, 3600, 1, &deleted), ERROR_NONE);
  ck_assert_int_eq(deleted, 1);
  ck_assert_int_eq(report_store_sweep(fixture_database, 3600, 10, &deleted), ERROR_NONE);
  ck_assert_int_eq(deleted, 1);
  ck_assert_int_eq(fixture_sql("select count(*) from report"), 2);
}
END_TEST

FIXTURE_MAIN("report_store", a_report_is_kept_as_it_was_made, a_report_of_a_medium_that_is_gone,
             its_maker_is_told_as_of_now, the_last_days_begin_at_midnight_of_the_zone, local_times_are_found,
             only_its_account_ends_it_where_one_is_named, lists_leave_out_what_was_deleted,
             those_that_ended_long_ago_are_swept)
