/* SPDX-License-Identifier: ISC */
/*
 * Accounts, API keys and media for the fast and api pools, at most 2 s old and usually milliseconds: triggers NOTIFY,
 * the cache LISTENs on a direct connection and forgets what changed. Sessions too, for 2 s each, since nothing tells of
 * their end. Without that connection, or where a pooler answers on it, rows expire 2 s after they were read. With the
 * database away, cached rows serve on for stale_seconds.
 */
#ifndef MEDIAGATE_STORE_CACHE_ROW_CACHE_H
#define MEDIAGATE_STORE_CACHE_ROW_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/accounts/account_store.h"
#include "store/accounts/key_store.h"
#include "store/engine/database.h"
#include "store/media/media_store.h"

struct row_cache;

struct row_cache_options {
  const char *notify_connection_string;
  size_t entries; /* per table */
  int64_t stale_seconds;
};

enum error row_cache_open(struct database *database, const struct row_cache_options *options,
                          struct row_cache **ret_cache) MUST_CHECK;
void row_cache_close(struct row_cache *cache);
/* As the stores' find. The pointers are good until the next call on this cache. */
enum error row_cache_account(struct row_cache *cache, int64_t id, const struct account **ret_account) MUST_CHECK;
/* The next look reads this row anew, unless the database is away. For a caller who holds proof that it is outdated, or
 * to whom a change of two seconds ago matters. */
void row_cache_doubt_account(struct row_cache *cache, int64_t id);
/* A key that was revoked is ERROR_NOT_FOUND. */
enum error row_cache_key(struct row_cache *cache, int64_t id, const struct api_key **ret_key) MUST_CHECK;
void row_cache_doubt_key(struct row_cache *cache, int64_t id);
/* Was this key found before, and is it remembered? */
bool row_cache_has_key(const struct row_cache *cache, int64_t id);
enum error row_cache_media(struct row_cache *cache, int64_t id, const struct media **ret_media) MUST_CHECK;
/* As session_store_is_ended. */
enum error row_cache_session(struct row_cache *cache, const char *session_id, bool *ret_ended) MUST_CHECK;
/* For the worker: the descriptor to watch (-1 while there is none), and what to do when it is readable or a while has
 * passed. */
int row_cache_fd(const struct row_cache *cache);
void row_cache_tick(struct row_cache *cache);

#endif
