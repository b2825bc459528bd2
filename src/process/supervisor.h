/* SPDX-License-Identifier: ISC */
/*
 * The supervisor: owns the sockets, keeps every pool at its size, watches the heartbeats, replaces workers without
 * losing a request, drains and stops. Knows nothing of what the workers do.
 *
 * Signals: SIGTERM/SIGINT drain and stop (a second one: at once), SIGHUP asks `reload` for new pools and replaces all
 * workers (fork the replacement, wait until it is idle, then SIGTERM the old one), SIGCHLD. Workers have
 * PR_SET_PDEATHSIG and check their parent, so none outlives the supervisor.
 */
#ifndef MEDIAGATE_PROCESS_SUPERVISOR_H
#define MEDIAGATE_PROCESS_SUPERVISOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "process/worker.h"

#define SUPERVISOR_POOLS 4

struct pool_plan {
  const char *name;        /* "fast", "auth", "api", "upload" */
  char socket_path[108];   /* bound with mode 0660 unless inherited */
  int inherited_fd;        /* from systemd (LISTEN_FDNAMES = pool's name), else -1 */
  size_t workers;
  int nice;
  bool multiplexed;
  int64_t serving_deadline_ms; /* in SERVING without a heartbeat: SIGKILL */
};

struct supervisor_plan {
  struct pool_plan pools[SUPERVISOR_POOLS];
  size_t restart_limit;
  int64_t restart_window_ms;
  int64_t drain_deadline_ms;
  struct worker_callbacks callbacks; /* the context is that of these settings */
};

/* Called on SIGHUP: parse everything, then return the new plan, or an error to keep what runs (the callee logs why).
 * `replaced` is called when no worker of the old plan is left, so that its context can be freed. */
struct supervisor_hooks {
  enum error (*reload)(void *context, struct supervisor_plan *ret_plan);
  void (*replaced)(void *context, void *old_callbacks_context);
  void (*ready)(void *context); /* all pools have an idle worker: sd_notify */
  void *context;
};

/* Returns when all workers are gone. ERROR_NONE after SIGTERM; ERROR_LIMITED when workers kept dying. */
enum error supervisor_run(const struct supervisor_plan *plan, const struct supervisor_hooks *hooks) MUST_CHECK;

#endif
