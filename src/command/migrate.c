/* SPDX-License-Identifier: ISC */
/*
 * mediagate migrate: brings the schema up to date, or says where it stands.
 */
#include "config.h"

#include "command/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "command/command_database.h"
#include "command/options.h"
#include "store/events/event_months.h"

static const char usage[] = "usage: mediagate migrate [--status] [--config FILE]\n\n"
                            "Applies the migrations that the database does not have yet, each in one transaction. Safe "
                            "to run twice, and by two at\n"
                            "once; requests are served meanwhile.\n\n"
                            "  --status        only say which version the schema has; exit status 1 when this program "
                            "cannot work on it\n" OPTIONS_USAGE_CONFIG;

static int print_status(struct database *database) {
  struct migration_status status;
  enum error error = migration_status_read(database, &status);
  if (error != ERROR_NONE) {
    command_database_complain(database, "reading the version of the schema", error);
    return COMMAND_FAILED;
  }
  bool fits = migration_is_compatible(&status);
  printf("schema version %d; programs from version %d on can work on it; this program has version %d: %s\n",
         status.version, status.oldest_program, MIGRATION_PROGRAM_VERSION,
         fits ? "good" : command_database_remedy(&status));
  return fits ? 0 : COMMAND_FAILED;
}

static int migrate(struct database *database, const struct settings *settings) {
  char *folder = file_join(settings->share_dir[0] == '\0' ? MEDIAGATE_SHARE_DIR : settings->share_dir, "migrations");
  struct text report = {0};
  enum error error = folder == NULL ? ERROR_MEMORY : migration_apply(database, folder, &report);
  fputs(report.length > 0 ? report.data : "", error == ERROR_NONE ? stdout : stderr);
  text_free(&report);
  free(folder);
  if (error == ERROR_NONE) {
    error = event_months_make_ahead(database);
    if (error != ERROR_NONE) {
      command_database_complain(database, "making the tables of events", error);
    }
  }
  return error == ERROR_NONE ? print_status(database) : COMMAND_FAILED;
}

int command_migrate(int argc, char **argv) {
  const char *config_path = NULL;
  int exit_code = 0;
  if (!options_begin(&argc, argv, usage, &config_path, &exit_code)) {
    return exit_code;
  }
  bool only_status = argc > 1 && strcmp(argv[1], "--status") == 0;
  if (argc > 1 + only_status) {
    return options_refuse(argv[0], argv[1 + only_status], usage);
  }
  struct settings *settings = options_load_settings(config_path);
  if (settings == NULL) {
    return COMMAND_FAILED;
  }
  struct database *database = command_database_connect(settings, false);
  exit_code = COMMAND_FAILED;
  if (database != NULL) {
    exit_code = only_status ? print_status(database) : migrate(database, settings);
  }
  database_close(database);
  settings_free(settings);
  return exit_code;
}
