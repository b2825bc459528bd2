/* SPDX-License-Identifier: ISC */
/* The server, its schema, clocks, and what the other processes told it of themselves. */
#ifndef MEDIAGATE_COMMAND_DOCTOR_DATABASE_H
#define MEDIAGATE_COMMAND_DOCTOR_DATABASE_H

#include "command/doctor_findings.h"

void doctor_check_database(struct doctor *doctor);

#endif
