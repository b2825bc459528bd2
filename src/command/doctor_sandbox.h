/* SPDX-License-Identifier: ISC */
/* `mediagate doctor --sandbox`. Private to doctor.c. */
#ifndef MEDIAGATE_COMMAND_DOCTOR_SANDBOX_H
#define MEDIAGATE_COMMAND_DOCTOR_SANDBOX_H

#include "command/doctor_findings.h"

/* Closes a process up as each of serve's workers and each other service, and tries from inside what must fail and what
 * must work: a line each. */
void doctor_check_sandbox(struct doctor *doctor);

#endif
