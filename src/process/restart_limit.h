/* SPDX-License-Identifier: ISC */
/*
 * N restarts in T: a worker that dies now and then is replaced, one that keeps dying must not burn the machine. Pure.
 */
#ifndef MEDIAGATE_PROCESS_RESTART_LIMIT_H
#define MEDIAGATE_PROCESS_RESTART_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESTART_LIMIT_MAX 1000

struct restart_limit {
  int64_t times_ms[RESTART_LIMIT_MAX]; /* a ring */
  size_t next;
  size_t count;
};

/* Notes a death. True when `limit` of them (at most RESTART_LIMIT_MAX) lie within the last window. */
bool restart_limit_note(struct restart_limit *ring, int64_t now_ms, size_t limit, int64_t window_ms);

#endif
