/* SPDX-License-Identifier: ISC */
/*
 * The scoreboard: one slot a worker in shared memory, written by the worker, read by the supervisor.
 */
#ifndef MEDIAGATE_PROCESS_SCOREBOARD_H
#define MEDIAGATE_PROCESS_SCOREBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

enum worker_state { WORKER_FREE, WORKER_STARTING, WORKER_IDLE, WORKER_SERVING, WORKER_DRAINING, WORKER_STATE_COUNT_ };

struct scoreboard;
struct scoreboard_slot;

enum error scoreboard_create(size_t slot_count, struct scoreboard **ret_scoreboard) MUST_CHECK;
void scoreboard_free(struct scoreboard *scoreboard);
struct scoreboard_slot *scoreboard_slot_at(struct scoreboard *scoreboard, size_t index);

/* By the worker. A transition that the table of legal ones does not have is a bug (assert). Setting a state beats too.
 */
void scoreboard_set_state(struct scoreboard_slot *slot, enum worker_state state);
void scoreboard_beat(struct scoreboard_slot *slot);
void scoreboard_count_request(struct scoreboard_slot *slot);
/* Was this worker told to stop, and is its time over? A long request then ends with an answer that invites a
 * repetition. */
bool scoreboard_is_overdue(const struct scoreboard_slot *slot);
/* Was this worker told to stop? What can be taken up again later ends at once. */
bool scoreboard_is_stopping(const struct scoreboard_slot *slot);

/* By the supervisor. */
enum worker_state scoreboard_state(const struct scoreboard_slot *slot);
int64_t scoreboard_last_beat_ms(const struct scoreboard_slot *slot); /* clock_monotonic_ms */
uint64_t scoreboard_requests(const struct scoreboard_slot *slot);
void scoreboard_stop_by(struct scoreboard_slot *slot, int64_t deadline_ms); /* what scoreboard_is_overdue asks */
void scoreboard_reset(struct scoreboard_slot *slot);                        /* free again, whatever the state */
const char *worker_state_name(enum worker_state state);
bool worker_state_may_follow(enum worker_state from, enum worker_state to);

#endif
