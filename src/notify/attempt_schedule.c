/* SPDX-License-Identifier: ISC */
/* See the header. The delays are those that Standard Webhooks recommends. */
#include "config.h"

#include "notify/attempt_schedule.h"

#include <stddef.h>

#define MINUTE 60
#define HOUR   3600

static const int64_t delays[] = {5,         5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR,
                                 10 * HOUR, 14 * HOUR,  20 * HOUR,   24 * HOUR};

int64_t attempt_schedule_next(int attempts, int64_t retry_after_seconds, uint32_t random) {
  if (attempts < 1 || (size_t)attempts > sizeof delays / sizeof delays[0]) {
    return -1;
  }
  int64_t delay = delays[attempts - 1];
  delay += delay * (int64_t)(random % 1000) / 10000;
  int64_t asked = retry_after_seconds < 24 * HOUR ? retry_after_seconds : 24 * HOUR;
  return asked > delay ? asked : delay;
}
