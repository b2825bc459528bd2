/* SPDX-License-Identifier: ISC */
/* What is counted of views, of one medium or of all. */
#ifndef MEDIAGATE_STORE_ANALYTICS_VIEW_ANALYTICS_H
#define MEDIAGATE_STORE_ANALYTICS_VIEW_ANALYTICS_H

#include "base/error.h"
#include "store/analytics/view_totals.h"
#include "store/engine/database.h"

/* ERROR_NOT_FOUND: no such medium. ERROR_INVALID: not a time zone that PostgreSQL knows. ERROR_TOO_LARGE: more than
 * 10,000 steps. Tops are of a medium only. A bound that is not on a quarter hour is rounded down where the views
 * themselves are not kept any more. */
enum error view_analytics(struct database *database, const struct view_question *question,
                          struct view_totals *ret_totals) MUST_CHECK;

#endif
