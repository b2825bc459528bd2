/* SPDX-License-Identifier: ISC */
/* The body of an upload, piece by piece, with the worker's heartbeat. */
#ifndef MEDIAGATE_API_UPLOADS_UPLOAD_BODY_H
#define MEDIAGATE_API_UPLOADS_UPLOAD_BODY_H

#include <stddef.h>

#include "api/routes.h"

#define UPLOAD_BODY_BYTES ((size_t)256 * 1024) /* libfcgi gives 8 KiB at once: too little for a write each */

/* What has come, at most UPLOAD_BODY_BYTES: nothing is held back while the client is waited for. *ret_size 0 with
 * ERROR_NONE is the end; after an error too it says how many bytes came before it. ERROR_ABORTED: the body was cut.
 * ERROR_EXPIRED: this worker must go, since a drain's deadline has passed. */
enum error upload_body_read(struct call *call, char *chunk, size_t *ret_size) MUST_CHECK;
void upload_body_beat(const struct call *call);

#endif
