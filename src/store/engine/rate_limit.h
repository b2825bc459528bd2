/* SPDX-License-Identifier: ISC */
/*
 * Attempts in a window that ends by itself, or in the last minute (table rate_limit). One atomic statement counts, on
 * all nodes alike.
 * Internal to the stores.
 */
#ifndef MEDIAGATE_STORE_ENGINE_RATE_LIMIT_H
#define MEDIAGATE_STORE_ENGINE_RATE_LIMIT_H

#include <stdint.h>

#include "base/error.h"
#include "store/engine/database.h"

/* kind and key together name what is limited. ERROR_LIMITED above the limit, with the whole seconds (at least 1) until
 * the window ends; trying on does not make it longer. */
enum error rate_limit_count(struct database *database, const char *kind, const char *key, int64_t limit,
                            int64_t window_seconds, int64_t *ret_retry_after) MUST_CHECK;
/* The same of any minute, to the second: there are never more than `limit` within sixty seconds. Part of a transaction
 * that is rolled back when it is ERROR_LIMITED, so that only what was let through counts. */
enum error rate_limit_count_minute(struct database *database, const char *kind, const char *key, int64_t limit,
                                   int64_t *ret_retry_after) MUST_CHECK;
/* Gives one attempt back, or all. */
enum error rate_limit_give_back(struct database *database, const char *kind, const char *key) MUST_CHECK;
enum error rate_limit_reset(struct database *database, const char *kind, const char *key) MUST_CHECK;

#endif
