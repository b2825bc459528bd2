/* SPDX-License-Identifier: ISC */
/* The fields of a medium that are the caller's own: description, tags, external_id, metadata. */
#ifndef MEDIAGATE_API_MEDIA_MEDIA_OWN_FIELDS_H
#define MEDIAGATE_API_MEDIA_MEDIA_OWN_FIELDS_H

#include "api/media/media_fields.h"

/* Reads those that are there, and notes what is wrong with them. ERROR_MEMORY. */
enum error media_own_fields_read(struct json_object *object, struct response *response,
                                 struct media_fields *fields) MUST_CHECK;

#endif
