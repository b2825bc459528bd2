/* SPDX-License-Identifier: ISC */
/* The fields of shared reports: what POST /reports sends, and what answers say of one. */
#ifndef MEDIAGATE_API_REPORTS_REPORT_FIELDS_H
#define MEDIAGATE_API_REPORTS_REPORT_FIELDS_H

#include <stdbool.h>

#include "api/call.h"
#include "store/analytics/report_store.h"

struct json_object;

/* All but the link's hash and the password's. *ret_password lives as long as the object; NULL: none is wanted. False:
 * the response has the answer (422, 503). */
bool report_fields_read(struct call *call, struct json_object *object, struct report *ret_report,
                        const char **ret_password) MUST_CHECK;
/* The members that whoever made it and its readers are told: title, medium, time, filter, end. */
void report_fields_append(struct text *body, const struct report *report);

#endif
