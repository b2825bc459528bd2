/* SPDX-License-Identifier: ISC */
/*
 * A worker process that serves many kept FastCGI connections at once. Takes GET and HEAD only, and nothing that waits.
 */
#ifndef MEDIAGATE_PROCESS_MULTIPLEXER_H
#define MEDIAGATE_PROCESS_MULTIPLEXER_H

#include "process/worker.h"

/* As worker_run. */
enum error multiplexer_run(int listen_fd, const char *pool_name, const struct worker_callbacks *callbacks,
                           struct scoreboard_slot *slot) MUST_CHECK;

#endif
