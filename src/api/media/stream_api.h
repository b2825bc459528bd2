/* SPDX-License-Identifier: ISC */
/* Streams: signed URLs, their revocation, and where nginx finds the file of a remote medium. */
#ifndef MEDIAGATE_API_MEDIA_STREAM_API_H
#define MEDIAGATE_API_MEDIA_STREAM_API_H

#include "api/routes.h"

void stream_api_issue(struct call *call);  /* GET /media/media/{id}/stream-url */
void stream_api_revoke(struct call *call); /* DELETE /media/grants/{grant_id} */
void stream_api_origin(struct call *call); /* GET /internal/origin: asked by nginx only */

#endif
