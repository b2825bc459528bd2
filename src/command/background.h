/* SPDX-License-Identifier: ISC */
/*
 * What the commands share that work on by themselves, in one process and without requests: ending on a signal, waiting,
 * and a database that is away at the start.
 */
#ifndef MEDIAGATE_COMMAND_BACKGROUND_H
#define MEDIAGATE_COMMAND_BACKGROUND_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "command/confinement.h"
#include "config/settings.h"
#include "metrics/metric_label.h"
#include "store/engine/database.h"

/* From now on SIGTERM and SIGINT set what background_stop points to. */
void background_catch_signals(void);
const volatile sig_atomic_t *background_stop(void);
/* A signal ends the waiting; one that comes just before it costs the time that was to be waited. */
void background_wait_ms(int64_t milliseconds);
/* Counts from here on where GET /metrics finds it (process/metric_file.h). A folder that is missing is no reason not to
 * work: it is told, and nothing is counted. */
void background_count(const char *run_dir, enum metric_pool role);
/* For good, when all is open that the role opens once. False: it shall not start (logged). */
bool background_confine(enum duty duty, const struct settings *settings) MUST_CHECK;
/* Waits for the database when it is away, looking each interval_ms. False: this program cannot live with the schema. */
bool background_check_schema(struct database *database, int64_t interval_ms) MUST_CHECK;

#endif
