/* SPDX-License-Identifier: ISC */
/* One salt a day for all processes, and none once its day is past. */
#include "config.h"

#include "domain/address.h"
#include "store/views/address_salt_store.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "fixture.h"

#define DAY_US (INT64_C(86400) * 1000000)

static const unsigned char *salt_of(struct address_salts *salts, int64_t moment_us) {
  const unsigned char *salt = NULL;
  ck_assert_int_eq(address_salts_get(salts, fixture_database, moment_us, &salt), ERROR_NONE);
  return salt;
}

START_TEST(a_day_has_one_salt_in_every_process) {
  struct address_salts one = {.count = 0}, two = {.count = 0};
  const int64_t midnight = clock_now_us() / DAY_US * DAY_US;
  unsigned char today[ADDRESS_SALT_SIZE], yesterday[ADDRESS_SALT_SIZE];
  memcpy(today, salt_of(&one, midnight), ADDRESS_SALT_SIZE);
  memcpy(yesterday, salt_of(&one, midnight - 1), ADDRESS_SALT_SIZE);
  ck_assert(memcmp(today, yesterday, ADDRESS_SALT_SIZE) != 0);
  ck_assert(memcmp(salt_of(&one, midnight + DAY_US - 1), today, ADDRESS_SALT_SIZE) == 0);
  ck_assert(memcmp(salt_of(&two, midnight), today, ADDRESS_SALT_SIZE) == 0);
  ck_assert(memcmp(salt_of(&two, midnight - DAY_US), yesterday, ADDRESS_SALT_SIZE) == 0);
}
END_TEST

static void cut(void) {
  fixture_sql("select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity where datname = current_database() "
              "and pid <> pg_backend_pid()");
}

/* After a fail-over that lost commits, or a restore, a day may have another salt: its viewers would be two. */
START_TEST(salts_end_with_the_connection_that_they_came_from) {
  struct address_salts salts = {.count = 0};
  const int64_t now = clock_now_us();
  unsigned char first[ADDRESS_SALT_SIZE];
  memcpy(first, salt_of(&salts, now), ADDRESS_SALT_SIZE);
  ck_assert(memcmp(salt_of(&salts, now), first, ADDRESS_SALT_SIZE) == 0);
  fixture_sql("update address_salt set salt = sha256('another') returning 1");
  ck_assert(memcmp(salt_of(&salts, now), first, ADDRESS_SALT_SIZE) == 0);
  cut();
  ck_assert_int_eq(database_ensure(fixture_database), ERROR_NONE);
  ck_assert(memcmp(salt_of(&salts, now), first, ADDRESS_SALT_SIZE) != 0);
}
END_TEST

START_TEST(more_days_than_are_remembered_keep_their_salts) {
  struct address_salts salts = {.count = 0};
  unsigned char first[40][ADDRESS_SALT_SIZE];
  for (int round = 0; round < 2; round++) {
    for (int day = 0; day < 40; day++) {
      const unsigned char *salt = salt_of(&salts, (20000 + day) * DAY_US);
      if (round == 0) {
        memcpy(first[day], salt, ADDRESS_SALT_SIZE);
      }
      ck_assert_msg(memcmp(first[day], salt, ADDRESS_SALT_SIZE) == 0, "day %d", day);
    }
  }
}
END_TEST

START_TEST(a_salt_is_destroyed_after_its_day_and_the_time_that_grants_may_play) {
  struct address_salts salts = {.count = 0};
  const int64_t now = clock_now_us();
  unsigned char old[ADDRESS_SALT_SIZE], kept[ADDRESS_SALT_SIZE];
  fixture_sql("delete from address_salt returning 1");
  memcpy(old, salt_of(&salts, now - 3 * DAY_US), ADDRESS_SALT_SIZE);
  memcpy(kept, salt_of(&salts, now - 2 * DAY_US), ADDRESS_SALT_SIZE);
  int64_t destroyed = 0;
  ck_assert_int_eq(address_salts_expire(&salts, fixture_database, 2 * 86400, &destroyed), ERROR_NONE);
  ck_assert_int_eq(destroyed, 1);
  ck_assert(memcmp(salt_of(&salts, now - 2 * DAY_US), kept, ADDRESS_SALT_SIZE) == 0);

  struct address_salt *all = NULL;
  size_t count = 0;
  ck_assert_int_eq(address_salt_store_list(fixture_database, &all, &count), ERROR_NONE);
  ck_assert_uint_eq(count, 1);
  ck_assert(all[0].day == (now - 2 * DAY_US) / DAY_US && memcmp(all[0].salt, kept, ADDRESS_SALT_SIZE) == 0);
  free(all);
  ck_assert(memcmp(salt_of(&salts, now - 3 * DAY_US), old, ADDRESS_SALT_SIZE) !=
            0); /* asked once more, it is another */
}
END_TEST

/* Its backlog holds grants of those days. */
START_TEST(salts_wait_for_nodes_that_are_behind) {
  static const struct {
    const char *seen; /* ago */
    int unread_seconds;
    bool kept;
    const char *description;
  } rows[] = {
      {"2 seconds", 0, false, "all is counted"},    {"2 seconds", 3 * 86400, true, "a backlog of three days"},
      {"3 days", 0, true, "silent for three days"}, {"1 day", 2 * 86400, true, "both"},
      {"15 days", 0, false, "gone for good"},
  };
  const int64_t now = clock_now_us();
  fixture_sql("with salts as (delete from address_salt) select 1");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct address_salts salts = {.count = 0};
    char sql[256];
    snprintf(
        sql, sizeof sql,
        "insert into ingest_node values ('here', now(), 0, 0), ('there', now() - interval '%s', 1000, %d) returning 1",
        rows[i].seen, rows[i].unread_seconds);
    fixture_sql(sql);
    (void)salt_of(&salts, now - 5 * DAY_US);
    int64_t destroyed = 0;
    ck_assert_int_eq(address_salts_expire(&salts, fixture_database, 3 * 86400, &destroyed), ERROR_NONE);
    ck_assert_msg((destroyed == 0) == rows[i].kept, "%s", rows[i].description);
    ck_assert_uint_eq(salts.count, 0); /* not in this process's memory, though */
    fixture_sql("with salts as (delete from address_salt), nodes as (delete from ingest_node) select 1");
  }
}
END_TEST

START_TEST(a_process_forgets_the_days_before) {
  struct address_salts salts = {.count = 0};
  const int64_t midnight = clock_now_us() / DAY_US * DAY_US;
  (void)salt_of(&salts, midnight - 1);
  (void)salt_of(&salts, midnight);
  address_salts_forget(&salts, midnight + 1);
  ck_assert_uint_eq(salts.count, 1);
  ck_assert_int_eq(salts.items[0].day, midnight / DAY_US);
  address_salts_forget(&salts, midnight + DAY_US);
  ck_assert_uint_eq(salts.count, 0);
}
END_TEST

FIXTURE_MAIN("address_salt_store", salts_end_with_the_connection_that_they_came_from,
             salts_wait_for_nodes_that_are_behind, a_process_forgets_the_days_before,
             a_day_has_one_salt_in_every_process, more_days_than_are_remembered_keep_their_salts,
             a_salt_is_destroyed_after_its_day_and_the_time_that_grants_may_play)
