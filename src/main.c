/* SPDX-License-Identifier: ISC */
/*
 * Picks the command. Everything else is in src/command.
 */
#include "config.h"

#include "command/command.h"
#include "command/command_table.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

static void print_usage(FILE *stream) {
  fputs("mediagate: signed audio and video streams behind nginx\n\n"
        "usage: mediagate COMMAND [ARGUMENT …]   (each command answers --help)\n\n",
        stream);
  size_t count = 0;
  const struct command *commands = command_table(&count);
  for (size_t i = 0; i < count; i++) {
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
  size_t count = 0;
  const struct command *commands = command_table(&count);
  for (size_t i = 0; i < count; i++) {
    if (strcmp(argv[1], commands[i].name) == 0) {
      return commands[i].run(argc - 1, argv + 1);
    }
  }
  fprintf(stderr, "mediagate: no command %s; `mediagate --help` lists them\n", argv[1]);
  return COMMAND_USAGE;
}
