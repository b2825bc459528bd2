/* SPDX-License-Identifier: ISC */
/*
 * PUT /media/media/{id}/file: the raw body becomes the medium's file.
 */
#ifndef MEDIAGATE_API_UPLOADS_UPLOAD_API_H
#define MEDIAGATE_API_UPLOADS_UPLOAD_API_H

#include "api/routes.h"

/* 201 with the medium for its first file, 200 when one was replaced; 404, 413, 422 for what is not
 * audio or video of the medium's type, 503, 507. Whatever the answer but 200 and 201, nothing is
 * kept. */
void upload_api_put_file(struct call *call);

#endif
