/* SPDX-License-Identifier: ISC */
/*
 * The program on a machine whose clock is wrong. Linked into it before the C library, this function stands before its
 * own: the time of day is CLOCK_AHEAD seconds ahead, behind when that is negative. nginx and PostgreSQL keep the true
 * one.
 */
#include "config.h"

#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) glibc has names of its own */
int clock_gettime(clockid_t clock, struct timespec *ret_time) {
  static long ahead;
  static int known;
  int result = (int)syscall(SYS_clock_gettime, clock, ret_time);
  if (!known) {
    const char *text = getenv("CLOCK_AHEAD");
    ahead = text == NULL ? 0 : strtol(text, NULL, 10);
    known = 1;
  }
  if (result == 0 && clock == CLOCK_REALTIME) {
    ret_time->tv_sec += ahead;
  }
  return result;
}
