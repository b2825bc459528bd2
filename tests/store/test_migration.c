/* SPDX-License-Identifier: ISC */
/*
 * Migrations: numbered, once each, whole or not at all, and by two at once. What they make is what schema.sql says.
 */
#include "config.h"

#include "store/engine/migration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "fixture.h"
#include "store/media/media_store.h"

static char folder[64];

static void write_migration(const char *name, const char *sql) {
  char path[160];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  ck_assert_int_eq(file_replace(path, 0644, sql, strlen(sql)), ERROR_NONE);
}

static void make_folder(void) {
  snprintf(folder, sizeof folder, "/tmp/mgmig.XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(folder));
  write_migration("0001_first.sql", "-- x\n-- oldest-program: 1\ncreate table schema_migration (version int primary "
                                    "key, name text, oldest_program int,"
                                    " applied_at timestamptz default now()); create table t (n int);\n");
  write_migration("0002_second.sql", "-- x\n-- oldest-program: 1\nselect pg_sleep(0.2); insert into t values (2);\n");
  write_migration("README", "no migration");
  write_migration("0003_note.txt", "no migration");
}

/* A database of its own for each test. */
static struct database *fresh(const char *name, char connection_string[256]) {
  char unique[64];
  snprintf(unique, sizeof unique, "%s_%d", name, (int)getpid());
  fixture_other_database(unique, true, connection_string);
  return fixture_connect(connection_string, true);
}

static int version(struct database *database) {
  struct migration_status status;
  ck_assert_int_eq(migration_status_read(database, &status), ERROR_NONE);
  return status.version;
}

START_TEST(applies_what_is_missing_once) {
  char connection_string[256];
  struct database *database = fresh("once", connection_string);
  struct text report = {0};
  make_folder();
  ck_assert_int_eq(version(database), 0);
  ck_assert_int_eq(migration_apply(database, folder, &report), ERROR_NONE);
  ck_assert_str_eq(report.data, "0001_first: applied\n0002_second: applied\n");
  text_clear(&report);
  ck_assert_int_eq(migration_apply(database, folder, &report), ERROR_NONE);
  ck_assert_uint_eq(report.length, 0);
  write_migration("0003_third.sql", "-- x\n-- oldest-program: 3\ninsert into t values (3);\n");
  ck_assert_int_eq(migration_apply(database, folder, &report), ERROR_NONE);
  ck_assert_str_eq(report.data, "0003_third: applied\n");
  struct migration_status status;
  ck_assert_int_eq(migration_status_read(database, &status), ERROR_NONE);
  ck_assert_int_eq(status.version, 3);
  ck_assert_int_eq(status.oldest_program, 3);
  text_free(&report);
  database_close(database);
  ck_assert_int_eq(file_remove_tree(folder), ERROR_NONE);
}
END_TEST

START_TEST(a_migration_that_fails_leaves_nothing) {
  char connection_string[256];
  struct database *database = fresh("fails", connection_string);
  struct text report = {0};
  make_folder();
  write_migration("0003_broken.sql",
                  "-- x\n-- oldest-program: 1\ninsert into t values (3); insert into nowhere values (1);\n");
  ck_assert_int_eq(migration_apply(database, folder, &report), ERROR_INTERNAL);
  ck_assert_ptr_nonnull(strstr(report.data, "0003_broken: internal error: 42P01"));
  ck_assert_int_eq(version(database), 2);
  struct rows rows;
  ck_assert_int_eq(statement_execute(database, "select max(n) from t", STATEMENT_REPEATABLE, NULL, &rows), ERROR_NONE);
  ck_assert(rows_next(&rows));
  ck_assert_int_eq(rows_i64(&rows), 2);
  ck_assert_int_eq(rows_close(&rows), ERROR_NONE);
  text_free(&report);
  database_close(database);
  ck_assert_int_eq(file_remove_tree(folder), ERROR_NONE);
}
END_TEST

START_TEST(refuses_files_that_are_not_clear) {
  static const struct {
    const char *name, *sql, *description;
  } rows[] = {
      {"0003_no_line.sql", "insert into t values (3);\n", "no oldest-program"},
      {"0003_bad_line.sql", "-- x\n-- oldest-program: one\nselect 1;\n", "no number"},
      {"0003_empty.sql", "", "empty"},
      {"0002_twice.sql", "-- x\n-- oldest-program: 1\nselect 1;\n", "a version twice"},
  };
  char connection_string[256];
  struct database *database = fresh("unclear", connection_string);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct text report = {0};
    make_folder();
    write_migration(rows[i].name, rows[i].sql);
    enum error error = migration_apply(database, folder, &report);
    if (i == 3) { /* both were applied long ago by then: a new database */
      char other[256];
      struct database *second = fresh("unclear_too", other);
      error = migration_apply(second, folder, &report);
      ck_assert_int_eq(version(second), 1);
      database_close(second);
    }
    ck_assert_msg(error == ERROR_INVALID, "%s: %s", rows[i].description, error_strerror(error));
    text_free(&report);
    ck_assert_int_eq(file_remove_tree(folder), ERROR_NONE);
  }
  struct text report = {0};
  ck_assert_int_eq(migration_apply(database, "/nowhere", &report), ERROR_INVALID);
  text_free(&report);
  database_close(database);
}
END_TEST

