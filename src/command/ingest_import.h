/* SPDX-License-Identifier: ISC */
/* `mediagate ingest --import`: counts logs that are given by hand, for a person at a terminal. */
#ifndef MEDIAGATE_COMMAND_INGEST_IMPORT_H
#define MEDIAGATE_COMMAND_INGEST_IMPORT_H

#include <signal.h>

#include "config/settings.h"

/* Returns the exit code. Goes on after a file that fails; stops between two batches when *stop is set. */
int ingest_import(const struct settings *settings, const char *rejects_path, char *const files[], int file_count,
                  const volatile sig_atomic_t *stop) MUST_CHECK;

#endif
