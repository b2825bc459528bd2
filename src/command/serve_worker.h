/* SPDX-License-Identifier: ISC */
/*
 * What a worker process of serve does: opens its own connection, answers requests, logs one line for each.
 */
#ifndef MEDIAGATE_COMMAND_SERVE_WORKER_H
#define MEDIAGATE_COMMAND_SERVE_WORKER_H

#include "process/worker.h"

struct serve_context;

struct worker_callbacks serve_worker_callbacks(struct serve_context *context);

#endif
