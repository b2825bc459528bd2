/* SPDX-License-Identifier: ISC */
/*
 * The crew: all worker processes of the supervisor, forked, counted, watched, retired and reaped. Private to the
 * supervisor, which says when.
 */
#ifndef MEDIAGATE_PROCESS_CREW_H
#define MEDIAGATE_PROCESS_CREW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "process/supervisor.h"

struct crew;

/* The crew forks by this plan, which it copies. listen_fds are those of the plan's pools, -1 for none; signal_fd is
 * closed in children. */
enum error crew_new(const struct supervisor_plan *plan, const int *listen_fds, int signal_fd,
                    struct crew **ret_crew) MUST_CHECK;
void crew_free(struct crew *crew);
/* From now on workers are forked by this plan, and those of the old one are replaced. */
void crew_set_plan(struct crew *crew, const struct supervisor_plan *plan);

/* One step towards the plan: forks what is missing, tells old workers to stop once their replacements are idle. */
void crew_balance(struct crew *crew);
/* Kills workers whose heart stopped beating, and retired ones that are past their deadline. */
void crew_watch(struct crew *crew);
/* Tells the metrics how many workers are in which state. */
void crew_measure(const struct crew *crew);
/* Reaps the dead and logs each; returns how many died by themselves. */
size_t crew_reap(struct crew *crew);
/* Every worker shall stop by the drain deadline. With `by_signal` those of a pool are told by SIGTERM; otherwise they
 * notice that their socket was shut down. */
void crew_retire_pool(struct crew *crew, size_t pool, bool by_signal);
void crew_kill(struct crew *crew);

size_t crew_size(const struct crew *crew);
/* All workers of the current plan are up and none of an older one is left. */
bool crew_is_settled(const struct crew *crew);

#endif
