/* SPDX-License-Identifier: ISC */
/*
 * When is a cached row good? When it was current at some moment of the last 2 seconds. It was when it was read; and,
 * where notifications have been listened to since before that read, it was at the moment up to which the listener has
 * proven that it hears every change, or the change would have had the row forgotten. All else is read anew. There is no
 * other rule, so a listener that is missing, cut, silent or behind a pooler costs reads, never freshness. And a row
 * ends with the connection that read it: the next one may be to another server, and the listener to the one of before.
 *
 * A change that commits while a row is being read is heard after the row was stored, because nothing is heard
 * meanwhile.
 */
#include "config.h"

#include "store/cache/row_cache.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text_parse.h"
#include "domain/digest.h"
#include "metrics/metric.h"
#include "store/cache/row_listener.h"
#include "store/cache/row_table.h"
#include "store/accounts/session_store.h"

#define AGE_MAX_MS 1900 /* a row may be used for a moment after it was looked up */
/* How long an unreachable database is left alone while stale rows serve: connecting can block. The listener, which
 * hardly does, tells of its return; where there is none it is tried sooner. */
#define AWAY_PAUSE_MS         5000
#define AWAY_PAUSE_UNHEARD_MS 1500

struct session_row {
  char id[UUID_SIZE];
  bool ended;
};

struct row_cache {
  struct database *database;
  struct row_listener *listener;
  struct row_table *accounts;
  struct row_table *keys;
  struct row_table *media;
  struct row_table *sessions; /* by the first digits of their ids */
  int64_t stale_ms;
  int64_t stepped_ms;         /* the listener's last step */
  uint64_t epoch;             /* counts the beginnings of listening */
  int64_t previous_proven_ms; /* how far the listening before this one had proven */
  int64_t database_away_until_ms;
};

static void forget_changed(void *context, char kind, int64_t id) {
  struct row_cache *cache = context;
  row_table_forget(kind == 'a' ? cache->accounts : kind == 'k' ? cache->keys : cache->media, id);
}

/* Rows of before are only good as stale ones from now on. */
static void begin_epoch(void *context) {
  struct row_cache *cache = context;
  cache->previous_proven_ms = row_listener_proven_ms(cache->listener);
  cache->epoch++;
}

static void free_media_row(void *row) {
  media_free(row);
}

enum error row_cache_open(struct database *database, const struct row_cache_options *options,
                          struct row_cache **ret_cache) {
  struct row_cache *cache = calloc(1, sizeof *cache);
  if (cache == NULL) {
    return ERROR_MEMORY;
  }
  const struct row_listener_callbacks callbacks = {.changed = forget_changed, .began = begin_epoch, .context = cache};
  cache->database = database;
  cache->stale_ms = options->stale_seconds * 1000;
  enum error error = row_table_open(options->entries, sizeof(struct account), NULL, &cache->accounts);
  if (error == ERROR_NONE) {
    error = row_table_open(options->entries, sizeof(struct api_key), NULL, &cache->keys);
  }
  if (error == ERROR_NONE) {
    error = row_table_open(options->entries, sizeof(struct media), free_media_row, &cache->media);
  }
  if (error == ERROR_NONE) {
    error = row_table_open(options->entries, sizeof(struct session_row), NULL, &cache->sessions);
  }
  if (error == ERROR_NONE) {
    error = row_listener_open(options->notify_connection_string, &callbacks, &cache->listener);
  }
  if (error != ERROR_NONE) {
    row_cache_close(cache);
    return error;
  }
  *ret_cache = cache;
  return ERROR_NONE;
}

void row_cache_close(struct row_cache *cache) {
  if (cache != NULL) {
    row_listener_close(cache->listener);
    row_table_close(cache->accounts);
    row_table_close(cache->keys);
    row_table_close(cache->media);
    row_table_close(cache->sessions);
    free(cache);
  }
}

int row_cache_fd(const struct row_cache *cache) {
  return row_listener_fd(cache->listener);
}

