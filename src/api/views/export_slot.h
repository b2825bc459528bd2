/* SPDX-License-Identifier: ISC */
/* So many exports at once on this machine, whichever workers serve them: an export holds its worker. */
#ifndef MEDIAGATE_API_VIEWS_EXPORT_SLOT_H
#define MEDIAGATE_API_VIEWS_EXPORT_SLOT_H

#include "base/error.h"

/* ERROR_LIMITED: all `slots` are taken. *ret_fd is the slot; a worker that dies gives it back too. */
enum error export_slot_take(const char *run_dir, int slots, int *ret_fd) MUST_CHECK;
void export_slot_release(int fd);

#endif
