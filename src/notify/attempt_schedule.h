/* SPDX-License-Identifier: ISC */
/* When a delivery is tried again. Pure. */
#ifndef MEDIAGATE_NOTIFY_ATTEMPT_SCHEDULE_H
#define MEDIAGATE_NOTIFY_ATTEMPT_SCHEDULE_H

#include <stdint.h>

/* Seconds from attempt number `attempts` (1 is the first), which failed, to the next: 5 s, 5 m, 30 m, 2 h, 5 h, 10 h,
 * 14 h, 20 h, 24 h, each up to a tenth longer by `random`, and no sooner than the receiver asks for
 * (retry_after_seconds, a day at most). -1: it was the last. */
int64_t attempt_schedule_next(int attempts, int64_t retry_after_seconds, uint32_t random);

#endif
