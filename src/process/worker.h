/* SPDX-License-Identifier: ISC */
/*
 * One worker process: takes requests from a listening socket until it is told to stop.
 * Knows neither HTTP nor SQL: what a request means is the callbacks' business.
 * worker.c is the usual libfcgi loop; multiplexer.c serves many kept connections in one process.
 */
#ifndef MEDIAGATE_PROCESS_WORKER_H
#define MEDIAGATE_PROCESS_WORKER_H

#include <stdbool.h>

#include "base/error.h"
#include "process/scoreboard.h"

struct FCGX_Request;

struct worker_callbacks {
  /* In the child, before the first request: open the database and so on. *ret_state is passed to the others. */
  enum error (*start)(void *context, const char *pool_name, struct scoreboard_slot *slot, void **ret_state);
  /* Serves one request whole. Must not keep it. */
  void (*handle)(void *state, struct FCGX_Request *request);
  /* A descriptor that must be watched while idle (LISTEN), -1 for none; may change after any callback. May be NULL. */
  int (*watch_fd)(void *state);
  /* The descriptor is readable, or about a second has passed (in the multiplexer: before every request too). May be NULL. */
  void (*tick)(void *state);
  void (*stop)(void *state);
  void *context;
};

/* Runs until SIGTERM (finish what is being served, then return) or an error. Signals are masked but during the wait.
 * The loop: ppoll on the non-blocking listening fd with the unblocked mask, FCGX_Accept_r, handle, FCGX_Finish_r. */
enum error worker_run(int listen_fd, const char *pool_name, const struct worker_callbacks *callbacks, struct scoreboard_slot *slot) MUST_CHECK;
enum error multiplexer_run(int listen_fd, const char *pool_name, const struct worker_callbacks *callbacks, struct scoreboard_slot *slot) MUST_CHECK;

#endif
