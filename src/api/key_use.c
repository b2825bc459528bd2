/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "api/key_use.h"

bool key_use_is_due(struct key_uses *uses, int64_t id, int64_t last_used_at_us, int64_t now_us, int64_t now_ms) {
  const int64_t interval_us = KEY_USE_INTERVAL_SECONDS * INT64_C(1000000);
  if (now_us - last_used_at_us <= interval_us || now_ms < uses->paused_until_ms) {
    return false;
  }
  const uint64_t slot = (uint64_t)id % KEY_USE_SLOTS;
  if (uses->slots[slot].id == id && now_ms < uses->slots[slot].due_ms) {
    return false; /* noted a moment ago; the cached row is of before */
  }
  uses->slots[slot].id = id;
  uses->slots[slot].due_ms = now_ms + KEY_USE_INTERVAL_SECONDS * INT64_C(1000);
  return true;
}

void key_use_failed(struct key_uses *uses, int64_t now_ms) {
  uses->paused_until_ms = now_ms + KEY_USE_PAUSE_SECONDS * INT64_C(1000);
  for (int i = 0; i < KEY_USE_SLOTS; i++) {
    uses->slots[i].id = 0; /* what was not noted is due then */
  }
}

bool key_look_may_fail(struct key_looks *looks, int64_t now_ms) {
  if (looks->second != now_ms / 1000) {
    *looks = (struct key_looks){.second = now_ms / 1000};
  }
  return looks->failed < KEY_LOOKS_MAX;
}

void key_look_failed(struct key_looks *looks) {
  looks->failed++;
}
