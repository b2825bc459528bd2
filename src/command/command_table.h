/* SPDX-License-Identifier: ISC */
/* Every command once: the program, its help, the completions of shells are made of this table. */
#ifndef MEDIAGATE_COMMAND_COMMAND_TABLE_H
#define MEDIAGATE_COMMAND_COMMAND_TABLE_H

#include <stddef.h>

struct command {
  const char *name;
  int (*run)(int argc, char **argv);
  const char *words; /* what may follow the name, with blanks between; "" for options alone */
  const char *help;
};

const struct command *command_table(size_t *ret_count);

#endif
