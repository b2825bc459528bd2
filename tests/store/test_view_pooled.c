/* SPDX-License-Identifier: ISC */
/*
 * All that is written and asked of views through PgBouncer in transaction mode: counted, reported, listed, added up,
 * ranked, watched, exported, forgotten, dropped, swept. Nothing stays behind in the connections that others get next.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "fixture.h"
#include "pgbouncer.h"
#include "store/views/user_agent_store.h"
#include "store/analytics/view_analytics.h"
#include "store/views/view_forget.h"
#include "store/views/view_partitions.h"
#include "store/analytics/view_ranking.h"
#include "store/views/view_store.h"
#include "store/views/watching_store.h"
#include "view_changes.h"

#define DAY (INT64_C(86400) * 1000000)

static struct pgbouncer pgbouncer;
static struct database *pooled;
static int64_t film, other;

/* Three views of the film, one of the other; the last one is watched just now. */
static void count_views(void) {
  struct view_changes batch = {0};
  film = fixture_medium();
  other = fixture_medium();
  ck_assert_int_eq(view_partitions_make_ahead(pooled), ERROR_NONE);
  view_changes_add(&batch, film, GRANT, "192.0.2.1", 0, 30);
  view_changes_add(&batch, film, OTHER, "192.0.2.1", 0, 30);
  view_changes_add(&batch, other, OTHER, "192.0.2.2", 0, 30);
  ck_assert_int_eq(view_changes_commit(pooled, &batch, 0, 500), ERROR_NONE);
  struct view_change *view = view_changes_add(&batch, film, GRANT, "192.0.2.3", 1, 30);
  view->started_us = clock_now_us() - 1000000;
  view->ended_us = clock_now_us();
  ck_assert_int_eq(view_changes_commit(pooled, &batch, 500, 600), ERROR_NONE);
  ck_assert_int_eq(view_changes_wrong_rollups(), 0);
}

static void report_and_list(void) {
  static const unsigned char key[16] = {7};
  const struct view_report report = {.media_id = film, .address = "192.0.2.7", .address_key = key, .country = ""};
  struct view view, *items = NULL;
  int64_t retry_after = 0;
  ck_assert_int_eq(view_store_report(pooled, &report, 1, &view, &retry_after), ERROR_NONE);
  view_free(&view);
  ck_assert_int_eq(view_store_report(pooled, &report, 1, &view, &retry_after), ERROR_LIMITED);
  struct view_place end;
  size_t count = 0;
  ck_assert_int_eq(view_store_list(pooled, &(struct view_listing){.media_id = film, .before_us = 0, .before_id = 0}, 10,
                                   &items, &count, &end),
                   ERROR_NONE);
  ck_assert_uint_eq(count, 4);
  for (size_t i = 0; i < count; i++) {
    view_free(&items[i]);
  }
  free(items);
}

static void ask(void) {
  const struct view_question question = {.tz = "Asia/Kathmandu", .interval = VIEW_DAY};
  struct view_totals totals;
  ck_assert_int_eq(view_analytics(pooled, &question, &totals), ERROR_NONE);
  ck_assert_int_eq(totals.sums.views, 5);
  view_totals_free(&totals);
  struct view_ranking ranking;
  ck_assert_int_eq(view_ranking_read(pooled, &question, VIEW_BY_VIEWS, 10, &ranking), ERROR_NONE);
  ck_assert_uint_eq(ranking.count, 2);
  ck_assert_int_eq(ranking.items[0].media_id, film);
  ck_assert_int_eq(ranking.items[0].views, 4);
  view_ranking_free(&ranking);
  struct watching_live live;
  ck_assert_int_eq(watching_store_read(pooled, false, 10, &live), ERROR_NONE);
  ck_assert_int_eq(live.watching, 1);
  watching_live_free(&live);
}

static void export_all(void) {
  int64_t now = clock_now_us();
  struct view_export wanted = {.from_us = (now < START ? now : START) - DAY,
                               .to_us = (now > START ? now : START) + DAY};
  size_t seen = 0, count = 1;
  while (count > 0) {
    struct view *items = NULL;
    struct view_place end;
    ck_assert_int_eq(view_store_export(pooled, &wanted, 2, &items, &count, &end), ERROR_NONE);
    for (size_t i = 0; i < count; i++) {
      wanted.after_us = items[i].timestamp_us;
      wanted.after_id = items[i].id;
      view_free(&items[i]);
    }
    free(items);
    seen += count;
  }
  ck_assert_uint_eq(seen, 5);
}

static void forget(void) {
  const struct forgotten person = {.viewer = "u-1"};
  int64_t views = 1, total = 0, of_network = -1, pseudonyms = -1;
  while (views > 0) {
    ck_assert_int_eq(view_forget_batch(pooled, &person, &views), ERROR_NONE);
    total += views;
  }
  ck_assert_int_eq(total, 4);
  ck_assert_int_eq(fixture_sql("select count(*) from media_view_log where viewed_by_ip <> '::'"), 1);
  ck_assert_int_eq(view_forget_count_lost(pooled, "192.0.2.0/24", "fd6d:6761:7465::/48", &of_network, &pseudonyms),
                   ERROR_NONE);
  ck_assert_int_eq(of_network + pseudonyms, 0);
}

static void drop_and_sweep(void) {
  char name[VIEW_PARTITION_NAME_SIZE] = "";
  do {
    ck_assert_int_eq(view_partitions_expire(pooled, START - 365 * DAY, name), ERROR_NONE);
  } while (name[0] != '\0');
  ck_assert_int_eq(fixture_sql("select count(*) from media_view_log"), 1);
  ck_assert_int_eq(fixture_sql("select sum(views) from view_rollup where grain = 'month' and media_id = 0"), 5);
  fixture_sql("update user_agent set used_at = now() - interval '2 days'");
  int64_t after_id = 0, deleted = 0;
  bool more = true;
  ck_assert_int_eq(user_agent_store_sweep(pooled, 10, &after_id, &deleted, &more), ERROR_NONE);
  ck_assert_int_eq(deleted, 2);
  ck_assert_int_eq(watching_store_sweep(pooled), ERROR_NONE);
}

/* Settings, locks and statements that would be the next client's. */
static int64_t left_behind(void) {
  struct rows rows;
  ck_assert_int_eq(
      statement_execute(pooled,
                        "select (select count(*) from pg_settings where setting <> reset_val and name in ('TimeZone',"
                        " 'jit', 'work_mem', 'lock_timeout', 'synchronous_commit', 'default_transaction_read_only'))"
                        " + (select count(*) from pg_prepared_statements)"
                        " + (select count(*) from pg_locks where locktype = 'advisory')",
                        STATEMENT_ONCE, NULL, &rows),
      ERROR_NONE);
  ck_assert(rows_next(&rows));
  int64_t count = rows_i64(&rows);
  ck_assert_int_eq(rows_close(&rows), ERROR_NONE);
  return count;
}

START_TEST(everything_works_through_pgbouncer_in_transaction_mode) {
  if (!pgbouncer_start(fixture_connection_string, &pgbouncer)) {
    fprintf(stderr, "pgbouncer is not installed: skipped\n");
    return;
  }
  pooled = fixture_connect(pgbouncer.connection_string, false);
  static void (*const steps[])(void) = {count_views, report_and_list, ask, export_all, forget, drop_and_sweep};
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    steps[i]();
    ck_assert_msg(left_behind() == 0, "step %zu", i);
  }
  database_close(pooled);
  pgbouncer_stop(&pgbouncer);
}
END_TEST

FIXTURE_MAIN("view_pooled", everything_works_through_pgbouncer_in_transaction_mode)
