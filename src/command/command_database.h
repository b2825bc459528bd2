/* SPDX-License-Identifier: ISC */
/*
 * The database of a command that a person runs: errors go to stderr, in words and with what to do.
 */
#ifndef MEDIAGATE_COMMAND_COMMAND_DATABASE_H
#define MEDIAGATE_COMMAND_COMMAND_DATABASE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"
#include "config/settings.h"
#include "store/engine/database.h"

/* Connected, without a statement timeout; NULL when that failed. With check_schema the schema must be one that this
 * program can work on. */
struct database *command_database_open(const struct settings *settings, bool check_schema) MUST_CHECK;
/* Notes each connection string of the settings that libpq would refuse as a line of ret_problems; true when there is
 * none. */
bool command_database_check(const struct settings *settings, struct text *ret_problems) MUST_CHECK;
/* "mediagate: ACTION failed: …" */
void command_database_complain(const struct database *database, const char *action, enum error error);

#endif
