/* SPDX-License-Identifier: ISC */
/* Packages (HLS and DASH) of media: asked for and removed. `mediagate package` makes them. */
#ifndef MEDIAGATE_API_MEDIA_PACKAGE_API_H
#define MEDIAGATE_API_MEDIA_PACKAGE_API_H

#include "api/routes.h"

void package_api_request(struct call *call); /* POST /media/media/{id}/package */
void package_api_remove(struct call *call);  /* DELETE /media/media/{id}/package */

#endif
