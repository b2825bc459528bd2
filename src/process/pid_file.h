/* SPDX-License-Identifier: ISC */
/*
 * Pid files: how a command finds a service that runs, and asks it to reload. Whatever the file says, the process must
 * look like the program that is meant before it gets a signal: pid files outlive their processes.
 */
#ifndef MEDIAGATE_PROCESS_PID_FILE_H
#define MEDIAGATE_PROCESS_PID_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* Our own pid. Call it once the handlers of the signals that others send are in place. */
enum error pid_file_write(const char *path) MUST_CHECK;
/* Removes the file when it is still ours. */
void pid_file_remove(const char *path);
/* ERROR_NOT_FOUND: no file, or no such process, or one whose command line does not hold `program`. */
enum error pid_file_read(const char *path, const char *program, pid_t *ret_pid) MUST_CHECK;

#define PID_CHILDREN_MAX 2048

/* The children of a process now: at most PID_CHILDREN_MAX. ERROR_NOT_FOUND: there is no such process. */
enum error pid_children(pid_t pid, pid_t ret_children[PID_CHILDREN_MAX], size_t *ret_count) MUST_CHECK;
/* Sends SIGHUP to a service that replaces its children on it. ERROR_DENIED: not allowed to. */
enum error pid_reload(pid_t pid) MUST_CHECK;
/* Waits until none of these is a child of `pid` any more. ERROR_TIMEOUT; ERROR_NOT_FOUND when `pid` itself ended. */
enum error pid_wait_replaced(pid_t pid, const pid_t *children, size_t count, int64_t timeout_ms) MUST_CHECK;

#endif
