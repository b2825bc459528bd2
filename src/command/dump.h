/* SPDX-License-Identifier: ISC */
/* pg_dump and pg_restore, run by the settings: of backup and restore. */
#ifndef MEDIAGATE_COMMAND_DUMP_H
#define MEDIAGATE_COMMAND_DUMP_H

#include <stdbool.h>

#include "config/settings.h"

/* Does `database` have a password, which the list of processes would show? Then it says what to do on stderr. */
bool dump_is_possible(const struct settings *settings);
/* A snapshot of the whole database in one file. False: it printed why not. */
bool dump_write(const struct settings *settings, const char *path);
/* All of it or nothing, into a database that is empty. */
bool dump_restore(const struct settings *settings, const char *path);

#endif
