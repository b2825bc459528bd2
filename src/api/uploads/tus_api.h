/* SPDX-License-Identifier: ISC */
/*
 * Resumable uploads, tus 1.0.0, at /uploads/: core, creation, creation-with-upload, creation-defer-length, checksum,
 * expiration, termination.
 */
#ifndef MEDIAGATE_API_UPLOADS_TUS_API_H
#define MEDIAGATE_API_UPLOADS_TUS_API_H

#include "api/routes.h"

void tus_api_discover(struct call *call); /* OPTIONS: 204 with what is spoken here */
void tus_api_create(struct call *call);   /* 201 with Location; with a body as much of it as could be kept */
void tus_api_tell(struct call *call);     /* HEAD: 200 with Upload-Offset, and Media-Location when it is complete */
void tus_api_append(struct call *call);   /* PATCH: 204 with Upload-Offset, and Media-Location after the last byte */
void tus_api_terminate(struct call *call);

#endif
