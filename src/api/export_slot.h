/* SPDX-License-Identifier: ISC */
/*
 * How many exports run at once on this machine, whichever workers serve them: an export holds its worker as long as the
 * client reads. Half of the api workers may.
 */
#ifndef MEDIAGATE_API_EXPORT_SLOT_H
#define MEDIAGATE_API_EXPORT_SLOT_H

#include <stdbool.h>

#include "api/call.h"

/* False: the response has the 429 or 503. A worker that dies gives its slot back too. */
bool export_slot_take(struct call *call, int *ret_slot) MUST_CHECK;
void export_slot_release(int slot);

#endif
