/* SPDX-License-Identifier: ISC */
/*
 * A hash table of texts that is emptied when it is full: players are few, and who invents a user agent for each request
 * costs a question each time. It is emptied every few minutes too, since ids are good for so long only.
 */
#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/random.h"
#include "store/views/user_agent_store.h"

#define SLOTS     16384
#define FILLED_AT (SLOTS / 2)
#define KEPT_MS   (10 * 60 * 1000)

struct known_agent {
  char *text; /* NULL: an empty slot */
  int64_t id;
};

struct user_agent_cache {
  struct known_agent slots[SLOTS];
  size_t count;
  int64_t filled_since_ms; /* monotonic */
  uint64_t seed;
};

enum error user_agent_cache_open(struct user_agent_cache **ret_cache) {
  struct user_agent_cache *cache = calloc(1, sizeof *cache);
  if (cache == NULL) {
    return ERROR_MEMORY;
  }
  random_bytes(&cache->seed, sizeof cache->seed);
  *ret_cache = cache;
  return ERROR_NONE;
}

void user_agent_cache_clear(struct user_agent_cache *cache) {
  for (size_t i = 0; i < SLOTS; i++) {
    free(cache->slots[i].text);
    cache->slots[i].text = NULL;
  }
  cache->count = 0;
  cache->filled_since_ms = clock_monotonic_ms();
}

void user_agent_cache_close(struct user_agent_cache *cache) {
  if (cache != NULL) {
    user_agent_cache_clear(cache);
    free(cache);
  }
}

/* The text's slot, or the empty one where it belongs. */
static struct known_agent *find(struct user_agent_cache *cache, const char *text) {
  size_t slot = hash_mix(hash_text(cache->seed, text)) % SLOTS;
  while (cache->slots[slot].text != NULL && strcmp(cache->slots[slot].text, text) != 0) {
    slot = (slot + 1) % SLOTS;
  }
  return &cache->slots[slot];
}

static enum error keep(struct user_agent_cache *cache, const char *text, int64_t id) {
  struct known_agent *agent = find(cache, text);
  if (agent->text == NULL) {
    agent->text = strdup(text);
    if (agent->text == NULL) {
      return ERROR_MEMORY;
    }
    cache->count++;
  }
  agent->id = id;
  return ERROR_NONE;
}

/* Asks for as many of texts[from], texts[from + 1], … as the table has room for, once each. */
static enum error learn(struct user_agent_cache *cache, struct database *database, const char *const *texts,
                        size_t count) {
  const char **missing = calloc(FILLED_AT, sizeof *missing);
  int64_t *ids = calloc(FILLED_AT, sizeof *ids);
  size_t missing_count = 0;
  enum error error = missing == NULL || ids == NULL ? ERROR_MEMORY : ERROR_NONE;
  for (size_t i = 0; error == ERROR_NONE && i < count && cache->count < FILLED_AT; i++) {
    if (texts[i] != NULL && find(cache, texts[i])->text == NULL) {
      missing[missing_count++] = texts[i];
      error = keep(cache, texts[i], 0);
    }
  }
  if (error == ERROR_NONE && missing_count > 0) {
    error = user_agent_store_ids(database, missing, missing_count, ids);
  }
  for (size_t i = 0; error == ERROR_NONE && i < missing_count; i++) {
    error = keep(cache, missing[i], ids[i]);
  }
  free(missing);
  free(ids);
  if (error != ERROR_NONE) {
    user_agent_cache_clear(cache);
  }
  return error;
}

enum error user_agent_cache_ids(struct user_agent_cache *cache, struct database *database, const char *const *texts,
                                size_t count, int64_t *ret_ids) {
  size_t done = 0;
  if (clock_monotonic_ms() - cache->filled_since_ms > KEPT_MS) {
    user_agent_cache_clear(cache);
  }
  while (done < count) {
    if (cache->count >= FILLED_AT) {
      user_agent_cache_clear(cache);
    }
    enum error error = learn(cache, database, texts + done, count - done);
    if (error != ERROR_NONE) {
      return error;
    }
    for (; done < count; done++) {
      const struct known_agent *agent = texts[done] == NULL ? NULL : find(cache, texts[done]);
      if (agent != NULL && agent->text == NULL) {
        break; /* there was no room for it */
      }
      ret_ids[done] = agent == NULL ? 0 : agent->id;
    }
  }
  return ERROR_NONE;
}
