/* SPDX-License-Identifier: ISC */
/* `library:` files: links one into a medium's folder, looks into it, and makes it the medium's
 * file. */
#ifndef MEDIAGATE_API_MEDIA_LIBRARY_FILE_H
#define MEDIAGATE_API_MEDIA_LIBRARY_FILE_H

#include <stdbool.h>

#include "api/media/media_fields.h"
#include "api/call.h"

/* fields->file_url is a library: URL; `condition` has what precondition_check set, nothing else of it is read. Nothing
 * is left behind on failure. False: the response has the answer (404, 422, 503 …). */
bool library_file_attach(struct call *call, int64_t media_id, const struct media_fields *fields,
                         const struct media_change *condition, struct media *ret_media) MUST_CHECK;

#endif
