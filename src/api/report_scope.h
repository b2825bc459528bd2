/* SPDX-License-Identifier: ISC */
/*
 * What a reader of a shared report may ask: no more than the report shows. The report's filter is put into the query,
 * so that what answers accounts answers readers. A reader's own parameters narrow it; one that would leave it is a
 * field error.
 */
#ifndef MEDIAGATE_API_REPORT_SCOPE_H
#define MEDIAGATE_API_REPORT_SCOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "api/call.h"
#include "base/error.h"

/* Puts the report's filter, time zone and robots into the query, which was parsed for this call. Notes what would leave
 * the report. ERROR_MEMORY. */
enum error report_scope_fill(struct call *call, struct query *query) MUST_CHECK;
/* Cuts a time, of which 0 is an open bound, to that of the report. False: nothing is left of it. */
bool report_scope_cut(const struct report *report, int64_t *from_us, int64_t *to_us) MUST_CHECK;

#endif
