/* SPDX-License-Identifier: ISC */
/*
 * The supervisor: owns the sockets, keeps every pool at its size, watches the heartbeats, replaces workers without
 * losing a request, drains and stops. Knows nothing of what the workers do.
 *
 * Signals: SIGTERM and SIGINT drain and stop (a second one: at once). SIGHUP asks `reload` for a new plan and replaces
 * all workers: the replacement is forked, and once it is idle an old one is told to stop. A worker that dies is
 * replaced; one without a heartbeat is killed. Workers die with the supervisor (PR_SET_PDEATHSIG), so none outlives it.
 */
#ifndef MEDIAGATE_PROCESS_SUPERVISOR_H
#define MEDIAGATE_PROCESS_SUPERVISOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "process/metric_board.h"
#include "process/worker.h"

#define SUPERVISOR_MAX_POOLS   8
#define SUPERVISOR_MAX_WORKERS 4096 /* of all pools, those being replaced included */

/* A worker that does not beat so long in these states is killed. */
#define SUPERVISOR_STARTING_DEADLINE_MS 30000
#define SUPERVISOR_IDLE_DEADLINE_MS     10000
/* A worker past its drain deadline may end its requests cleanly this long before it is killed. */
#define SUPERVISOR_OVERDUE_GRACE_MS 2000

enum pool_kind {
  POOL_ACCEPTING,   /* worker_run */
  POOL_MULTIPLEXED, /* multiplexer_run */
  POOL_TICKING,     /* ticker_run: no socket */
};

struct pool_plan {
  const char *name; /* "fast", "auth", …; static storage */
  enum pool_kind kind;
  char socket_path[108]; /* bound with mode 0660 unless inherited; "" for POOL_TICKING */
  int inherited_fd;      /* from systemd, else -1 */
  size_t workers;
  int nice;
  int64_t serving_deadline_ms; /* in SERVING without a heartbeat: SIGKILL */
};

struct supervisor_plan {
  struct pool_plan pools[SUPERVISOR_MAX_POOLS];
  size_t pool_count;
  size_t restart_limit;
  int64_t restart_window_ms;
  int64_t drain_deadline_ms;
  struct metric_board *board;        /* with a slot for each of SUPERVISOR_MAX_WORKERS; NULL: nothing is counted */
  struct worker_callbacks callbacks; /* the context is that of these settings */
};

struct supervisor_hooks {
  /* Called on SIGHUP: parse everything, then return the new plan (the same pools, kinds and sizes may differ), or an
   * error to keep what runs (the callee logs why). Children that run on the old context have their own copy of it, so
   * the callee may free it as soon as it returned ERROR_NONE. */
  enum error (*reload)(void *context, struct supervisor_plan *ret_plan);
  /* All workers of the plan have been idle once: after the start, and after each reload. */
  void (*ready)(void *context);
  /* About to drain and stop. */
  void (*stopping)(void *context);
  void *context;
};

/* Holds back the signals above until supervisor_run reads them: to be called before anybody can know our pid. */
void supervisor_hold_signals(void);

/* Returns when all workers are gone. ERROR_NONE after SIGTERM; ERROR_LIMITED when workers kept dying; else the sockets
 * could not be had (logged). */
enum error supervisor_run(const struct supervisor_plan *plan, const struct supervisor_hooks *hooks) MUST_CHECK;

#endif