static char raced[256];

static int migrate_raced(struct database *unused, int number) {
  (void)unused;
  (void)number;
  struct database *database = fixture_connect(raced, true);
  struct text report = {0};
  enum error error = migration_apply(database, folder, &report);
  int applied = 0;
  for (const char *at = report.data; at != NULL && (at = strstr(at, ": applied\n")) != NULL; at++) {
    applied++;
  }
  if (error != ERROR_NONE) {
    fprintf(stderr, "%s", report.data);
  }
  text_free(&report);
  database_close(database);
  return error == ERROR_NONE ? applied : 200;
}

START_TEST(many_at_once_apply_each_migration_once) {
  database_close(fresh("raced", raced));
  make_folder();
  ck_assert_int_eq(fixture_race(6, migrate_raced), 2);
  struct database *database = fixture_connect(raced, true);
  ck_assert_int_eq(version(database), 2);
  database_close(database);
  ck_assert_int_eq(file_remove_tree(folder), ERROR_NONE);
}
END_TEST

/* Works without pause as the old program does, for a second and a half; the number of failures. */
static int work(struct database *database, int number) {
  int failures = 0;
  int64_t until = clock_monotonic_ms() + 1500;
  if (number == 0) { /* somebody upgrades meanwhile */
    struct text report = {0};
    enum error error = migration_apply(database, folder, &report);
    text_free(&report);
    return error == ERROR_NONE ? 0 : 100;
  }
  while (clock_monotonic_ms() < until) {
    struct media media = {0}, *items = NULL;
    size_t count = 0;
    failures += media_store_create(database, "film", MEDIA_VIDEO, NULL, 0, &media) != ERROR_NONE;
    failures += media_store_update(database, media.id, &(struct media_change){.title = "Film"}, &media) != ERROR_NONE;
    media_free(&media);
    const struct media_filter filter = {.type = -1, .limit = 5};
    failures += media_store_list(database, &filter, &items, &count) != ERROR_NONE;
    for (size_t i = 0; i < count; i++) {
      media_free(&items[i]);
    }
    free(items);
  }
  return failures > 100 ? 100 : failures;
}

START_TEST(the_old_program_works_on_while_the_new_one_migrates) {
  char next[40];
  char last[40];
  snprintf(next, sizeof next, "%04d_next.sql", MIGRATION_PROGRAM_VERSION + 1);
  snprintf(last, sizeof last, "%04d_last.sql", MIGRATION_PROGRAM_VERSION + 2);
  make_folder();
  write_migration(next, "-- x\n-- oldest-program: 1\nselect pg_sleep(0.5);\n"
                        "alter table media_asset add column note text;\n"
                        "create index media_asset_note on media_asset (note);\nselect pg_sleep(0.2);\n");
  /* A result column of another type makes every prepared statement that returns it useless. */
  write_migration(last, "-- x\n-- oldest-program: 1\nalter table media_asset alter column width type bigint;\n");
  ck_assert_int_eq(fixture_race(5, work), 0);
  ck_assert_int_eq(version(fixture_database), MIGRATION_PROGRAM_VERSION + 2);
  fixture_sql("alter table media_asset drop column note, alter column width type integer");
  char sql[80];
  snprintf(sql, sizeof sql, "delete from schema_migration where version > %d", MIGRATION_PROGRAM_VERSION);
  fixture_sql(sql);
  ck_assert_int_eq(file_remove_tree(folder), ERROR_NONE);
}
END_TEST

