/* SPDX-License-Identifier: ISC */
/*
 * The metric pages of serve, in memory that the supervisor shares with its workers, beside the scoreboard: one page a
 * worker slot, one of the supervisor, and one of all workers that are gone. When a worker is reaped the supervisor adds
 * its page to the latter, so that no counter ever falls. A sum is taken again when that happened in the middle of it.
 *
 * And what all workers should know although one found it out: see metric_board_publish.
 */
#ifndef MEDIAGATE_PROCESS_METRIC_BOARD_H
#define MEDIAGATE_PROCESS_METRIC_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "metrics/metric_text.h"

#define METRIC_BOARD_PUBLISHED_MAX ((size_t)32 << 10) /* bytes */

/* Times that the supervisor knows, seconds since 1970; 0 unknown. */
enum metric_board_time { METRIC_BOARD_STREAM_KEY, METRIC_BOARD_ACCESS_KEY, METRIC_BOARD_TIMES };

struct metric_board;

enum error metric_board_create(size_t slot_count, struct metric_board **ret_board) MUST_CHECK;
void metric_board_free(struct metric_board *board);

/* By the supervisor: it counts in a page of its own from here on. */
void metric_board_enter_supervisor(struct metric_board *board);
/* Before the fork: the slot's page will be used. */
void metric_board_begin(struct metric_board *board, size_t slot);
/* In the worker, after the fork. */
void metric_board_enter(struct metric_board *board, size_t slot);
/* The slot's worker is gone. */
void metric_board_fold(struct metric_board *board, size_t slot);
void metric_board_set_time(struct metric_board *board, enum metric_board_time which, int64_t seconds);

/* By anybody. */
int64_t metric_board_time(const struct metric_board *board, enum metric_board_time which);
void metric_board_sum(const struct metric_board *board, struct metric_sum *ret_sum);
/* True for one process, once interval_ms have passed since it was true for any. */
bool metric_board_claim(struct metric_board *board, int64_t now_ms, int64_t interval_ms);
/* What every worker may read from now on. Only who claimed publishes. size is at most METRIC_BOARD_PUBLISHED_MAX. */
void metric_board_publish(struct metric_board *board, const void *bytes, size_t size);
/* False: nothing of this size was published, or the publisher died in the middle of it. */
bool metric_board_read(const struct metric_board *board, void *ret_bytes, size_t size);

#endif
