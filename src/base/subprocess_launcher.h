/* SPDX-License-Identifier: ISC */
/*
 * How subprocess.c asks the launcher of subprocess.h. Private to it.
 */
#ifndef MEDIAGATE_BASE_SUBPROCESS_LAUNCHER_H
#define MEDIAGATE_BASE_SUBPROCESS_LAUNCHER_H

#include <stdbool.h>

#include "base/subprocess_child.h"

/* Was one started in this process? */
bool subprocess_launcher_is_on(void);
/* Asks for a child: its argv, its limits and its descriptors go over; environment and data are the launcher's own.
 * ERROR_UNAVAILABLE: it is gone. ERROR_TOO_LARGE: more arguments than a request may have. */
enum error subprocess_launcher_ask(const struct subprocess_child *child) MUST_CHECK;
void subprocess_launcher_note_cpu(int64_t cpu_us);

#endif
