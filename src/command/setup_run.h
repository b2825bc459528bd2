/* SPDX-License-Identifier: ISC */
/* The tools that `mediagate setup` runs, each as the account that may do that. */
#ifndef MEDIAGATE_COMMAND_SETUP_RUN_H
#define MEDIAGATE_COMMAND_SETUP_RUN_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

#define SETUP_RUN_ARGUMENTS 32 /* most of a tool, with its name and the NULL */

/* Runs a tool and prints what it says. account NULL: as we are; only root becomes somebody else. stdin_fd -1: nothing
 * to read. False, after a message, when it does not end with 0. */
bool setup_run(const char *account, int stdin_fd, const char *const argv[]) MUST_CHECK;
/* The same, but its standard output goes to ret_output. */
bool setup_read(const char *account, const char *const argv[], struct text *ret_output) MUST_CHECK;
/* The same without a word; is it so? */
bool setup_try(const char *account, const char *const argv[]) MUST_CHECK;

#endif
