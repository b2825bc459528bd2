/* SPDX-License-Identifier: ISC */
/* See pool.h. */
#include "config.h"

#include "domain/pool.h"

#include <stddef.h>
#include <string.h>

static const char *const names[POOL_COUNT] = {
    [POOL_FAST] = "fast",
    [POOL_AUTH] = "auth",
    [POOL_API] = "api",
    [POOL_UPLOAD] = "upload",
    [POOL_HOUSEKEEPING] = "housekeeping",
};

const char *pool_name(enum pool pool) {
  return names[pool];
}

enum error pool_find(const char *name, enum pool *ret_pool) {
  for (size_t i = 0; i < POOL_COUNT; i++) {
    if (strcmp(names[i], name) == 0) {
      *ret_pool = (enum pool)i;
      return ERROR_NONE;
    }
  }
  return ERROR_NOT_FOUND;
}
