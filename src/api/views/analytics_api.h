/* SPDX-License-Identifier: ISC */
/* Handlers: what views add up to. Rows are export_api's. */
#ifndef MEDIAGATE_API_VIEWS_ANALYTICS_API_H
#define MEDIAGATE_API_VIEWS_ANALYTICS_API_H

#include "api/routes.h"

void analytics_api_media(struct call *call);    /* GET /media/media/{id}/analytics */
void analytics_api_overview(struct call *call); /* GET /analytics/overview */
void analytics_api_top(struct call *call);      /* GET /analytics/top */
void analytics_api_live(struct call *call);     /* GET /analytics/live */

#endif
