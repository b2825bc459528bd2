/* SPDX-License-Identifier: ISC */
/* PUT and DELETE /media/media/{id}/subtitles/{lang}. */
#ifndef MEDIAGATE_API_MEDIA_SUBTITLE_API_H
#define MEDIAGATE_API_MEDIA_SUBTITLE_API_H

#include "api/routes.h"

void subtitle_api_put(struct call *call);
void subtitle_api_remove(struct call *call);

#endif
