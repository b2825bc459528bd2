/* SPDX-License-Identifier: ISC */
/* Media: register, list, read, change, delete. Their files are upload_api's and stream_api's. */
#ifndef MEDIAGATE_API_MEDIA_MEDIA_API_H
#define MEDIAGATE_API_MEDIA_MEDIA_API_H

#include "api/routes.h"

void media_api_create(struct call *call); /* POST /media/media */
void media_api_list(struct call *call);   /* GET /media/media */
void media_api_get(struct call *call);    /* GET /media/media/{id} */
void media_api_change(struct call *call); /* PATCH /media/media/{id} */
void media_api_delete(struct call *call); /* DELETE /media/media/{id} */

#endif
