/* SPDX-License-Identifier: ISC */
/*
 * Readers of a shared report as callers: they have no account, only the report's link ("Bearer mgr_…"), or where it has
 * a password what POST /report/session gave for both ("Bearer mgs_…"). They reach the routes that are made for them,
 * and nothing else. A part of the guard.
 */
#ifndef MEDIAGATE_API_GUARD_REPORT_H
#define MEDIAGATE_API_GUARD_REPORT_H

#include <stdbool.h>

#include "api/call.h"
#include "api/guard.h"

/* Finds the report, and sets the call's report to point into `storage`. needs_password false: the link alone is enough,
 * as to say the password. False: the response has the answer (401, 429, 503). */
bool guard_report_admit(struct call *call, struct guard_identity *storage, bool needs_password) MUST_CHECK;

#endif
