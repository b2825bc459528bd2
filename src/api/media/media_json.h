/* SPDX-License-Identifier: ISC */
/*
 * A medium as JSON, the same wherever one is answered: a member for every fact, null where it is
 * not known.
 */
#ifndef MEDIAGATE_API_MEDIA_MEDIA_JSON_H
#define MEDIAGATE_API_MEDIA_MEDIA_JSON_H

#include "api/call.h"
#include "base/text.h"
#include "http/response.h"
#include "store/media/media_store.h"

/* Appends the object `{"id": …}`. */
void media_json_append(struct text *text, const struct media *media);
/* The whole answer: this status with the medium as its body. */
void media_json_respond(struct response *response, int status, const struct media *media);
/* The same for the medium of this id, as its row is now; 404 when there is none. */
void media_json_answer(struct call *call, int status, int64_t id);

#endif
