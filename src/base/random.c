/* SPDX-License-Identifier: ISC */
/*
 * Randomness from the kernel, never from a generator of our own: ids and tokens must stay
 * unpredictable across fork().
 */
#include "config.h"

#include "base/random.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void random_bytes(void *ret_bytes, size_t size) {
  unsigned char *at = ret_bytes;

  while (size > 0) {
    ssize_t got = getrandom(at, size, 0);
    if (got < 0) {
      if (errno == EINTR) {
        continue;
      }
      abort();
    }
    at += got;
    size -= (size_t)got;
  }
}

uint32_t random_u32(void) {
  uint32_t value;

  random_bytes(&value, sizeof(value));
  return value;
}
