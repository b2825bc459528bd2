/* SPDX-License-Identifier: ISC */
/*
 * mediagate sweep: removes files that no row stands for. serve does the same by itself; this is for
 * after a restore, for cron where serve runs elsewhere, and for who wants to see it done.
 */
#include "config.h"

#include "command/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command/command_database.h"
#include "command/command_media.h"
#include "command/options.h"
#include "upkeep/file_sweep.h"

static const char usage[] =
    "usage: mediagate sweep [--config FILE] [--full]\n\n"
    "Removes what interrupted uploads and deletions left below data_dir, resumable uploads that have expired, and\n"
    "replaced files that no grant can still play.\n\n" OPTIONS_USAGE_CONFIG
    "  --full          look at every file, not only at those that are noted as unsettled\n";

static int report(enum error error, const struct sweep_counts *counts, int64_t uploads, struct database *database) {
  printf("removed: %" PRId64 " spool files, %" PRId64 " resumable uploads, %" PRId64
         " replaced or stray files, %" PRId64 " deleted media, %" PRId64 " folders in the trash, %" PRId64
         " links that led out of the library\nleft: %" PRId64 " newly noted, %" PRId64
         " of media that the database does not know, %" PRId64 " that failed\n",
         counts->spool, uploads, counts->stored, counts->deleted, counts->trash, counts->cut, counts->noted,
         counts->unknown, counts->failed);
  if (error != ERROR_NONE) {
    fprintf(stderr, "mediagate: the sweep stopped early: %s %s\n", error_strerror(error),
            database_last_error(database));
  }
  return error == ERROR_NONE && counts->failed == 0 ? 0 : COMMAND_FAILED;
}

static int run_sweep(const struct settings *settings, bool full) {
  struct upkeep upkeep = {.settings = settings};
  const struct database_options options = {.statement_timeout_ms = settings->api_statement_timeout,
                                           .application_name = "mediagate sweep",
                                           .actor = "operator:sweep"};
  struct sweep_counts counts = {0};
  int64_t uploads = 0;
  enum error error = command_database_open(settings, options, &upkeep.database);
  if (error == ERROR_NONE) {
    error = command_media_open(settings, upkeep.database, &upkeep.media_folder);
  }
  if (error == ERROR_NONE) {
    error = file_sweep_media(&upkeep, full, FILE_SWEEP_COMMIT_SECONDS, &counts);
  }
  if (error == ERROR_NONE) {
    error = file_sweep_uploads(&upkeep, FILE_SWEEP_UPLOAD_SECONDS, &uploads);
  }
  int exit_code = report(error, &counts, uploads, upkeep.database);
  media_folder_close(upkeep.media_folder);
  database_close(upkeep.database);
  return exit_code;
}

int command_sweep(int argc, char **argv) {
  const char *config_path;
  int exit_code;
  if (!options_begin(&argc, argv, usage, &config_path, &exit_code)) {
    return exit_code;
  }
  bool full = false;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--full") != 0) {
      return options_refuse("sweep", argv[i], usage);
    }
    full = true;
  }
  struct settings *settings = options_load_settings(config_path);
  if (settings == NULL) {
    return COMMAND_FAILED;
  }
  exit_code = run_sweep(settings, full);
  settings_free(settings);
  return exit_code;
}
