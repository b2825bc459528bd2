/* SPDX-License-Identifier: ISC */
/* Views and their months: what PostgreSQL reads to store them, by indexes that it chooses by statistics that may be
 * older than the rows, and the months' bounds. */
#include "config.h"

#include "store/views/view_writer.h"

#include <stdio.h>

#include "fixture.h"
#include "view_changes.h"

#define HEAP        "heap_blks_read + heap_blks_hit"
#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* What the database counted of accesses; the connection tells what it did only when it is asked. */
static int64_t blocks_read(const char *partition, const char *blocks) {
  char sql[300];
  ck_assert_int_eq(statement_execute(fixture_database, "select pg_stat_force_next_flush()", STATEMENT_ONCE, NULL, NULL),
                   ERROR_NONE);
  snprintf(sql, sizeof sql, "select %s from pg_statio_user_tables where relname = '%s'", blocks, partition);
  return fixture_sql(sql);
}

static void commit_views(int64_t film, int64_t granted_us, int views) {
  static int64_t position; /* in the log */
  struct view_changes batch = {0};
  char address[32];
  for (int i = 0; i < views; i++) {
    snprintf(address, sizeof address, "192.0.2.%d", i);
    view_changes_add(&batch, film, GRANT, address, 1, 10)->granted_us = granted_us;
  }
  ck_assert_int_eq(view_changes_commit(fixture_database, &batch, position, position + 1), ERROR_NONE);
  position++;
}

/* Years of views are kept, and a batch is of today. */
START_TEST(a_batch_reads_no_other_month) {
  int64_t film = fixture_medium();
  commit_views(film, INT64_C(1704067200000000), 10);
  commit_views(film, INT64_C(1706745600000000), 10);
  int64_t before = blocks_read("media_view_log_202401", HEAP);
  for (int i = 1; i < 8; i++) { /* beyond the fifth its plan might be kept */
    commit_views(film, INT64_C(1706745600000000), 10);
  }
  ck_assert_int_eq(blocks_read("media_view_log_202401", HEAP), before);
  ck_assert_int_eq(fixture_sql("select sum(bytes_sent) from media_view_log_202402"), 800);
  ck_assert_int_eq(view_changes_wrong_rollups(), 0);
}
END_TEST

static const struct {
  const char *partition, *month;
  int64_t granted_us;
  const char *grant, *description;
} crowds[] = {
    {"media_view_log_202403", "2024-03-01Z", INT64_C(1709251200000000), "gen_random_uuid()", "many grants of a medium"},
    {"media_view_log_202404", "2024-04-01Z", INT64_C(1711929600000000), "'" GRANT "'", "many addresses of a grant"},
};

/* The nightly vacuum of a month that has not begun says that it is empty: any index seems as good as another then. */
START_TEST(a_view_is_found_at_once_among_many) {
  int64_t film = fixture_medium();
  for (size_t i = 0; i < ROWS(crowds); i++) {
    char sql[600];
    snprintf(sql, sizeof sql, "select 1 from media_view_log_partition('%s')", crowds[i].month);
    ck_assert_int_eq(fixture_sql(sql), 1);
    snprintf(sql, sizeof sql, "alter table %s set (autovacuum_enabled = off)", crowds[i].partition);
    fixture_sql(sql);
    snprintf(sql, sizeof sql, "vacuum analyze %s", crowds[i].partition);
    fixture_sql(sql);
    for (int batch = 0; batch < 8; batch++) {
      commit_views(film, crowds[i].granted_us, 1);
    }
    snprintf(sql, sizeof sql,
             "insert into media_view_log (granted_at, media_id, viewed_by_ip, \"timestamp\", grant_id, address_key,"
             " address_hash, source) select '%s', %lld, '192.0.2.1', '%s', %s, gen_random_uuid(), i, 'stream'"
             " from generate_series(1, 20000) i",
             crowds[i].month, (long long)film, crowds[i].month, crowds[i].grant);
    fixture_sql(sql);
    int64_t before = blocks_read(crowds[i].partition, HEAP "+ idx_blks_read + idx_blks_hit");
    commit_views(film, crowds[i].granted_us, 40);
    int64_t blocks = blocks_read(crowds[i].partition, HEAP "+ idx_blks_read + idx_blks_hit") - before;
    ck_assert_msg(blocks < 4000, "%s: %lld blocks for 40 views", crowds[i].description, (long long)blocks);
  }
}
END_TEST

/* German style shows Kolkata's time as IST, which PostgreSQL reads as Israel's. */
START_TEST(a_months_bounds_are_right_however_times_are_shown) {
  int64_t film = fixture_medium();
  ck_assert_int_eq(statement_execute(fixture_database,
                                     "select set_config('datestyle', 'German', false), set_config('timezone',"
                                     " 'Asia/Kolkata', false)",
                                     STATEMENT_ONCE, NULL, NULL),
                   ERROR_NONE);
  commit_views(film, INT64_C(1714521600000000), 1); /* the first of May */
  commit_views(film, INT64_C(1717199999999000), 1); /* its last millisecond */
  ck_assert_int_eq(fixture_sql("select count(*) from media_view_log_202405"), 2);
}
END_TEST

FIXTURE_MAIN("view_plans", a_batch_reads_no_other_month, a_view_is_found_at_once_among_many,
             a_months_bounds_are_right_however_times_are_shown)
