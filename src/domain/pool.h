/* SPDX-License-Identifier: ISC */
/*
 * The names of the pools of workers: nginx sends to them by their sockets, routes and settings are theirs. What a pool
 * is stands in command/pools.
 */
#ifndef MEDIAGATE_DOMAIN_POOL_H
#define MEDIAGATE_DOMAIN_POOL_H

#include "base/error.h"

/* Those that answer requests come first; housekeeping has no socket. */
enum pool { POOL_FAST, POOL_AUTH, POOL_API, POOL_UPLOAD, POOL_HOUSEKEEPING, POOL_COUNT };

/* "fast", …; static storage. */
const char *pool_name(enum pool pool);
/* ERROR_NOT_FOUND: no pool has this name. */
enum error pool_find(const char *name, enum pool *ret_pool) MUST_CHECK;

#endif
