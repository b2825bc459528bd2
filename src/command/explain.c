/* SPDX-License-Identifier: ISC */
/*
 * `mediagate explain`: why a grant has the views that it has. The logs are read by the scanner and the rule that ingest
 * counts by, so what is said here is what is done there.
 */
#include "config.h"

#include "command/command.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "command/command_database.h"
#include "command/explain_print.h"
#include "command/options.h"
#include "ingest/view_rule.h"

#define GRANT_DIGITS 32

static const char usage[] =
    "usage: mediagate explain [--json] [--config FILE] GRANT\n\n"
    "Says of each delivery of a grant that the delivery logs in log_dir still hold (gzip or not) whether it counts, "
    "and\n"
    "why; then which views the database has of it, and whether both agree. GRANT is the grant_id of a view or of a\n"
    "stream URL.\n\n" OPTIONS_USAGE_CONFIG "  --json          one JSON object\n";

/* 32 hex digits, in lower case and without the hyphens that a UUID may have. */
static bool normalise_grant(const char *given, char ret_grant[GRANT_DIGITS + 1]) {
  size_t length = 0;
  for (; *given != '\0'; given++) {
    if (*given == '-') {
      continue;
    }
    if (!isxdigit((unsigned char)*given) || length == GRANT_DIGITS) {
      return false;
    }
    ret_grant[length++] = (char)tolower((unsigned char)*given);
  }
  ret_grant[length] = '\0';
  return length == GRANT_DIGITS;
}

/* The logs alone explain much, so a database that is away is told, and no more. */
static void read_views(const struct settings *settings, struct explanation *explanation) {
  struct database *database = command_database_connect(settings, true);
  if (database == NULL) {
    return;
  }
  enum error error =
      view_store_of_grant(database, explanation->grant_id, &explanation->views, &explanation->view_count);
  if (error != ERROR_NONE) {
    command_database_complain(database, "reading the views", error);
  }
  database_close(database);
}

static int explain_grant(const struct settings *settings, const char *grant_id, bool json) {
  struct explanation explanation = {.grant_id = grant_id, .log_dir = settings->log_dir};
  enum error error = grant_story_read(
      settings->log_dir, grant_id, view_rule_kept_since(clock_now_us(), settings->view_retention), &explanation.story);
  if (error != ERROR_NONE) {
    fprintf(stderr, "mediagate explain: %s: %s\n", settings->log_dir, error_strerror(error));
    return COMMAND_FAILED;
  }
  read_views(settings, &explanation);
  bool anything = explanation.story.count > 0 || explanation.story.rejected > 0 || explanation.view_count > 0;
  if (json) {
    explain_print_json(&explanation);
  } else if (anything) {
    explain_print_text(&explanation);
  } else {
    fprintf(stderr, "mediagate explain: neither the delivery logs in %s nor the database know the grant %s\n",
            settings->log_dir, grant_id);
  }
  grant_story_free(&explanation.story);
  free(explanation.views);
  return anything ? 0 : COMMAND_FAILED;
}

int command_explain(int argc, char **argv) {
  const char *config_path;
  const char *given = NULL;
  char grant_id[GRANT_DIGITS + 1];
  int exit_code;
  bool json = false;
  if (!options_begin(&argc, argv, usage, &config_path, &exit_code)) {
    return exit_code;
  }
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--json") == 0) {
      json = true;
    } else if (given == NULL && argv[i][0] != '-') {
      given = argv[i];
    } else {
      return options_refuse("explain", argv[i], usage);
    }
  }
  if (given == NULL) {
    return options_complain("explain", usage, "the grant is missing");
  }
  if (!normalise_grant(given, grant_id)) {
    fprintf(stderr, "mediagate explain: %s is no grant: 32 hex digits\n", given);
    return COMMAND_USAGE;
  }
  struct settings *settings = options_load_settings(config_path);
  if (settings == NULL) {
    return COMMAND_FAILED;
  }
  exit_code = explain_grant(settings, grant_id, json);
  settings_free(settings);
  return exit_code;
}
