/* SPDX-License-Identifier: ISC */
/*
 * Applies the files NNNN_name.sql that the database does not have yet. Each is one transaction that begins with an
 * advisory lock, so that of two who migrate at once the second finds the work done. A file says in a comment which
 * program it can live with:
 *
 *   -- oldest-program: 1
 */
#include "config.h"

#include "store/engine/migration.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text_parse.h"
#include "store/engine/statement.h"

#define FILE_SIZE_MAX (4u << 20)
#define NAME_DIGITS   4

/* A migration may wait for nobody for ever, but never makes the others wait long: behind a lock that it waits for, all
 * requests queue. */
#define PREPARE_TRANSACTION                                                                                            \
  "set local statement_timeout = 0;"                                                                                   \
  "select pg_advisory_xact_lock(7235412097710211328);"                                                                 \
  "set local lock_timeout = '10s'"

/* Asks a catalog by a query of its own: to_regclass would answer from a cache that knows nothing of who just held the
 * lock. */
enum error migration_status_read(struct database *database, struct migration_status *ret_status) {
  int64_t tables = 0;
  enum error error = statement_change(database,
                                      "select from pg_catalog.pg_tables where tablename = 'schema_migration' and "
                                      "schemaname = any (current_schemas(false))",
                                      STATEMENT_REPEATABLE, NULL, &tables);
  struct migration_status status = {0};
  if (error == ERROR_NONE && tables > 0) {
    struct rows row = statement_row(database, "select max(version), max(oldest_program) from schema_migration",
                                    STATEMENT_REPEATABLE, NULL);
    status.version = (int)rows_i64_or(&row, 0);
    status.oldest_program = (int)rows_i64_or(&row, 0);
    error = rows_close(&row);
  }
  if (error == ERROR_NONE) {
    *ret_status = status;
  }
  return error;
}

bool migration_is_compatible(const struct migration_status *status) {
  return status->version >= MIGRATION_PROGRAM_VERSION && status->oldest_program <= MIGRATION_PROGRAM_VERSION;
}

/* --- the files ------------------------------------------------------------------------------- */

struct migration {
  int version;
  int oldest_program;
  char name[128]; /* the file's, without ".sql" */
  struct text sql;
};

/* The version in "0001_name.sql"; 0 for a file that is no migration. */
static int version_of(const char *file_name) {
  size_t length = strlen(file_name);
  uint64_t version = 0;
  if (length < NAME_DIGITS + 6 || length >= sizeof((struct migration *)0)->name ||
      strcmp(file_name + length - 4, ".sql") != 0 || file_name[NAME_DIGITS] != '_' ||
      strspn(file_name, "0123456789") != NAME_DIGITS) {
    return 0;
  }
  size_t zeros = strspn(file_name, "0");
  return text_parse_u64(file_name + zeros, NAME_DIGITS - zeros, 9999, &version) == ERROR_NONE ? (int)version : 0;
}

/* The number after "-- oldest-program: ". */
static enum error parse_oldest_program(const char *sql, int *ret_oldest_program) {
  static const char *const label = "\n-- oldest-program: ";
  const char *found = strstr(sql, label);
  if (found == NULL) {
    return ERROR_INVALID;
  }
  found += strlen(label);
  uint64_t number = 0;
  enum error error = text_parse_u64(found, strcspn(found, "\n"), 9999, &number);
  if (error == ERROR_NONE) {
    *ret_oldest_program = (int)number;
  }
  return error;
}

/* Loads the file of this version. ERROR_NOT_FOUND: there is none. ERROR_INVALID: two, or one without its line, and a
 * line in the report. */
static enum error load_migration(const char *folder, int version, struct migration *ret_migration,
                                 struct text *report) {
  DIR *directory = opendir(folder);
  if (directory == NULL) {
    text_appendf(report, "%s cannot be read; say where migrations are by share_dir\n", folder);
    return ERROR_INVALID;
  }
  char file_name[sizeof ret_migration->name] = "";
  size_t found = 0;
  for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
    if (version_of(entry->d_name) == version) {
      memcpy(file_name, entry->d_name, strlen(entry->d_name) + 1);
      found++;
    }
  }
  closedir(directory);
  if (found != 1) {
    if (found > 1) {
      text_appendf(report, "%s has several migrations of version %d; leave one\n", folder, version);
    }
    return found == 0 ? ERROR_NOT_FOUND : ERROR_INVALID;
  }
  char *path = file_join(folder, file_name);
  struct migration migration = {.version = version};
  enum error error = path == NULL ? ERROR_MEMORY : file_read(path, FILE_SIZE_MAX, &migration.sql);
  if (error == ERROR_NONE) {
    error =
        migration.sql.length == 0 ? ERROR_INVALID : parse_oldest_program(migration.sql.data, &migration.oldest_program);
  }
  if (error != ERROR_NONE) {
    text_appendf(report, "%s: %s; a migration has a line \"-- oldest-program: N\"\n", file_name, error_strerror(error));
    text_free(&migration.sql);
  } else {
    memcpy(migration.name, file_name, strlen(file_name) - 4);
    *ret_migration = migration;
  }
  free(path);
  return error;
}

/* --- applying -------------------------------------------------------------------------------- */

static enum error record(struct database *database, const struct migration *migration) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, migration->version);
  parameters_text(&parameters, migration->name);
  parameters_i64(&parameters, migration->oldest_program);
  return statement_change(database, "insert into schema_migration (version, name, oldest_program) values ($1, $2, $3)",
                          STATEMENT_ONCE, &parameters, NULL);
}

/* In a transaction that holds the lock. *ret_done: somebody else was faster. */
static enum error apply_locked(struct database *database, const struct migration *migration, bool *ret_done) {
  struct migration_status status;
  enum error error = migration_status_read(database, &status);
  if (error != ERROR_NONE) {
    return error;
  }
  *ret_done = status.version >= migration->version;
  if (*ret_done) {
    return ERROR_NONE;
  }
  error = statement_run_script(database, migration->sql.data);
  return error == ERROR_NONE ? record(database, migration) : error;
}

static enum error apply_one(struct database *database, const struct migration *migration, struct text *report) {
  enum error error = statement_begin(database);
  bool done = false;
  if (error == ERROR_NONE) {
    error = statement_run_script(database, PREPARE_TRANSACTION);
    if (error == ERROR_NONE) {
      error = apply_locked(database, migration, &done);
    }
    if (error != ERROR_NONE) {
      statement_rollback(database);
    } else {
      error = statement_commit(database);
    }
  }
  if (error != ERROR_NONE) {
    text_appendf(report, "%s: %s: %s; nothing of it was kept\n", migration->name, error_strerror(error),
                 database_last_error(database));
  } else {
    text_appendf(report, "%s: %s\n", migration->name, done ? "applied by somebody else meanwhile" : "applied");
  }
  return error;
}

enum error migration_apply(struct database *database, const char *folder, struct text *ret_report) {
  struct migration_status status;
  enum error error = migration_status_read(database, &status);
  if (error != ERROR_NONE) {
    text_appendf(ret_report, "the database's version cannot be read: %s: %s\n", error_strerror(error),
                 database_last_error(database));
    return error;
  }
  for (int version = status.version + 1; error == ERROR_NONE; version++) {
    struct migration migration;
    error = load_migration(folder, version, &migration, ret_report);
    if (error == ERROR_NOT_FOUND) {
      return ERROR_NONE; /* that was the last one */
    }
    if (error == ERROR_NONE) {
      error = apply_one(database, &migration, ret_report);
      text_free(&migration.sql);
    }
  }
  return error;
}
