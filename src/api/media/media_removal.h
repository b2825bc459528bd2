/* SPDX-License-Identifier: ISC */
/* The deletion of a medium: its row, and the folder that belongs to it. */
#ifndef MEDIAGATE_API_MEDIA_MEDIA_REMOVAL_H
#define MEDIAGATE_API_MEDIA_MEDIA_REMOVAL_H

#include <stdint.h>

#include "api/call.h"

/* ERROR_NOT_FOUND: there is no such medium (and now no folder either). */
enum error media_removal_delete(struct call *call, int64_t media_id) MUST_CHECK;

#endif
