/* SPDX-License-Identifier: ISC */
/* Is the process alive; can it serve? */
#ifndef MEDIAGATE_API_HEALTH_API_H
#define MEDIAGATE_API_HEALTH_API_H

#include "api/routes.h"

void health_api_live(struct call *call);  /* GET /livez */
void health_api_ready(struct call *call); /* GET /readyz */

#endif
