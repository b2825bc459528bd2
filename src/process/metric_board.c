/* SPDX-License-Identifier: ISC */
/*
 * Two sequence locks: a number is odd while what it guards is being changed. Each has one writer at a time, and a
 * reader that met a change reads again. The pages themselves are read while they are written to: each cell is whole.
 */
#include "config.h"

#include "process/metric_board.h"

#include <assert.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define READ_ATTEMPTS 1000

struct shared {
  _Alignas(64) _Atomic uint64_t folds; /* odd while a page is added to the departed one */
  _Atomic int64_t times[METRIC_BOARD_TIMES];
  _Atomic int64_t claimed_ms;
  _Alignas(64) _Atomic uint64_t publications; /* odd while `published` is written */
  _Atomic uint64_t published_size;
  _Atomic uint64_t published[METRIC_BOARD_PUBLISHED_MAX / sizeof(uint64_t)];
  struct metric_page supervisor;
  struct metric_page departed;
};

struct metric_board {
  struct shared *shared;
  struct metric_page *pages;
  _Atomic unsigned char *used; /* by slot; a page that is not used is not even read, so that it takes no memory */
  size_t slot_count;
  size_t size;
};

enum error metric_board_create(size_t slot_count, struct metric_board **ret_board) {
  struct metric_board *board = calloc(1, sizeof *board);
  if (board == NULL) {
    return ERROR_MEMORY;
  }
  board->slot_count = slot_count;
  board->size = sizeof(struct shared) + slot_count * sizeof(struct metric_page) + slot_count;
  void *memory = mmap(NULL, board->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    free(board);
    return ERROR_MEMORY;
  }
  board->shared = memory;
  board->pages = (struct metric_page *)(board->shared + 1);
  board->used = (_Atomic unsigned char *)(board->pages + slot_count);
  *ret_board = board;
  return ERROR_NONE;
}

void metric_board_free(struct metric_board *board) {
  if (board != NULL) {
    metric_use_page(NULL);
    (void)munmap(board->shared, board->size);
    free(board);
  }
}

void metric_board_enter_supervisor(struct metric_board *board) {
  metric_use_page(&board->shared->supervisor);
}

void metric_board_begin(struct metric_board *board, size_t slot) {
  assert(slot < board->slot_count);
  atomic_store_explicit(&board->used[slot], 1, memory_order_release);
}

void metric_board_enter(struct metric_board *board, size_t slot) {
  metric_use_page(&board->pages[slot]);
}

void metric_board_fold(struct metric_board *board, size_t slot) {
  struct shared *shared = board->shared;
  atomic_fetch_add_explicit(&shared->folds, 1, memory_order_acq_rel);
  metric_page_fold(&board->pages[slot], &shared->departed);
  atomic_store_explicit(&board->used[slot], 0, memory_order_release);
  atomic_fetch_add_explicit(&shared->folds, 1, memory_order_release);
}

void metric_board_set_time(struct metric_board *board, enum metric_board_time which, int64_t seconds) {
  atomic_store_explicit(&board->shared->times[which], seconds, memory_order_relaxed);
}

int64_t metric_board_time(const struct metric_board *board, enum metric_board_time which) {
  return atomic_load_explicit(&board->shared->times[which], memory_order_relaxed);
}

static void sum_once(const struct metric_board *board, struct metric_sum *ret_sum) {
  memset(ret_sum, 0, sizeof *ret_sum);
  metric_sum_add(ret_sum, &board->shared->departed);
  metric_sum_add(ret_sum, &board->shared->supervisor);
  for (size_t slot = 0; slot < board->slot_count; slot++) {
    if (atomic_load_explicit(&board->used[slot], memory_order_acquire) != 0) {
      metric_sum_add(ret_sum, &board->pages[slot]);
    }
  }
}

void metric_board_sum(const struct metric_board *board, struct metric_sum *ret_sum) {
  for (int i = 0; i < READ_ATTEMPTS; i++) { /* folding takes microseconds, and happens when a worker ends */
    uint64_t before = atomic_load_explicit(&board->shared->folds, memory_order_acquire);
    sum_once(board, ret_sum);
    atomic_thread_fence(memory_order_acquire);
    if (before % 2 == 0 && atomic_load_explicit(&board->shared->folds, memory_order_relaxed) == before) {
      return;
    }
    (void)sched_yield();
  }
}

bool metric_board_claim(struct metric_board *board, int64_t now_ms, int64_t interval_ms) {
  int64_t claimed_ms = atomic_load_explicit(&board->shared->claimed_ms, memory_order_relaxed);
  return (claimed_ms == 0 || now_ms - claimed_ms >= interval_ms) &&
         atomic_compare_exchange_strong(&board->shared->claimed_ms, &claimed_ms, now_ms);
}

void metric_board_publish(struct metric_board *board, const void *bytes, size_t size) {
  struct shared *shared = board->shared;
  uint64_t begun = atomic_load_explicit(&shared->publications, memory_order_relaxed) | 1; /* after a dead one, too */
  assert(size <= METRIC_BOARD_PUBLISHED_MAX);
  atomic_store_explicit(&shared->publications, begun, memory_order_relaxed);
  atomic_thread_fence(memory_order_release);
  for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
    uint64_t word = 0;
    memcpy(&word, (const char *)bytes + at, size - at < sizeof word ? size - at : sizeof word);
    atomic_store_explicit(&shared->published[at / sizeof word], word, memory_order_relaxed);
  }
  atomic_store_explicit(&shared->published_size, size, memory_order_relaxed);
  atomic_store_explicit(&shared->publications, begun + 1, memory_order_release);
}

bool metric_board_read(const struct metric_board *board, void *ret_bytes, size_t size) {
  const struct shared *shared = board->shared;
  for (int i = 0; i < READ_ATTEMPTS; i++) {
    uint64_t before = atomic_load_explicit(&shared->publications, memory_order_acquire);
    if (before % 2 == 0 && atomic_load_explicit(&shared->published_size, memory_order_relaxed) != size) {
      return false;
    }
    for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
      uint64_t word = atomic_load_explicit(&shared->published[at / sizeof word], memory_order_relaxed);
      memcpy((char *)ret_bytes + at, &word, size - at < sizeof word ? size - at : sizeof word);
    }
    atomic_thread_fence(memory_order_acquire);
    if (before % 2 == 0 && atomic_load_explicit(&shared->publications, memory_order_relaxed) == before) {
      return true;
    }
    (void)sched_yield();
  }
  return false;
}
