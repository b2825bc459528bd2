/* SPDX-License-Identifier: ISC */
/*
 * Housekeeping of serve, in a process of its own: forgets expired sessions and revocations, keeps revoked/ as the rows
 * say, sweeps files that no row stands for. Everything may be repeated, and be done by several nodes at once.
 */
#ifndef MEDIAGATE_UPKEEP_HOUSEKEEPING_H
#define MEDIAGATE_UPKEEP_HOUSEKEEPING_H

#include "api/app.h"
#include "base/error.h"

struct housekeeping;

/* The app must outlive it and have a database and a media folder. */
enum error housekeeping_new(struct app *app, struct housekeeping **ret_housekeeping) MUST_CHECK;
void housekeeping_free(struct housekeeping *housekeeping);
/* To be called about every second; does what is due. */
void housekeeping_tick(struct housekeeping *housekeeping);

#endif
