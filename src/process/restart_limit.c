/* SPDX-License-Identifier: ISC */
/*
 * A ring of the times at which workers died.
 */
#include "config.h"

#include "process/restart_limit.h"

bool restart_limit_note(struct restart_limit *ring, int64_t now_ms, size_t limit, int64_t window_ms) {
  limit = limit > RESTART_LIMIT_MAX ? RESTART_LIMIT_MAX : limit;
  ring->times_ms[ring->next] = now_ms;
  ring->next = (ring->next + 1) % RESTART_LIMIT_MAX;
  ring->count += ring->count < RESTART_LIMIT_MAX;
  if (ring->count < limit) {
    return false;
  }
  size_t first = (ring->next + RESTART_LIMIT_MAX - limit) % RESTART_LIMIT_MAX;
  return now_ms - ring->times_ms[first] <= window_ms;
}
