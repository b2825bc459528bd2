/* SPDX-License-Identifier: ISC */
/*
 * Small uploads that are kept in one piece: subtitles and chapters as WebVTT, images.
 */
#ifndef MEDIAGATE_API_MEDIA_TEXT_UPLOAD_H
#define MEDIAGATE_API_MEDIA_TEXT_UPLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "api/call.h"
#include "base/text.h"
#include "domain/medium.h"
#include "files/subtitles.h"

/* The body as WebVTT. False: the response has the answer. */
bool text_upload_read(struct call *call, struct text *ret_vtt, struct subtitles_result *ret_result);
/* Stores it below media/<id>/ under a new name. ERROR_NOT_FOUND: no such medium. */
enum error text_upload_place(struct call *call, int64_t media_id, const struct text *content, const char *extension,
                             char ret_stored_name[MEDIUM_STORED_NAME_SIZE]) MUST_CHECK;
/* After the row's commit, which ended with `error`: keeps the new file and notes the old one, or takes the new one
 * away. Returns `error`. */
enum error text_upload_settle(struct call *call, int64_t media_id, enum error error, const char *stored_name,
                              const char *old_name) MUST_CHECK;

#endif
