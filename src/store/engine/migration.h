/* SPDX-License-Identifier: ISC */
/* Numbered migrations from a folder (0001_name.sql …), one transaction each, safe to run twice and by two at once. */
#ifndef MEDIAGATE_STORE_ENGINE_MIGRATION_H
#define MEDIAGATE_STORE_ENGINE_MIGRATION_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"
#include "store/engine/database.h"

/* The newest migration this program was built with, and so the schema that it writes. */
#define MIGRATION_PROGRAM_VERSION 1

struct migration_status {
  int version;        /* of the database; 0: empty */
  int oldest_program; /* the oldest MIGRATION_PROGRAM_VERSION that can live with this schema */
};

enum error migration_status_read(struct database *database, struct migration_status *ret_status) MUST_CHECK;
/* True when this program can work on that schema: it has all that we need, and does not exclude us. */
bool migration_is_compatible(const struct migration_status *status);
/* Applies what is missing, under an advisory lock. A line a step in ret_report. */
enum error migration_apply(struct database *database, const char *folder, struct text *ret_report) MUST_CHECK;

#endif
