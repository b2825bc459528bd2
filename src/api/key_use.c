/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "api/key_use.h"

#include "base/hash.h"
#include "base/random.h"
#include "domain/address.h"

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

static unsigned short *slot_of(struct key_looks *looks, const char *address) {
  char network[ADDRESS_TEXT_SIZE];
  while (looks->seed == 0) { /* else strangers would choose with whom they share */
    random_bytes(&looks->seed, sizeof looks->seed);
  }
  address_prefix(address, 32, 64, network);
  return &looks->failed[hash_mix(hash_text(looks->seed, network)) % KEY_LOOKS_SLOTS];
}

bool key_look_may_fail(struct key_looks *looks, const char *address, int64_t now_ms) {
  if (looks->second != now_ms / 1000) {
    *looks = (struct key_looks){.seed = looks->seed, .second = now_ms / 1000};
  }
  return *slot_of(looks, address) < KEY_LOOKS_MAX;
}

void key_look_failed(struct key_looks *looks, const char *address) {
  unsigned short *failed = slot_of(looks, address);
  *failed += *failed < KEY_LOOKS_MAX;
}
