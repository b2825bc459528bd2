/* SPDX-License-Identifier: ISC */
/*
 * The months of events (partitions of `event`, by time): made ahead, and dropped when they are older than what is kept.
 */
#ifndef MEDIAGATE_STORE_EVENTS_EVENT_MONTHS_H
#define MEDIAGATE_STORE_EVENTS_EVENT_MONTHS_H

#include <stdint.h>

#include "base/error.h"
#include "store/engine/database.h"

#define EVENT_MONTH_NAME_SIZE 64

/* Makes the partitions of this month and the next one, and sees to it that new events come after all that there are,
 * those of a restored dump too. Waits a second at most for those who read: ERROR_UNAVAILABLE, try again. */
enum error event_months_make_ahead(struct database *database) MUST_CHECK;
/* Drops the oldest month that ended more than kept_days ago. *ret_name: its table, "" where there is none (left). Waits
 * a second at most, as above. */
enum error event_months_expire(struct database *database, int64_t kept_days,
                               char ret_name[EVENT_MONTH_NAME_SIZE]) MUST_CHECK;

#endif