void row_cache_tick(struct row_cache *cache) {
  row_listener_step(cache->listener, clock_monotonic_ms(), false);
  if ((size_t)metric_pool() < METRIC_WORKER_COUNT) {
    metric_set(METRIC_CACHE_LISTENERS, metric_pool(), 0, row_listener_is_listening(cache->listener));
  }
}

/* The last moment at which the row is known to have been current. */
static int64_t known_current_ms(const struct row_cache *cache, const struct row_entry *entry) {
  int64_t proven_ms = 0;
  if (entry->epoch != 0 && entry->epoch == cache->epoch) {
    proven_ms = row_listener_proven_ms(cache->listener);
  } else if (entry->epoch != 0 && entry->epoch + 1 == cache->epoch) {
    proven_ms = cache->previous_proven_ms;
  }
  return proven_ms > entry->read_ms ? proven_ms : entry->read_ms;
}

static bool is_fresh(const struct row_cache *cache, const struct row_entry *entry, int64_t now_ms) {
  bool listened_since = entry->epoch == 0 || entry->epoch == cache->epoch;
  bool same_database = entry->generation == database_generation(cache->database);
  return same_database && listened_since && !entry->doubted && now_ms - known_current_ms(cache, entry) <= AGE_MAX_MS;
}

static bool is_good_as_stale(const struct row_cache *cache, const struct row_entry *entry, int64_t now_ms) {
  return cache->stale_ms > 0 && now_ms - known_current_ms(cache, entry) <= cache->stale_ms;
}

/* account_store_find, key_store_find or media_store_find; of a session the row has the id already. */
typedef enum error read_row(struct database *database, int64_t id, void *ret_row);

static enum error read_account(struct database *database, int64_t id, void *ret_row) {
  return account_store_find(database, id, ret_row);
}

static enum error read_key(struct database *database, int64_t id, void *ret_row) {
  return key_store_find(database, id, ret_row);
}

static enum error read_media(struct database *database, int64_t id, void *ret_row) {
  return media_store_find(database, id, ret_row);
}

static enum error read_session(struct database *database, int64_t id, void *ret_row) {
  struct session_row *row = ret_row;
  (void)id; /* a part of it only */
  return session_store_is_ended(database, row->id, &row->ended);
}

/* The listener is asked at most once a millisecond, and always after a read: what changed during the read is forgotten
 * again, and serves just this once. */
static void step_listener(struct row_cache *cache) {
  cache->stepped_ms = clock_monotonic_ms();
  row_listener_step(cache->listener, cache->stepped_ms, true);
}

static void count_lookup(const struct row_cache *cache, const struct row_table *table, enum metric_lookup lookup) {
  metric_add(METRIC_CACHE_LOOKUPS,
             table == cache->accounts ? METRIC_TABLE_ACCOUNT
             : table == cache->keys   ? METRIC_TABLE_KEY
             : table == cache->media  ? METRIC_TABLE_MEDIA
                                      : METRIC_TABLE_SESSION,
             lookup, 1);
}

