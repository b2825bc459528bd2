/* SPDX-License-Identifier: ISC */
/*
 * One worker process: takes requests from a listening socket until it is told to stop.
 * Knows neither HTTP nor SQL: what a request means is the callbacks' business.
 * worker.c is the usual libfcgi loop, and the loop of a worker that only ticks; multiplexer.c serves many kept
 * connections in one process.
 *
 * SIGTERM is masked but while waiting, so that it never cuts a read, a write or a query short: a worker that is told to
 * stop finishes what it serves first, until its time is over (WORKER_NUDGE_SIGNAL). A listening socket that was shut
 * down ends a worker too, once all connections that were still queued on it are served.
 */
#ifndef MEDIAGATE_PROCESS_WORKER_H
#define MEDIAGATE_PROCESS_WORKER_H

#include <signal.h>
#include <stdbool.h>

#include "base/error.h"
#include "process/scoreboard.h"

struct FCGX_Request;

struct worker_callbacks {
  /* In the child, before the first request: open the database and so on. *ret_state is passed to the others. */
  enum error (*start)(void *context, const char *pool_name, struct scoreboard_slot *slot, void **ret_state);
  /* Serves one request whole. Must not keep it. */
  void (*handle)(void *state, struct FCGX_Request *request);
  /* A descriptor that the multiplexer watches while idle (LISTEN), -1 for none; may change after any callback. May be
   * NULL. The other loops look at it with each tick and each request only. */
  int (*watch_fd)(void *state);
  /* That descriptor is readable (then before any request), or about a second has passed. The usual loop ticks after a
   * request, never before it. May be NULL. */
  void (*tick)(void *state);
  void (*stop)(void *state);
  void *context;
};

/* The exit code of a worker process. */
enum worker_exit {
  WORKER_EXIT_STOPPED = 0,      /* told to stop, or the socket was shut down and its queue is empty */
  WORKER_EXIT_START_FAILED = 3, /* `start` failed; it logged why */
  WORKER_EXIT_FAILED = 4,       /* the loop could not go on; it logged why */
  WORKER_EXIT_RENEWED = 5,      /* it asked for a fresh process in its place (worker_renew) */
};

/* Each runs until SIGTERM (finishes what is being served, then returns) or an error. The process must have called
 * worker_prepare_signals. ERROR_INVALID: `start` failed. */
enum error worker_run(int listen_fd, const char *pool_name, const struct worker_callbacks *callbacks,
                      struct scoreboard_slot *slot) MUST_CHECK;
/* A worker without a socket: `tick` about every second. */
enum error ticker_run(const char *pool_name, const struct worker_callbacks *callbacks,
                      struct scoreboard_slot *slot) MUST_CHECK;

/* What the supervisor sends to a worker that is past its drain deadline. It does nothing but end a system call that
 * waits, such as reading from a client that is silent, with EINTR. */
#define WORKER_NUDGE_SIGNAL SIGUSR1

/* For the loops and for the supervisor's child. */
void worker_prepare_signals(void);
bool worker_is_told_to_stop(void);
/* For `handle`: this process is to end after its answer as if it were told to stop, and another to take its place. */
void worker_renew(void);
bool worker_is_renewing(void);
/* Was the listening socket shut down? What is queued on it can still be accepted. */
bool worker_listener_is_shut(int listen_fd);
/* Ends a request and its connection, whether nginx would like to keep it or not. */
void worker_finish(struct FCGX_Request *request);
/* The mask to wait with: SIGTERM gets through. */
const sigset_t *worker_waiting_mask(void);
/* Calls `tick` when `wanted` or when a second has passed since *last_ms. The state must be SERVING or DRAINING: a tick
 * may speak to the database. */
void worker_tick(const struct worker_callbacks *callbacks, void *state, bool wanted, int64_t *last_ms);

#endif
