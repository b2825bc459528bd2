/* SPDX-License-Identifier: ISC */
/*
 * Migrations: numbered, once each, whole or not at all, and by two at once; on files of these tests (migrations/
 * here). The product's own files together make schema.sql.
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
#include "store/media/media_list.h"
#include "store/media/media_store.h"

static char folder[64];

static void write_migration(const char *name, const char *sql) {
  char path[160];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  ck_assert_int_eq(file_replace(path, 0644, sql, strlen(sql)), ERROR_NONE);
}

static void copy_migration(const char *name) {
  char command[1024];
  snprintf(command, sizeof command, "cp \"${top_srcdir:-.}\"/tests/store/migrations/%s.sql %s/", name, folder);
  ck_assert_int_eq(system(command), 0);
}

static void make_empty_folder(void) {
  snprintf(folder, sizeof folder, "/tmp/mgmig.XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(folder));
}

/* Holds the first two migrations, and files that are none. */
static void make_folder(void) {
  make_empty_folder();
  copy_migration("0001_notes");
  copy_migration("0002_words");
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

struct expected_row {
  const char *query; /* its first column is true */
  const char *description;
};

static void expect(struct database *database, const struct expected_row *expected, size_t count) {
  for (size_t i = 0; i < count; i++) {
    struct rows rows;
    ck_assert_msg(statement_execute(database, expected[i].query, STATEMENT_REPEATABLE, NULL, &rows) == ERROR_NONE,
                  "%s: %s", expected[i].description, database_last_error(database));
    ck_assert_msg(rows_next(&rows) && rows_bool(&rows), "%s", expected[i].description);
    ck_assert_int_eq(rows_close(&rows), ERROR_NONE);
  }
}

START_TEST(applies_what_is_missing_once) {
  char connection_string[256];
  struct database *database = fresh("once", connection_string);
  struct text report = {0};
  make_folder();
  ck_assert_int_eq(version(database), 0);
  ck_assert_int_eq(migration_apply(database, folder, &report), ERROR_NONE);
  ck_assert_str_eq(report.data, "0001_notes: applied\n0002_words: applied\n");
  text_clear(&report);
  ck_assert_int_eq(migration_apply(database, folder, &report), ERROR_NONE);
  ck_assert_uint_eq(report.length, 0);
  struct migration_status status;
  ck_assert_int_eq(migration_status_read(database, &status), ERROR_NONE);
  ck_assert_int_eq(status.version, 2);
  ck_assert_int_eq(status.oldest_program, 1);
  copy_migration("0003_notes_by_month");
  ck_assert_int_eq(migration_apply(database, folder, &report), ERROR_NONE);
  ck_assert_str_eq(report.data, "0003_notes_by_month: applied\n");
  ck_assert_int_eq(migration_status_read(database, &status), ERROR_NONE);
  ck_assert_int_eq(status.version, 3);
  ck_assert_int_eq(status.oldest_program, 9000);
  ck_assert_msg(!migration_is_compatible(&status), "the schema excludes this program");
  static const struct expected_row expected[] = {
      {"select count(*) = 1 from note", "0002 ran once"},
      {"select array_agg(version || ' ' || name || ' ' || oldest_program order by version) ="
       " array['1 0001_notes 1', '2 0002_words 1', '3 0003_notes_by_month 9000'] from schema_migration",
       "each is recorded"},
  };
  expect(database, expected, sizeof expected / sizeof *expected);
  text_free(&report);
  database_close(database);
  ck_assert_int_eq(file_remove_tree(folder), ERROR_NONE);
}
END_TEST

START_TEST(a_migration_that_fails_leaves_nothing) {
  static const struct expected_row expected[] = {
      {"select count(*) = 1 and min(body) = 'made by 0002' from note", "no row of the failed one"},
      {"select not exists (select from information_schema.columns where table_name = 'note' and column_name = 'mood')",
       "no column of the failed one"},
      {"select max(version) = 3 from schema_migration", "no record of the failed one"},
  };
  char connection_string[256];
  struct database *database = fresh("fails", connection_string);
  struct text report = {0};
  make_folder();
  copy_migration("0003_notes_by_month");
  copy_migration("0004_broken");
  ck_assert_int_eq(migration_apply(database, folder, &report), ERROR_INTERNAL);
  ck_assert_ptr_nonnull(strstr(report.data, "0003_notes_by_month: applied\n0004_broken: internal error: 42P01"));
  ck_assert_int_eq(version(database), 3);
  expect(database, expected, sizeof expected / sizeof *expected);
  text_free(&report);
  database_close(database);
  ck_assert_int_eq(file_remove_tree(folder), ERROR_NONE);
}
END_TEST

START_TEST(refuses_files_that_are_not_clear) {
  static const struct {
    const char *name, *sql, *description;
  } rows[] = {
      {"0003_no_line.sql", "select 1;\n", "no oldest-program"},
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
    struct media media = {0};
    struct media_item *items = NULL;
    size_t count = 0;
    failures += media_store_create(database, "film", MEDIA_VIDEO, NULL, 0, &media) != ERROR_NONE;
    failures += media_store_update(database, media.id, &(struct media_change){.title = "Film"}, &media) != ERROR_NONE;
    media_free(&media);
    const struct media_filter filter = {.type = -1, .limit = 5};
    failures += media_list_find(database, &filter, &items, &count) != ERROR_NONE;
    for (size_t i = 0; i < count; i++) {
      media_free(&items[i].media);
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
  make_empty_folder();
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
  make_empty_folder();
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

/* What a database of before 0003 holds: notes of two months in UTC (and of one in the server's time zone), with and
 * without an author. */
static const char *const old_notes =
    "insert into note (written_at, author, body, words) values ('2026-10-31T23:59:50Z', 'ann', 'a', 3),"
    " ('2026-11-01T00:00:30Z', 'ann', 'b', 4), ('2026-11-02T12:00:00Z', null, 'c', null),"
    " ('2026-11-02T12:00:01Z', '', 'd', 5)";

START_TEST(a_migration_takes_along_what_the_database_holds) {
  static const struct expected_row expected[] = {
      {"select count(*) = 5 and min(id) = 1 and max(id) = 5 from note", "every row with its id"},
      {"select nextval('note_id_seq') = 6", "the next id"},
      {"select count(*) = 3 from pg_inherits where inhparent = 'note'::regclass", "a partition for each month"},
      {"select to_regclass('note_old') is null", "the old table is gone"},
      {"select to_regclass('note_month') is null", "the temporary table is gone"},
      {"select n.id = 2 and a.name = 'ann' and n.words = 3 from note_202610 n join author a on a.id = n.author_id",
       "a row with an author"},
      {"select count(*) = 2 from note_202611 where author_id is null", "rows without one"},
      {"select notes = 3 and words = 9 from note_sum where month = '2026-11-01T00:00:00Z'", "sums"},
  };
  char connection_string[256];
  struct database *database = fresh("old_notes", connection_string);
  struct text report = {0};
  make_folder();
  ck_assert_int_eq(migration_apply(database, folder, &report), ERROR_NONE);
  ck_assert_int_eq(statement_change(database, old_notes, STATEMENT_ONCE, NULL, NULL), ERROR_NONE);
  copy_migration("0003_notes_by_month");
  ck_assert_msg(migration_apply(database, folder, &report) == ERROR_NONE, "%s", report.data);
  expect(database, expected, sizeof expected / sizeof *expected);
  text_free(&report);
  database_close(database);
  ck_assert_int_eq(file_remove_tree(folder), ERROR_NONE);
}
END_TEST

FIXTURE_MAIN("migration", applies_what_is_missing_once, a_migration_that_fails_leaves_nothing,
             refuses_files_that_are_not_clear, many_at_once_apply_each_migration_once,
             knows_with_which_schema_it_can_live, schema_sql_is_what_the_migrations_make,
             the_old_program_works_on_while_the_new_one_migrates, a_migration_takes_along_what_the_database_holds)
