/* SPDX-License-Identifier: ISC */
/*
 * The months of views (partitions of media_view_log, by when the grant was issued): made ahead, and dropped when they
 * are older than what is kept. Sums stay.
 */
#ifndef MEDIAGATE_STORE_VIEWS_VIEW_PARTITIONS_H
#define MEDIAGATE_STORE_VIEWS_VIEW_PARTITIONS_H

#include <stdint.h>

#include "base/error.h"
#include "store/engine/database.h"

#define VIEW_PARTITION_NAME_SIZE 64

/* This month's and the next one's. */
enum error view_partitions_make_ahead(struct database *database) MUST_CHECK;
/* Drops the oldest month that ended before the one of before_us. *ret_name: its table, "" where there is none (left).
 * Waits a second at most for those who read: ERROR_UNAVAILABLE, try again. */
enum error view_partitions_expire(struct database *database, int64_t before_us,
                                  char ret_name[VIEW_PARTITION_NAME_SIZE]) MUST_CHECK;

#endif
