/* SPDX-License-Identifier: ISC */
/*
 * A daemon's lock, which is also its pid file: it is locked as long as the process lives, so one that is left over
 * after a crash is known as stale however its pid was used again since.
 */
#ifndef MEDIAGATE_PROCESS_PID_LOCK_H
#define MEDIAGATE_PROCESS_PID_LOCK_H

#include <sys/types.h>

#include "base/error.h"

/* ERROR_CONFLICT: another process has it, *ret_pid is its id. ERROR_IO: errno tells more. On success *ret_pid is the
 * id that a crashed predecessor left there, 0 for none. The process must keep *ret_fd open. */
enum error pid_lock_take(const char *path, int *ret_fd, pid_t *ret_pid) MUST_CHECK;
void pid_lock_release(const char *path, int fd);

#endif