static enum error look_up(struct row_cache *cache, struct row_table *table, read_row *read, void *scratch, int64_t id,
                          const void **ret_row) {
  int64_t now_ms = clock_monotonic_ms();
  if (now_ms != cache->stepped_ms) {
    step_listener(cache);
  }
  struct row_entry *entry = row_table_find(table, id);
  bool stale_serves = entry != NULL && is_good_as_stale(cache, entry, now_ms);
  bool away = now_ms < cache->database_away_until_ms && !row_listener_is_listening(cache->listener);
  if (entry != NULL && (is_fresh(cache, entry, now_ms) || (stale_serves && away))) {
    count_lookup(cache, table, away ? METRIC_LOOKUP_STALE : METRIC_LOOKUP_HIT);
    *ret_row = entry->row;
    return ERROR_NONE;
  }
  bool announced = table != cache->sessions;
  uint64_t epoch = announced && row_listener_is_listening(cache->listener) ? cache->epoch : 0;
  enum error error = read(cache->database, id, scratch);
  if ((error == ERROR_UNAVAILABLE || error == ERROR_TIMEOUT) && stale_serves) {
    cache->database_away_until_ms = clock_monotonic_ms() + (cache->epoch > 0 ? AWAY_PAUSE_MS : AWAY_PAUSE_UNHEARD_MS);
    count_lookup(cache, table, METRIC_LOOKUP_STALE);
    *ret_row = entry->row;
    return ERROR_NONE;
  }
  count_lookup(cache, table, METRIC_LOOKUP_MISS);
  if (error == ERROR_NOT_FOUND) {
    row_table_forget(table, id);
  }
  if (error == ERROR_NONE) {
    error = row_table_store(table, id, scratch, &entry);
  }
  if (error != ERROR_NONE) {
    return error;
  }
  entry->read_ms = now_ms;
  entry->epoch = epoch;
  entry->generation = database_generation(cache->database);
  entry->doubted = false;
  *ret_row = entry->row;
  step_listener(cache);
  return ERROR_NONE;
}

enum error row_cache_account(struct row_cache *cache, int64_t id, const struct account **ret_account) {
  struct account scratch;
  const void *row = NULL;
  enum error error = look_up(cache, cache->accounts, read_account, &scratch, id, &row);
  if (error == ERROR_NONE) {
    *ret_account = row;
  }
  return error;
}

void row_cache_doubt_account(struct row_cache *cache, int64_t id) {
  struct row_entry *entry = row_table_find(cache->accounts, id);
  if (entry != NULL) {
    entry->doubted = true;
  }
}

enum error row_cache_key(struct row_cache *cache, int64_t id, const struct api_key **ret_key) {
  struct api_key scratch;
  const void *row = NULL;
  enum error error = look_up(cache, cache->keys, read_key, &scratch, id, &row);
  if (error == ERROR_NONE) {
    *ret_key = row;
  }
  return error;
}

void row_cache_doubt_key(struct row_cache *cache, int64_t id) {
  struct row_entry *entry = row_table_find(cache->keys, id);
  if (entry != NULL) {
    entry->doubted = true;
  }
}

bool row_cache_has_key(const struct row_cache *cache, int64_t id) {
  return row_table_find(cache->keys, id) != NULL;
}

enum error row_cache_media(struct row_cache *cache, int64_t id, const struct media **ret_media) {
  struct media scratch;
  const void *row = NULL;
  enum error error = look_up(cache, cache->media, read_media, &scratch, id, &row);
  if (error == ERROR_NONE) {
    *ret_media = row;
  }
  return error;
}

/* The first 60 bits. A session that shares them with another takes its place. */
static int64_t session_key(const char *session_id) {
  char digits[17] = "0";
  size_t count = 1;
  for (const char *at = session_id; *at != '\0' && count < sizeof digits - 1; at++) {
    if (*at != '-') {
      digits[count++] = *at;
    }
  }
  unsigned char bytes[8] = {0};
  int64_t key = 0;
  if (text_hex_decode(digits, 16, bytes) == ERROR_NONE) {
    for (size_t i = 0; i < sizeof bytes; i++) {
      key = key << 8 | bytes[i];
    }
  }
  return key;
}

enum error row_cache_session(struct row_cache *cache, const char *session_id, bool *ret_ended) {
  struct session_row scratch = {.ended = false};
  const void *row = NULL;
  int64_t key = session_key(session_id);
  snprintf(scratch.id, sizeof scratch.id, "%s", session_id);
  const struct row_entry *entry = row_table_find(cache->sessions, key);
  if (entry != NULL && strcmp(((const struct session_row *)entry->row)->id, session_id) != 0) {
    row_table_forget(cache->sessions, key);
  }
  enum error error = look_up(cache, cache->sessions, read_session, &scratch, key, &row);
  if (error == ERROR_NONE) {
    *ret_ended = ((const struct session_row *)row)->ended;
  }
  return error;
}
