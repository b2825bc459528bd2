/* SPDX-License-Identifier: ISC */
/* Views: reported by players whose bytes nginx does not serve, and listed. */
#ifndef MEDIAGATE_API_VIEWS_VIEW_API_H
#define MEDIAGATE_API_VIEWS_VIEW_API_H

#include "api/routes.h"

void view_api_report(struct call *call); /* POST /media/media/{id}/view */
void view_api_list(struct call *call);   /* GET /media/media/{id}/views */

#endif
