/* SPDX-License-Identifier: ISC */
/*
 * What keys may cost a worker's database, beside the one look for their row. One of each for each worker.
 *
 * The use of a key is noted once an hour, and for a minute not at all after that failed: GET stream-url must not wait
 * for a write that the database does not take. Looks that find no such key, or another secret, are bounded
 * for each address, so that a stranger's keys cost others nothing.
 */
#ifndef MEDIAGATE_API_KEY_USE_H
#define MEDIAGATE_API_KEY_USE_H

#include <stdbool.h>
#include <stdint.h>

#define KEY_USE_INTERVAL_SECONDS 3600 /* as key_store_touch has it */
#define KEY_USE_PAUSE_SECONDS    60
#define KEY_USE_SLOTS            64 /* two keys that share one are tried more often, no more */

struct key_uses { /* zeroed at the beginning; times are monotonic */
  struct {
    int64_t id;
    int64_t due_ms;
  } slots[KEY_USE_SLOTS];
  int64_t paused_until_ms;
};

/* Is it time to note that this key is used? True counts as noted. last_used_at_us: what the database had, by a cached
 * row. */
bool key_use_is_due(struct key_uses *uses, int64_t id, int64_t last_used_at_us, int64_t now_us, int64_t now_ms);
/* It could not be noted. */
void key_use_failed(struct key_uses *uses, int64_t now_ms);

#define KEY_LOOKS_MAX   50 /* in a second, of one address (of IPv6: one /64) */
#define KEY_LOOKS_SLOTS 64 /* which addresses share by a hash */

struct key_looks { /* zeroed at the beginning */
  uint64_t seed;
  int64_t second;
  unsigned short failed[KEY_LOOKS_SLOTS];
};

/* May one more look for this address fail within this second? */
bool key_look_may_fail(struct key_looks *looks, const char *address, int64_t now_ms);
void key_look_failed(struct key_looks *looks, const char *address);

#endif
