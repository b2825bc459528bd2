/* SPDX-License-Identifier: ISC */
/*
 * The database of a process of this program: how it is opened by the settings, and whether its schema fits. A command
 * that a person runs gets errors on stderr, in words and with what to do; the others log.
 */
#ifndef MEDIAGATE_COMMAND_COMMAND_DATABASE_H
#define MEDIAGATE_COMMAND_COMMAND_DATABASE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"
#include "config/settings.h"
#include "store/engine/database.h"
#include "store/engine/migration.h"

/* Notes each connection string of the settings that libpq would refuse as a line of ret_problems; true when there is
 * none. */
bool command_database_check(const struct settings *settings, struct text *ret_problems) MUST_CHECK;

/* Without connecting: the first use connects. The settings say where; `options` has the rest, such as the application's
 * name. */
enum error command_database_open(const struct settings *settings, struct database_options options,
                                 struct database **ret_database) MUST_CHECK;
/* Asks for the schema's version. *ret_fits: this program can work on it; otherwise the log says why not and what to do.
 * Errors are those of the database, and not logged. */
enum error command_database_check_schema(struct database *database, bool *ret_fits) MUST_CHECK;

/* For a person: connected, without a statement timeout; NULL when that failed. With check_schema the schema must be one
 * that this program can work on. */
struct database *command_database_connect(const struct settings *settings, bool check_schema) MUST_CHECK;
/* "mediagate: ACTION failed: …" */
void command_database_complain(const struct database *database, const char *action, enum error error);
/* What to do about a schema that does not fit. */
const char *command_database_remedy(const struct migration_status *status);

#endif
