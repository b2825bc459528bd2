/* SPDX-License-Identifier: ISC */
/*
 * `mediagate doctor`: looks at everything that can be wrong, and says what to do about each.
 */
#include "config.h"

#include "command/command.h"

#include <stdio.h>
#include <string.h>

#include "command/doctor_database.h"
#include "command/doctor_findings.h"
#include "command/doctor_machine.h"
#include "command/doctor_sandbox.h"
#include "command/nginx_files.h"
#include "command/options.h"

#define NGINX_DIR MEDIAGATE_SYSCONF_DIR "/nginx"

static const char usage[] =
    "usage: mediagate doctor [--config FILE] [--quiet] [--sandbox | [--nginx-dir DIR] [--ca-file FILE]]\n\n"
    "Looks at folders, keys, sockets, nginx's includes, the sandbox, the database, clocks and "
    "the other processes, a line\n"
    "each, with its remedy. Run it as the service's account. The exit status is 1 when "
    "something is wrong; a warning is\n"
    "no error.\n\n"
    "  --quiet          say only what is wrong or may become so, for cron\n"
    "  --sandbox        prove instead that serve's workers and the other services, closed up as "
    "they are, cannot do\n"
    "                   what they need not, and can do the rest\n"
    "  --nginx-dir DIR  where nginx-config wrote its files (default: " NGINX_DIR ")\n"
    "  --ca-file FILE   as it was given to nginx-config\n" OPTIONS_USAGE_CONFIG;

/* "--name VALUE"; true when it was that. A missing value is "". */
static bool take(int argc, char **argv, int *index, const char *name, const char **ret_value) {
  if (strcmp(argv[*index], name) != 0) {
    return false;
  }
  *index += 1;
  *ret_value = *index < argc ? argv[*index] : "";
  return true;
}

int command_doctor(int argc, char **argv) {
  const char *config_path;
  int exit_code;
  bool sandbox = false;
  struct doctor doctor = {.nginx_dir = NGINX_DIR, .ca_file = NGINX_FILES_CA_FILE};
  if (!options_begin(&argc, argv, usage, &config_path, &exit_code)) {
    return exit_code;
  }
  for (int i = 1; i < argc; i++) {
    const char *argument = argv[i];
    if (strcmp(argument, "--quiet") == 0) {
      doctor.quiet = true;
    } else if (strcmp(argument, "--sandbox") == 0) {
      sandbox = true;
    } else if (!take(argc, argv, &i, "--nginx-dir", &doctor.nginx_dir) &&
               !take(argc, argv, &i, "--ca-file", &doctor.ca_file)) {
      return options_refuse("doctor", argument, usage);
    }
  }
  struct settings *settings = options_load_settings(config_path);
  if (settings == NULL) {
    return COMMAND_FAILED; /* it printed what is wrong with them */
  }
  doctor.settings = settings;
  doctor_good(&doctor, "settings", "%s is good", config_path);
  if (sandbox) {
    doctor_check_sandbox(&doctor);
  } else {
    doctor_check_machine(&doctor);
    doctor_check_database(&doctor);
  }
  if (!doctor.quiet) {
    printf("%zu wrong, %zu warnings\n", doctor.wrong, doctor.warnings);
  }
  settings_free(settings);
  return fflush(stdout) == 0 && doctor.wrong == 0 ? 0 : COMMAND_FAILED;
}
