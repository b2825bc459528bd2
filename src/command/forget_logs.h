/* SPDX-License-Identifier: ISC */
/* The part of `mediagate views forget` that is about the delivery logs of this machine: those that hold the person are
 * deleted once they are counted. */
#ifndef MEDIAGATE_COMMAND_FORGET_LOGS_H
#define MEDIAGATE_COMMAND_FORGET_LOGS_H

#include <stdbool.h>

#include "base/error.h"
#include "config/settings.h"
#include "store/engine/database.h"

/* Prints what was deleted, and what could not be and why. `needles` are texts that only the person's lines hold, NULL
 * at the end. *ret_all: nothing of the person is left in any log here. */
enum error forget_logs(const struct settings *settings, struct database *database, const char *const *needles,
                       bool *ret_all) MUST_CHECK;

#endif
