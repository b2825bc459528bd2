/* SPDX-License-Identifier: ISC */
/* Handler: all views of a time as rows. */
#ifndef MEDIAGATE_API_VIEWS_EXPORT_API_H
#define MEDIAGATE_API_VIEWS_EXPORT_API_H

#include "api/routes.h"

void export_api_views(struct call *call); /* GET /analytics/export */

#endif
