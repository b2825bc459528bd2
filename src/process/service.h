/* SPDX-License-Identifier: ISC */
/*
 * Another service on this machine, such as `mediagate serve` or nginx: finds it by its pid file and has it reload.
 * Whatever the file says, the process must look like the program that is meant before it gets a signal: pid files
 * outlive their processes.
 */
#ifndef MEDIAGATE_PROCESS_SERVICE_H
#define MEDIAGATE_PROCESS_SERVICE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* ERROR_NOT_FOUND: no file, or no such process, or one whose command line does not hold `program`. */
enum error service_find(const char *pid_file, const char *program, pid_t *ret_pid) MUST_CHECK;
/* Sends SIGHUP. ERROR_DENIED: we are not allowed to. */
enum error service_reload(pid_t pid) MUST_CHECK;
/* May we signal it? ERROR_DENIED: no. ERROR_NOT_FOUND: it ended. */
enum error service_check(pid_t pid) MUST_CHECK;
/* Sends nginx's signal for opening its logs anew, SIGUSR1. Errors as above. */
enum error service_reopen_logs(pid_t pid) MUST_CHECK;
/* Reloads a process that replaces its children then, one reload after the other, and waits until each child has read
 * its files after this call. That takes two reloads: one that was under way may have read them before, and its
 * children look like those of ours. Each may take timeout_ms. ERROR_TIMEOUT; ERROR_NOT_FOUND when `pid` ended. */
enum error service_replace_children(pid_t pid, int64_t timeout_ms) MUST_CHECK;

#endif
