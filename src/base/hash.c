/* SPDX-License-Identifier: ISC */
/* FNV-1a (draft-eastlake-fnv). See hash.h. */
#include "config.h"

#include "base/hash.h"

#define PRIME UINT64_C(0x100000001b3)

uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length) {
  const unsigned char *at = bytes;
  for (size_t i = 0; i < length; i++) {
    hash = (hash ^ at[i]) * PRIME;
  }
  return hash;
}

uint64_t hash_text(uint64_t hash, const char *text) {
  for (; *text != '\0'; text++) {
    hash = (hash ^ (unsigned char)*text) * PRIME;
  }
  return hash;
}

uint64_t hash_mix(uint64_t hash) {
  return hash ^ (hash >> 32);
}
