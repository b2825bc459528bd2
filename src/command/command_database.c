/* SPDX-License-Identifier: ISC */
/*
 * Opens the database for a person at a terminal.
 */
#include "config.h"

#include "command/command_database.h"

#include <stdio.h>

#include "store/engine/migration.h"

void command_database_complain(const struct database *database, const char *action, enum error error) {
  const char *message = database_last_error(database);
  fprintf(stderr, "mediagate: %s failed: %s%s%s\n", action, error_strerror(error), message[0] == '\0' ? "" : ": ",
          message);
  if (error == ERROR_UNKNOWN_OUTCOME) {
    fputs("mediagate: the connection broke before the answer; look whether it was done before you repeat it\n", stderr);
  }
}

bool command_database_check(const struct settings *settings, struct text *ret_problems) {
  const struct {
    const char *name, *value;
  } strings[] = {{"database", settings->database}, {"notify_database", settings->notify_database}};
  bool good = true;

  for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
    if (!database_is_connection_string(strings[i].value)) {
      text_appendf(ret_problems,
                   "%s: is no connection string of PostgreSQL; look for a misspelt keyword, a missing quote or an "
                   "unescaped character\n",
                   strings[i].name);
      good = false;
    }
  }
  return good;
}

static bool schema_fits(struct database *database) {
  struct migration_status status;
  enum error error = migration_status_read(database, &status);
  if (error != ERROR_NONE) {
    command_database_complain(database, "reading the version of the schema", error);
    return false;
  }
  if (!migration_is_compatible(&status)) {
    fprintf(stderr, "mediagate: the schema has version %d, this program works on version %d; %s\n", status.version,
            MIGRATION_PROGRAM_VERSION,
            status.version < MIGRATION_PROGRAM_VERSION
                ? "run `mediagate migrate`"
                : "install the version of mediagate that the database was migrated for");
    return false;
  }
  return true;
}

struct database *command_database_open(const struct settings *settings, bool check_schema) {
  const struct database_options options = {
      .connection_string = settings->database, .prepared = settings->prepared, .application_name = "mediagate"};
  struct database *database = NULL;
  enum error error = database_open(&options, &database);
  if (error != ERROR_NONE) {
    fprintf(stderr, "mediagate: %s\n", error_strerror(error));
    return NULL;
  }
  error = database_ensure(database);
  if (error != ERROR_NONE) {
    command_database_complain(database, "connecting to the database", error);
    fputs("mediagate: start PostgreSQL, or correct `database` in the settings\n", stderr);
  }
  if (error != ERROR_NONE || (check_schema && !schema_fits(database))) {
    database_close(database);
    return NULL;
  }
  return database;
}
