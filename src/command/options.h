/* SPDX-License-Identifier: ISC */
/*
 * What every command does with its arguments first: answer --help, take --config FILE out of them, read the settings.
 *
 *   const char *config_path;
 *   int exit_code;
 *   if (!options_begin(&argc, argv, usage, &config_path, &exit_code)) {
 *     return exit_code;
 *   }
 *   struct settings *settings = options_load_settings(config_path);
 *   if (settings == NULL) {
 *     return COMMAND_FAILED;
 *   }
 */
#ifndef MEDIAGATE_COMMAND_OPTIONS_H
#define MEDIAGATE_COMMAND_OPTIONS_H

#include <stdbool.h>

#include "config/settings.h"

/* The line about --config that each usage text contains. */
#define OPTIONS_USAGE_CONFIG                                                                                           \
  "  --config FILE   settings to use (default: $MEDIAGATE_CONFIG, else " MEDIAGATE_SYSCONF_DIR "/mediagate.conf)\n"

/* Removes --config FILE (or --config=FILE) from the arguments. False when the command is done already: --help printed
 * `usage` to stdout (*ret_exit_code 0), or --config lacks its value (COMMAND_USAGE). Arguments after "--" are left
 * alone. *ret_config_path lives as long as argv and the environment. */
bool options_begin(int *argc, char **argv, const char *usage, const char **ret_config_path,
                   int *ret_exit_code) MUST_CHECK;
/* Prints `usage` to stderr after a message about an argument that the command does not know. Returns COMMAND_USAGE. */
int options_refuse(const char *command, const char *argument, const char *usage);
/* The same for what is missing or wrong, which `format` says: "mediagate keys retire: name --stream or --access with a
 * key id" and `usage`. Returns COMMAND_USAGE. */
int options_complain(const char *command, const char *usage, const char *format, ...) PRINTF_LIKE(3, 4);
/* Reads the settings and configures the log by them. NULL when there are problems, which it prints to stderr. */
struct settings *options_load_settings(const char *config_path) MUST_CHECK;

#endif
