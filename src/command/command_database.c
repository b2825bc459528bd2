/* SPDX-License-Identifier: ISC */
/* See command_database.h. */
#include "config.h"

#include "command/command_database.h"

#include <stdio.h>

#include "base/log.h"
#include "store/engine/connection_string.h"

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
  } strings[] = {{"database", settings->database},
                 {"notify_database", settings->notify_database},
                 {"analytics_database", settings->analytics_database}};
  bool good = true;

  for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
    if (!connection_string_is_valid(strings[i].value)) {
      text_appendf(ret_problems,
                   "%s: is no connection string of PostgreSQL; look for a misspelt keyword, a missing quote or an "
                   "unescaped character\n",
                   strings[i].name);
      good = false;
    }
  }
  return good;
}

enum error command_database_open(const struct settings *settings, struct database_options options,
                                 struct database **ret_database) {
  options.connection_string = settings->database;
  options.prepared = settings->prepared;
  return database_open(&options, ret_database);
}

/* --- the schema ------------------------------------------------------------------------------ */

const char *command_database_remedy(const struct migration_status *status) {
  return status->version < MIGRATION_PROGRAM_VERSION
             ? "run `mediagate migrate`"
             : "install the version of mediagate that the database was migrated for";
}

enum error command_database_check_schema(struct database *database, bool *ret_fits) {
  struct migration_status status;
  enum error error = migration_status_read(database, &status);
  if (error != ERROR_NONE) {
    return error;
  }
  *ret_fits = migration_is_compatible(&status);
  if (!*ret_fits) {
    log_event(LOG_LEVEL_ERROR, "schema_incompatible", LOG_I64("schema_version", status.version),
              LOG_I64("program_version", MIGRATION_PROGRAM_VERSION),
              LOG_STR("remedy", command_database_remedy(&status)));
  }
  return ERROR_NONE;
}

/* The same on stderr. */
static bool schema_fits(struct database *database) {
  struct migration_status status;
  enum error error = migration_status_read(database, &status);
  if (error != ERROR_NONE) {
    command_database_complain(database, "reading the version of the schema", error);
    return false;
  }
  if (!migration_is_compatible(&status)) {
    fprintf(stderr, "mediagate: the schema has version %d, this program works on version %d; %s\n", status.version,
            MIGRATION_PROGRAM_VERSION, command_database_remedy(&status));
    return false;
  }
  return true;
}

struct database *command_database_connect(const struct settings *settings, bool check_schema) {
  struct database *database = NULL;
  enum error error = command_database_open(settings, (struct database_options){.actor = "operator"}, &database);
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
