/* SPDX-License-Identifier: ISC */
/* Questions about many views: totals, days, intervals. */
#ifndef MEDIAGATE_API_ANALYTICS_API_H
#define MEDIAGATE_API_ANALYTICS_API_H

#include "api/routes.h"

void analytics_api_media(struct call *call); /* GET /media/media/{id}/analytics */

#endif
