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

#define SERVICE_CHILDREN_MAX 2048

/* ERROR_NOT_FOUND: no file, or no such process, or one whose command line does not hold `program`. */
enum error service_find(const char *pid_file, const char *program, pid_t *ret_pid) MUST_CHECK;
/* The children of a process now: at most SERVICE_CHILDREN_MAX. ERROR_NOT_FOUND: there is no such process. */
enum error service_children(pid_t pid, pid_t ret_children[SERVICE_CHILDREN_MAX], size_t *ret_count) MUST_CHECK;
/* Sends SIGHUP. ERROR_DENIED: we are not allowed to. */
enum error service_reload(pid_t pid) MUST_CHECK;
/* May we signal it? ERROR_DENIED: no. ERROR_NOT_FOUND: it ended. */
enum error service_check(pid_t pid) MUST_CHECK;
/* Sends nginx's signal for opening its logs anew, SIGUSR1. Errors as above. */
enum error service_reopen_logs(pid_t pid) MUST_CHECK;
/* Waits until none of these is a child of `pid` any more. ERROR_TIMEOUT; ERROR_NOT_FOUND when `pid` itself ended. */
enum error service_wait_replaced(pid_t pid, const pid_t *children, size_t count, int64_t timeout_ms) MUST_CHECK;

#endif
