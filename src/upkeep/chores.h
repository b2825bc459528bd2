/* SPDX-License-Identifier: ISC */
/*
 * Chores: all that is due at intervals, or is deleted when its time is over. chores.c has the table. Serve's
 * housekeeping process and `mediagate ingest` run it, each its own rows. Every chore may be repeated, and be done by
 * several nodes at once.
 */
#ifndef MEDIAGATE_UPKEEP_CHORES_H
#define MEDIAGATE_UPKEEP_CHORES_H

#include "base/error.h"
#include "upkeep/upkeep.h"

enum chores_process { CHORES_OF_SERVE, CHORES_OF_INGEST };

/* What the process has done before it does its chores. A chore names the least that it needs. */
enum chores_moment {
  CHORES_BUSY,      /* in the middle of a backlog */
  CHORES_PAUSED,    /* between two runs, whether the last one failed or not */
  CHORES_CAUGHT_UP, /* all that there was is done */
};

struct chores;

/* upkeep must outlive it. All chores are due at the start. ERROR_MEMORY. */
enum error chores_new(struct upkeep *upkeep, enum chores_process process, struct chores **ret_chores) MUST_CHECK;
void chores_free(struct chores *chores);
/* Does what is due and may be done at this moment. Call it about every second. Logs when a chore begins to fail and
 * when it works again; one that failed is due again within 10 seconds. */
void chores_run_due(struct chores *chores, enum chores_moment moment);

#endif
