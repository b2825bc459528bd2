/* SPDX-License-Identifier: ISC */
/*
 * The rows of the fast pool, read through: each is asked of the database when it is needed, so none is ever old.
 */
#include "config.h"

#include "store/row_cache.h"

#include <stdlib.h>

struct row_cache {
  struct database *database;
  struct account account; /* what was read last */
  struct media media;
};

enum error row_cache_open(struct database *database, const struct row_cache_options *options, struct row_cache **ret_cache) {
  (void)options; /* nothing is kept, so there is nothing to be told about */
  struct row_cache *cache = calloc(1, sizeof *cache);
  if (cache == NULL) {
    return ERROR_MEMORY;
  }
  cache->database = database;
  *ret_cache = cache;
  return ERROR_NONE;
}

void row_cache_close(struct row_cache *cache) {
  if (cache != NULL) {
    media_free(&cache->media);
    free(cache);
  }
}

enum error row_cache_account(struct row_cache *cache, int64_t id, const struct account **ret_account) {
  enum error error = account_store_find(cache->database, id, &cache->account);
  if (error == ERROR_NONE) {
    *ret_account = &cache->account;
  }
  return error;
}

enum error row_cache_media(struct row_cache *cache, int64_t id, const struct media **ret_media) {
  media_free(&cache->media);
  enum error error = media_store_find(cache->database, id, &cache->media);
  if (error == ERROR_NONE) {
    *ret_media = &cache->media;
  }
  return error;
}

int row_cache_fd(const struct row_cache *cache) {
  (void)cache;
  return -1;
}

void row_cache_tick(struct row_cache *cache) {
  (void)cache;
}
