/* SPDX-License-Identifier: ISC */
/*
 * Picks the command. Everything else is in src/command.
 */
#include "config.h"

#include "command/command.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

static const struct {
  const char *name;
  int (*run)(int argc, char **argv);
  const char *help;
} commands[] = {
    {"setup", command_setup, "make a fresh installation ready: settings, keys, database, owner, nginx"},
    {"migrate", command_migrate, "bring the database's schema up to date, or say where it stands"},
    {"admin", command_admin, "make, list and disable accounts; invite; revoke grants"},
    {"serve", command_serve, "run the workers behind nginx"},
    {"ingest", command_ingest, "count views from nginx's delivery log"},
    {"explain", command_explain, "say why a grant has the views that it has"},
    {"notify", command_notify, "tell webhooks of events"},
    {"package", command_package, "make HLS and DASH packages of media"},
    {"backup", command_backup, "copy database, media and keys, while everything runs"},
    {"restore", command_restore, "bring a backup back"},
    {"doctor", command_doctor, "say what is wrong on this machine, and what to do"},
    {"metrics", command_metrics, "print what this machine's background processes counted"},
    {"routes", command_routes, "print the table of routes"},
    {"nginx-config", command_nginx_config, "write what nginx must know of the settings"},
    {"check-config", command_check_config, "check the settings, print them or a sample file"},
    {"keys", command_keys, "make, list, rotate and retire the signing keys"},
    {"sweep", command_sweep, "remove files that no medium stands for"},
    {"views", command_views, "erase a person from views and delivery logs"},
    {NULL, NULL, NULL},
};

static void print_usage(FILE *stream) {
  fputs("mediagate: signed audio and video streams behind nginx\n\n"
        "usage: mediagate COMMAND [ARGUMENT …]   (each command answers --help)\n\n",
        stream);
  for (size_t i = 0; commands[i].name != NULL; i++) {
    fprintf(stream, "  %-14s %s\n", commands[i].name, commands[i].help);
  }
}

int main(int argc, char **argv) {
  /* Keys and passwords are in our memory: no core file, and no look into /proc from other processes of our account. */
  (void)prctl(PR_SET_DUMPABLE, 0);
  if (argc < 2) {
    print_usage(stderr);
    return COMMAND_USAGE;
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
    print_usage(stdout);
    return 0;
  }
  if (strcmp(argv[1], "--version") == 0) {
    puts(PACKAGE_STRING);
    return 0;
  }
  for (size_t i = 0; commands[i].name != NULL; i++) {
    if (strcmp(argv[1], commands[i].name) == 0) {
      return commands[i].run(argc - 1, argv + 1);
    }
  }
  fprintf(stderr, "mediagate: no command %s; `mediagate --help` lists them\n", argv[1]);
  return COMMAND_USAGE;
}
