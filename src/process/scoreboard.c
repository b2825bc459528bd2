/* SPDX-License-Identifier: ISC */
/*
 * Shared memory for the workers' states and heartbeats. Each slot has one writer, so plain atomics are enough; a slot
 * fills a cache line so that workers do not disturb each other.
 */
#include "config.h"

#include "process/scoreboard.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/clock.h"

struct scoreboard_slot {
  _Alignas(64) _Atomic int state;
  _Atomic int64_t beat_ms;
  _Atomic int64_t stop_by_ms; /* 0: not told to stop */
  _Atomic uint64_t requests;
};

struct scoreboard {
  struct scoreboard_slot *slots;
  size_t slot_count;
};

#define MAY_BECOME(state) (1U << (state))
static const unsigned legal[WORKER_STATE_COUNT_] = {
    [WORKER_FREE] = MAY_BECOME(WORKER_STARTING),
    [WORKER_STARTING] = MAY_BECOME(WORKER_IDLE) | MAY_BECOME(WORKER_DRAINING),
    [WORKER_IDLE] = MAY_BECOME(WORKER_IDLE) | MAY_BECOME(WORKER_SERVING) | MAY_BECOME(WORKER_DRAINING),
    [WORKER_SERVING] = MAY_BECOME(WORKER_SERVING) | MAY_BECOME(WORKER_IDLE) | MAY_BECOME(WORKER_DRAINING),
    [WORKER_DRAINING] = MAY_BECOME(WORKER_DRAINING), /* what is still served then is served as draining */
};

static const char *const state_names[] = {"free", "starting", "idle", "serving", "draining"};
_Static_assert(sizeof state_names / sizeof state_names[0] == WORKER_STATE_COUNT_, "a name for each state");

const char *worker_state_name(enum worker_state state) {
  return state_names[state];
}

bool worker_state_may_follow(enum worker_state from, enum worker_state to) {
  return (legal[from] & MAY_BECOME(to)) != 0;
}

enum error scoreboard_create(size_t slot_count, struct scoreboard **ret_scoreboard) {
  struct scoreboard *scoreboard = malloc(sizeof *scoreboard);
  if (scoreboard == NULL) {
    return ERROR_MEMORY;
  }
  size_t size = slot_count * sizeof(struct scoreboard_slot);
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    free(scoreboard);
    return ERROR_MEMORY;
  }
  scoreboard->slots = memory; /* zeros: every slot is free */
  scoreboard->slot_count = slot_count;
  *ret_scoreboard = scoreboard;
  return ERROR_NONE;
}

void scoreboard_free(struct scoreboard *scoreboard) {
  if (scoreboard != NULL) {
    (void)munmap(scoreboard->slots, scoreboard->slot_count * sizeof(struct scoreboard_slot));
    free(scoreboard);
  }
}

struct scoreboard_slot *scoreboard_slot_at(struct scoreboard *scoreboard, size_t index) {
  assert(index < scoreboard->slot_count);
  return &scoreboard->slots[index];
}

void scoreboard_set_state(struct scoreboard_slot *slot, enum worker_state state) {
  assert(worker_state_may_follow(scoreboard_state(slot), state));
  scoreboard_beat(slot); /* first, so that the new state is never seen with an old beat */
  atomic_store_explicit(&slot->state, (int)state, memory_order_release);
}

void scoreboard_beat(struct scoreboard_slot *slot) {
  atomic_store_explicit(&slot->beat_ms, clock_monotonic_ms(), memory_order_release);
}

void scoreboard_count_request(struct scoreboard_slot *slot) {
  atomic_fetch_add_explicit(&slot->requests, 1, memory_order_relaxed);
}

bool scoreboard_is_stopping(const struct scoreboard_slot *slot) {
  return atomic_load_explicit(&slot->stop_by_ms, memory_order_acquire) != 0;
}

bool scoreboard_is_overdue(const struct scoreboard_slot *slot) {
  int64_t deadline = atomic_load_explicit(&slot->stop_by_ms, memory_order_acquire);
  return deadline != 0 && clock_monotonic_ms() >= deadline;
}

enum worker_state scoreboard_state(const struct scoreboard_slot *slot) {
  return (enum worker_state)atomic_load_explicit(&slot->state, memory_order_acquire);
}

int64_t scoreboard_last_beat_ms(const struct scoreboard_slot *slot) {
  return atomic_load_explicit(&slot->beat_ms, memory_order_acquire);
}

uint64_t scoreboard_requests(const struct scoreboard_slot *slot) {
  return atomic_load_explicit(&slot->requests, memory_order_relaxed);
}

void scoreboard_stop_by(struct scoreboard_slot *slot, int64_t deadline_ms) {
  atomic_store_explicit(&slot->stop_by_ms, deadline_ms, memory_order_release);
}

void scoreboard_reset(struct scoreboard_slot *slot) {
  atomic_store(&slot->requests, 0);
  atomic_store(&slot->beat_ms, 0);
  atomic_store(&slot->stop_by_ms, 0);
  atomic_store(&slot->state, WORKER_FREE);
}
