/* SPDX-License-Identifier: ISC */
/*
 * A database for the tests of one program.
 */
#include "config.h"

#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/media/media_store.h"
#include "store/engine/migration.h"
#include "store/views/add_to_rollups.sql.h"

char fixture_connection_string[256];
struct database *fixture_database;

static char database_name[64];

static const char *cluster(void) {
  const char *connection_string = getenv("DATABASE");
  if (connection_string == NULL) {
    fputs("run this by tests/scripts/with-postgres\n", stderr);
    exit(2);
  }
  return connection_string;
}

struct database *fixture_connect(const char *connection_string, bool prepared) {
  struct database_options options = {.connection_string = connection_string,
                                     .prepared = prepared,
                                     .statement_timeout_ms = 10000,
                                     .application_name = "test"};
  struct database *database = NULL;
  if (database_open(&options, &database) != ERROR_NONE) {
    abort();
  }
  return database;
}

/* DDL such as "create database" cannot be prepared with a parameter, and a name cannot be one. */
static void run_on_cluster(const char *verb, const char *name) {
  char *sql = NULL;
  if (asprintf(&sql, "%s database %s", verb, name) < 0) {
    abort();
  }
  struct database *database = fixture_connect(cluster(), false);
  enum error error = statement_change(database, sql, STATEMENT_ONCE, NULL, NULL);
  if (error != ERROR_NONE) {
    fprintf(stderr, "%s: %s: %s\n", sql, error_strerror(error), database_last_error(database));
    exit(2);
  }
  database_close(database);
  free(sql);
}

void fixture_other_database(const char *name, bool create, char ret_connection_string[256]) {
  if (create) {
    run_on_cluster("create", name);
  }
  snprintf(ret_connection_string, 256, "%s dbname=%s", cluster(), name);
}

int64_t fixture_sql(const char *sql) {
  struct database *database = fixture_connect(fixture_connection_string, false);
  struct rows rows;
  enum error error = statement_execute(database, sql, STATEMENT_ONCE, NULL, &rows);
  ck_assert_msg(error == ERROR_NONE, "%s: %s", sql, database_last_error(database));
  int64_t number = rows_next(&rows) ? rows_i64_or(&rows, 0) : 0;
  ck_assert_msg(rows_close(&rows) == ERROR_NONE, "%s: not a number", sql);
  database_close(database);
  return number;
}

int fixture_race(int processes, int (*child)(struct database *database, int number)) {
  int gate[2];
  ck_assert_int_eq(pipe(gate), 0);
  for (int i = 0; i < processes; i++) {
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
      struct database *database = fixture_connect(fixture_connection_string, true);
      if (database_ensure(database) != ERROR_NONE) {
        _exit(200);
      }
      close(gate[1]);
      char byte;
      ssize_t got = read(gate[0], &byte, 1); /* the end of the pipe starts all of them */
      int result = got == 0 ? child(database, i) : 200;
      database_close(database);
      _exit(result);
    }
  }
  close(gate[0]);
  close(gate[1]);
  int sum = 0;
  for (int i = 0; i < processes; i++) {
    int status = 0;
    ck_assert_int_gt(wait(&status), 0);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) <= 100, "a racing process failed: status %d", status);
    sum += WEXITSTATUS(status);
  }
  return sum;
}

struct account fixture_account(const char *email) {
  struct account account;
  enum error error = account_store_create(fixture_database, email, "$argon2id$test", ROLE_EDITOR, 0, &account);
  ck_assert_msg(error == ERROR_NONE, "%s: %s", error_strerror(error), database_last_error(fixture_database));
  return account;
}

int64_t fixture_medium(void) {
  struct media media;
  ck_assert_int_eq(media_store_create(fixture_database, "film", MEDIA_VIDEO, NULL, 0, &media), ERROR_NONE);
  int64_t id = media.id;
  media_free(&media);
  return id;
}

void fixture_view(int64_t media_id, const char *timestamp, const char *address, bool robot) {
  char sql[3000];
  snprintf(sql, sizeof sql, "select 1 from media_view_log_partition('%s')", timestamp);
  fixture_sql(sql);
  snprintf(sql, sizeof sql,
           "with d as (insert into media_view_log (media_id, viewed_by_ip, granted_at, \"timestamp\", address_key, "
           "address_hash,"
           " source, bot, bytes_sent) values (%lld, '%s', '%s', '%s', gen_random_uuid(), abs(hashtext('%s')), "
           "'stream', %s, 10) returning media_id, \"timestamp\", bot, internal, 1 as views, 0 as plays, 10 as "
           "bytes_sent, 0 as "
           "seconds,"
           " 0 as watched_seconds, 0 as points, 0 as points_views)" ADD_TO_ROLLUPS_SQL("d"),
           (long long)media_id, address, timestamp, timestamp, address, robot ? "true" : "false");
  fixture_sql(sql);
}

void fixture_cluster(const char *arguments) {
  char command[600];
  snprintf(command, sizeof command,
           "cd / && %s \"$PG_BIN/pg_ctl\" -D \"$PGDATA_DIR\" -w -l \"$PGDATA_DIR/../server.log\" %s >/dev/null 2>&1",
           geteuid() == 0 ? "setpriv --reuid \"$POSTGRES_USER\" --regid \"$(id -gn \"$POSTGRES_USER\")\" --clear-groups"
                          : "",
           arguments);
  ck_assert_int_eq(system(command), 0);
}

static void before_each(void) {
  fixture_sql("truncate idempotent_request, package_job, upload, admin_user, totp, recovery_code, api_key, invitation, "
              "login_session, "
              "refresh_token, login_place, "
              "rate_limit, media_asset,"
              " revoked_grant, delivery_log, media_view_log, view_rollup, view_watching, user_agent, address_salt,"
              " ingest_node, event, login_refusal, webhook, webhook_delivery, report, file_note");
  fixture_database = fixture_connect(fixture_connection_string, true);
}

static void after_each(void) {
  database_close(fixture_database);
}

static void make_database(const char *suite_name) {
  snprintf(database_name, sizeof database_name, "%s_%d", suite_name, (int)getpid());
  fixture_other_database(database_name, true, fixture_connection_string);
  struct database *database = fixture_connect(fixture_connection_string, true);
  const char *source = getenv("top_srcdir");
  char folder[4096];
  snprintf(folder, sizeof folder, "%s/migrations", source == NULL ? "." : source);
  struct text report = {0};
  if (migration_apply(database, folder, &report) != ERROR_NONE) {
    fprintf(stderr, "%s", report.data == NULL ? "migration failed\n" : report.data);
    exit(2);
  }
  text_free(&report);
  database_close(database);
}

int fixture_run(const char *suite_name, const TTest *const *tests, size_t test_count) {
  make_database(suite_name);
  Suite *suite = suite_create(suite_name);
  TCase *tcase = tcase_create("database");
  tcase_add_checked_fixture(tcase, before_each, after_each);
  tcase_set_timeout(tcase, 240);
  for (size_t i = 0; i < test_count; i++) {
    tcase_add_test(tcase, tests[i]);
  }
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  run_on_cluster("drop", database_name);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
