/* SPDX-License-Identifier: ISC */
/* Files, keys, sockets, nginx's includes, programs: what this machine says. */
#ifndef MEDIAGATE_COMMAND_DOCTOR_MACHINE_H
#define MEDIAGATE_COMMAND_DOCTOR_MACHINE_H

#include "command/doctor_findings.h"

void doctor_check_machine(struct doctor *doctor);

#endif
