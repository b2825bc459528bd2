/* SPDX-License-Identifier: ISC */
/* What answers of resumable uploads have in common. */
#ifndef MEDIAGATE_API_UPLOADS_TUS_ANSWERS_H
#define MEDIAGATE_API_UPLOADS_TUS_ANSWERS_H

#include <stdint.h>

#include "api/call.h"
#include "api/uploads/tus_upload.h"

void tus_answer_number(struct call *call, const char *name, int64_t number);
/* What every answer about an upload says. */
void tus_answer_state(struct call *call, const struct upload_row *row);
/* 413: more than the settings, or the upload's URL, permit. */
void tus_answer_too_large(struct call *call, const struct upload_row *row);
/* The answer to bytes that could not be taken, or not all of them. */
void tus_answer_cut(struct call *call, const struct tus_upload *upload, enum error error);

#endif
