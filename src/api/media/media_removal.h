/* SPDX-License-Identifier: ISC */
/* The deletion of a medium: its row, and the folder that belongs to it. */
#ifndef MEDIAGATE_API_MEDIA_MEDIA_REMOVAL_H
#define MEDIAGATE_API_MEDIA_MEDIA_REMOVAL_H

#include <stdint.h>

#include "api/call.h"
#include "store/media/media_store.h"

/* ERROR_NOT_FOUND: there is no such medium (and now no folder either). */
enum error media_removal_delete(struct call *call, int64_t media_id) MUST_CHECK;
/* The same under conditions (media_store_delete_if). ERROR_EXPIRED: they do not hold, and nothing is deleted. */
enum error media_removal_delete_if(struct call *call, int64_t media_id, const struct media_change *change) MUST_CHECK;

#endif
