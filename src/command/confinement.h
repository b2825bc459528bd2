/* SPDX-License-Identifier: ISC */
/*
 * What each process may do by its duty once it has what it needs: its system calls, files and ports. By the setting
 * `confinement`.
 */
#ifndef MEDIAGATE_COMMAND_CONFINEMENT_H
#define MEDIAGATE_COMMAND_CONFINEMENT_H

#include <stdbool.h>

#include "base/error.h"
#include "config/settings.h"
#include "domain/pool.h"

/* The workers of the pools, in their order, and the other processes. */
enum duty { DUTY_INGEST = POOL_COUNT, DUTY_PACKAGE, DUTY_NOTIFY, DUTY_COUNT };

/* False: a build with a sanitizer, which confines nothing. */
bool confinement_is_built_in(void);
/* static storage */
const char *confinement_duty_name(enum duty duty);
/* Does it run ffprobe or ffmpeg? */
bool confinement_starts_programs(enum duty duty);
/* May it change files in data_dir? */
bool confinement_changes_data(enum duty duty);

/* Says once, in the log, how far this machine can close a process up. False: not as far as the settings require. */
bool confinement_tell(const struct settings *settings) MUST_CHECK;
/* Before the process has connections or threads: starts its launcher, if it needs one. `forget` wipes secrets in that.
 */
enum error confinement_prepare(enum duty duty, const struct settings *settings, void (*forget)(void *context),
                               void *context) MUST_CHECK;
/* For good, when the process has opened and read all that it opens and reads once. Logs why not. */
enum error confinement_enter(enum duty duty, const struct settings *settings) MUST_CHECK;
/* The parent of the workers. */
enum error confinement_enter_supervisor(const struct settings *settings) MUST_CHECK;
/* Was a file that the process may read replaced since by another, which it may not? Then the process has to begin anew.
 * Looks every few seconds. */
bool confinement_is_stale(void);

#endif
