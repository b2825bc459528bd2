/* SPDX-License-Identifier: ISC */
/*
 * The program of the next version, as far as migrations go: it wants a schema with one migration more. Linked before
 * the library, it takes the place of src/store/engine/migration.c, which it otherwise is.
 */
#include "config.h"

#include "store/engine/migration.h"

enum { NEXT_VERSION = MIGRATION_PROGRAM_VERSION + 1 };
#undef MIGRATION_PROGRAM_VERSION
#define MIGRATION_PROGRAM_VERSION NEXT_VERSION
#include "store/engine/migration.c" /* NOLINT(bugprone-suspicious-include) */