START_TEST(knows_with_which_schema_it_can_live) {
  static const struct {
    struct migration_status status;
    bool compatible;
    const char *description;
  } rows[] = {
      {{.version = 0}, false, "an empty database"},
      {{.version = MIGRATION_PROGRAM_VERSION, .oldest_program = 1}, true, "ours"},
      {{.version = MIGRATION_PROGRAM_VERSION + 3, .oldest_program = MIGRATION_PROGRAM_VERSION},
       true,
       "newer, but for us too"},
      {{.version = MIGRATION_PROGRAM_VERSION + 3, .oldest_program = MIGRATION_PROGRAM_VERSION + 1},
       false,
       "it excludes us"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    ck_assert_msg(migration_is_compatible(&rows[i].status) == rows[i].compatible, "%s", rows[i].description);
  }
  struct migration_status status;
  ck_assert_int_eq(migration_status_read(fixture_database, &status), ERROR_NONE);
  ck_assert(migration_is_compatible(&status));
}
END_TEST

/* The dump of a database's schema, without pg_dump's comments and its random \restrict key. */
static void dump(const char *connection_string, const char *path) {
  char command[1024];
  snprintf(command, sizeof command,
           "\"${PG_BIN}/pg_dump\" -s -d '%s' | grep -v -e '^--' -e '^.restrict' -e '^.unrestrict' >%s",
           connection_string, path);
  ck_assert_int_eq(system(command), 0);
}

START_TEST(schema_sql_is_what_the_migrations_make) {
  char connection_string[256], command[1024];
  database_close(fresh("schema_sql", connection_string));
  snprintf(command, sizeof command,
           "\"${PG_BIN}/psql\" -Xq1 -v ON_ERROR_STOP=1 -d '%s' -f \"${top_srcdir:-.}/schema.sql\" >/dev/null",
           connection_string);
  ck_assert_int_eq(system(command), 0);
  make_folder();
  char migrated[80], loaded[80];
  snprintf(migrated, sizeof migrated, "%s/migrated", folder);
  snprintf(loaded, sizeof loaded, "%s/loaded", folder);
  dump(fixture_connection_string, migrated);
  dump(connection_string, loaded);
  snprintf(command, sizeof command, "grep -q media_view_log %s && diff -u %s %s", migrated, migrated, loaded);
  ck_assert_msg(system(command) == 0, "schema.sql differs from what the migrations make");
  struct database *database = fixture_connect(connection_string, true);
  ck_assert_int_eq(version(database), version(fixture_database));
  database_close(database);
  ck_assert_int_eq(file_remove_tree(folder), ERROR_NONE);
}
END_TEST

static void copy_migration(const char *name) {
  char command[1024];
  snprintf(command, sizeof command, "cp \"${top_srcdir:-.}\"/migrations/%s %s/", name, folder);
  ck_assert_int_eq(system(command), 0);
}

static void run(const char *connection_string, const char *sql) {
  char command[4096];
  snprintf(command, sizeof command, "\"${PG_BIN}/psql\" -Xq1 -v ON_ERROR_STOP=1 -d '%s' >/dev/null <<'EOF'\n%s\nEOF",
           connection_string, sql);
  ck_assert_int_eq(system(command), 0);
}

/* What a database of the first version holds of views: reported, played in two months, of an impossible grant. */
static const char *const old_views =
    "insert into media_asset (title, type) values ('film', 'video'), ('song', 'audio');"
    "insert into media_view_log (media_id, viewed_by_ip, \"timestamp\", last_seen_at, viewer, grant_id, user_agent, "
    "country,"
    " referrer, bytes_sent, seconds, source, bot) values"
    " (1, '192.0.2.1', '2026-10-31T23:59:50Z', '2026-11-01T00:10:00Z', 'u-1', '01a19467-4bc0-7000-8000-00000000abcd',"
    "  'Player/1', 'DE', 'player.example', 1000, 610, 'stream', false),"
    " (2, '2001:db8::1', '2026-11-01T00:00:30Z', '2026-11-01T00:00:31Z', null, '01a19467-4bc0-7000-8000-00000000abcd',"
    "  'Player/1', null, null, 50, 1, 'stream', true),"
    " (2, '192.0.2.1', '2026-11-02T12:00:00Z', null, 'u-2', null, null, null, null, null, null, 'reported', false),"
    " (1, '192.0.2.9', '2026-11-02T12:00:01Z', '2026-11-02T12:00:01Z', null, '00000000-0000-7000-8000-00000000abcd', "
    "'Odd',"
    "  null, null, 7, 0, 'stream', false);";

START_TEST(views_of_old_databases_are_taken_along) {
  static const struct {
    const char *query, *description;
  } rows[] = {
      {"select count(*) = 4 and min(id) = 1 and max(id) = 4 from media_view_log", "every row with its id"},
      {"select nextval('media_view_log_id_seq') = 5", "the next id"},
      {"select count(*) = 2 from pg_inherits where inhparent = 'media_view_log'::regclass", "a partition a month"},
      {"select to_regclass('media_view_log_old') is null", "the old table is gone"},
      {"select v.granted_at = '2026-10-31T23:59:20Z' and a.text = 'Player/1' and bytes_sent = 1000 and seconds = 610"
       " and country = 'DE' and referrer = 'player.example' and viewer = 'u-1' and delivered_points is null"
       " from media_view_log v join user_agent a on a.id = v.user_agent_id where v.id = 1",
       "a played view"},
      {"select granted_at = \"timestamp\" and user_agent_id is null from media_view_log where id = 3",
       "a reported one"},
      {"select granted_at = \"timestamp\" from media_view_log where id = 4", "an impossible grant goes by its view"},
      {"select count(distinct address_key) = 3 and count(distinct address_hash) = 3 and min(address_hash) >= 0"
       " from media_view_log",
       "addresses"},
      {"select views = 3 and bytes_sent = 1007 and seconds = 610 from (select sum(views) as views, sum(bytes_sent) as"
       " bytes_sent, sum(seconds) as seconds from view_rollup where grain = 'month' and media_id = 0 and not bot) r",
       "sums of all"},
      {"select views = 1 and bytes_sent = 50 from view_rollup where grain = 'quarter' and media_id = 2 and bot"
       " and start = '2026-11-01T00:00:00Z'",
       "sums of robots"},
      {"select count(*) = 2 from view_rollup where grain = 'day' and media_id = 1", "sums by day"},
  };
  char connection_string[256];
  struct database *database = fresh("old_views", connection_string);
  struct text report = {0};
  snprintf(folder, sizeof folder, "/tmp/mgmig.XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(folder));
  copy_migration("0001_*");
  copy_migration("0002_*");
  ck_assert_int_eq(migration_apply(database, folder, &report), ERROR_NONE);
  run(connection_string, old_views);
  copy_migration("0003_*");
  ck_assert_msg(migration_apply(database, folder, &report) == ERROR_NONE, "%s", report.data);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct rows answer;
    ck_assert_msg(statement_execute(database, rows[i].query, STATEMENT_REPEATABLE, NULL, &answer) == ERROR_NONE,
                  "%s: %s", rows[i].description, database_last_error(database));
    ck_assert_msg(rows_next(&answer) && rows_bool(&answer), "%s", rows[i].description);
    ck_assert_int_eq(rows_close(&answer), ERROR_NONE);
  }
  text_free(&report);
  database_close(database);
  ck_assert_int_eq(file_remove_tree(folder), ERROR_NONE);
}
END_TEST

FIXTURE_MAIN("migration", applies_what_is_missing_once, a_migration_that_fails_leaves_nothing,
             refuses_files_that_are_not_clear, many_at_once_apply_each_migration_once,
             knows_with_which_schema_it_can_live, schema_sql_is_what_the_migrations_make,
             the_old_program_works_on_while_the_new_one_migrates, views_of_old_databases_are_taken_along)
