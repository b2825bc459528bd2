/* SPDX-License-Identifier: ISC */
/*
 * The options that all commands share. A command's own options are parsed in its own file.
 */
#include "config.h"

#include "command/options.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "command/command.h"
#include "command/command_database.h"
#include "config/settings_load.h"

/* settings_table.h lists the words in the order of the log's enums. */
_Static_assert(LOG_LEVEL_ERROR == 0 && LOG_LEVEL_WARNING == 1 && LOG_LEVEL_INFO == 2 && LOG_LEVEL_DEBUG == 3,
               "log_level's choices");
_Static_assert(LOG_FORMAT_AUTO == 0 && LOG_FORMAT_JSON == 1 && LOG_FORMAT_TEXT == 2, "log_format's choices");

static const char *default_config_path(void) {
  const char *path = getenv("MEDIAGATE_CONFIG");

  return path == NULL || path[0] == '\0' ? MEDIAGATE_SYSCONF_DIR "/mediagate.conf" : path;
}

/* Takes `count` arguments at `at` out of argv. */
static void remove_arguments(int *argc, char **argv, int at, int count) {
  memmove(&argv[at], &argv[at + count], sizeof(*argv) * (size_t)(*argc - at - count + 1));
  *argc -= count;
}

bool options_begin(int *argc, char **argv, const char *usage, const char **ret_config_path, int *ret_exit_code) {
  const char *path = default_config_path();

  for (int i = 1; i < *argc && strcmp(argv[i], "--") != 0;) {
    if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
      fputs(usage, stdout);
      *ret_exit_code = 0;
      return false;
    }
    if (strncmp(argv[i], "--config=", 9) == 0) {
      path = argv[i] + 9;
      remove_arguments(argc, argv, i, 1);
    } else if (strcmp(argv[i], "--config") == 0) {
      if (i + 1 >= *argc) {
        fprintf(stderr, "mediagate %s: --config needs a file\n", argv[0]);
        *ret_exit_code = COMMAND_USAGE;
        return false;
      }
      path = argv[i + 1];
      remove_arguments(argc, argv, i, 2);
    } else {
      i++;
    }
  }
  *ret_config_path = path;
  return true;
}

int options_refuse(const char *command, const char *argument, const char *usage) {
  return options_complain(command, usage, "%s is no argument of this command", argument);
}

int options_complain(const char *command, const char *usage, const char *format, ...) {
  va_list arguments;

  fprintf(stderr, "mediagate %s: ", command);
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fprintf(stderr, "\n\n%s", usage);
  return COMMAND_USAGE;
}

struct settings *options_load_settings(const char *config_path) {
  struct settings *settings = NULL;
  struct text problems = {0};
  enum error error = settings_load(config_path, &settings, &problems);

  if (error != ERROR_NONE || !command_database_check(settings, &problems)) {
    fputs(problems.length > 0 ? problems.data : "mediagate: memory is out\n", stderr);
    settings_free(settings);
    text_free(&problems);
    return NULL;
  }
  text_free(&problems);
  log_configure((enum log_level)settings->log_level, (enum log_format)settings->log_format);
  return settings;
}
