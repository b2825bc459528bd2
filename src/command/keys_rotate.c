/* SPDX-License-Identifier: ISC */
/*
 * The phases of a rotation:
 *   1. the new key is appended, pending: nobody signs with it;
 *   2. everyone who verifies reads it (nginx, which is then asked; or the pools): now it may sign;
 *   3. it is put first, no longer pending: workers that start sign with it;
 *   4. the pools are reloaded: nobody signs with the old key any more, which is written down as
 *      its retirement;
 *   5. keys whose last signature has expired are removed.
 * A crash after 1 leaves a pending key, with which the next run goes on; one after 3 leaves a key
 * that neither signs nor is retired, and every run begins by reloading the pools and retiring such
 * keys.
 */
#include "config.h"

#include "command/keys_rotate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "command/keys_services.h"
#include "domain/grant.h"

#define CLOCK_SLACK_SECONDS 60 /* another node's clock, and the second in which a worker signed last */

int64_t keys_retire_time(const struct settings *settings, enum keys_kind kind, const struct keyring_key *key) {
  if (kind == KEYS_TOTP) {
    return 0; /* what it encrypted is in the database, and has no end */
  }
  /* stream_ttl_max may have been greater when it signed; access tokens are renewed in passing. */
  int64_t ttl = kind == KEYS_STREAM ? GRANT_LIFE_MAX_SECONDS : settings->access_token_ttl;
  return key->retired_at == 0 ? 0 : key->retired_at + ttl + CLOCK_SLACK_SECONDS;
}

/* Removes keys[index], keeping the order, and wipes the slot that becomes free. */
static void remove_key(struct keyring *keyring, size_t index) {
  memmove(&keyring->keys[index], &keyring->keys[index + 1], sizeof keyring->keys[0] * (keyring->count - index - 1));
  keyring->count--;
  explicit_bzero(&keyring->keys[keyring->count], sizeof keyring->keys[0]);
}

/* Its index; 0, where it can never be, for none. */
static size_t find_pending(const struct keyring *keyring) {
  for (size_t i = 1; i < keyring->count; i++) {
    if (keyring->keys[i].pending) {
      return i;
    }
  }
  return 0;
}

/* For stream keys the verifier is nginx, for the others the pools. */
static enum error reload_verifiers(const struct settings *settings, enum keys_kind kind) {
  return kind == KEYS_STREAM ? keys_reload_nginx(settings) : keys_reload_pools(settings);
}

static bool any_unknown_retirement(const struct keyring *keyring) {
  for (size_t i = 1; i < keyring->count; i++) {
    if (!keyring->keys[i].pending && keyring->keys[i].retired_at == 0) {
      return true;
    }
  }
  return false;
}

/* Phase 4: after a reload only the first key signs, so every other one is retired from now on. */
static enum error settle(const struct settings *settings, struct keys_file *file) {
  if (!any_unknown_retirement(file->keyring)) {
    return ERROR_NONE;
  }
  enum error error = keys_reload_pools(settings);
  if (error != ERROR_NONE) {
    return error;
  }
  for (size_t i = 1; i < file->keyring->count; i++) {
    struct keyring_key *key = &file->keyring->keys[i];
    if (!key->pending && key->retired_at == 0) {
      key->retired_at = clock_now_seconds();
    }
  }
  return keys_file_save(file);
}

/* Phase 5. A key that is gone from the file but not yet from nginx's memory does no harm. */
static enum error remove_expired(const struct settings *settings, struct keys_file *file) {
  int64_t now = clock_now_seconds();
  size_t before = file->keyring->count;
  for (size_t i = before - 1; i >= 1; i--) {
    int64_t retire_at = keys_retire_time(settings, file->kind, &file->keyring->keys[i]);
    if (retire_at != 0 && retire_at <= now) {
      printf("%s key %s: removed, nothing signed with it is valid any more\n", keys_kind_name(file->kind),
             file->keyring->keys[i].kid);
      remove_key(file->keyring, i);
    }
  }
  if (file->keyring->count == before) {
    return ERROR_NONE;
  }
  enum error error = keys_file_save(file);
  return error != ERROR_NONE ? error : reload_verifiers(settings, file->kind);
}

/* Phase 1. */
static enum error append_pending(struct keys_file *file) {
  struct keyring *keyring = file->keyring;
  size_t pending = find_pending(keyring);
  if (pending != 0) {
    printf("%s key %s: going on with the rotation that was begun\n", keys_kind_name(file->kind),
           keyring->keys[pending].kid);
    return ERROR_NONE;
  }
  if (keyring->count == KEYRING_MAX_KEYS) {
    fprintf(stderr, "mediagate keys: %s holds %d keys already, which may all be in use; rotate less often\n",
            file->path, KEYRING_MAX_KEYS);
    return ERROR_CONFLICT;
  }
  struct keyring_key *key = &keyring->keys[keyring->count];
  keyring_generate(keyring, clock_now_seconds(), key);
  key->pending = true;
  keyring->count++;
  return keys_file_save(file);
}

/* Phase 3. */
static enum error promote(struct keys_file *file) {
  struct keyring *keyring = file->keyring;
  size_t pending = find_pending(keyring);
  struct keyring_key key = keyring->keys[pending];
  key.pending = false;
  memmove(&keyring->keys[1], &keyring->keys[0], sizeof key * pending);
  keyring->keys[0] = key;
  explicit_bzero(&key, sizeof key);
  return keys_file_save(file);
}

/* Up to phase 2: a pending key that everyone who verifies on this machine knows. */
static enum error prepare_rotation(const struct settings *settings, struct keys_file *file) {
  enum error error = settle(settings, file);
  if (error == ERROR_NONE) {
    error = remove_expired(settings, file);
  }
  if (error == ERROR_NONE) {
    error = append_pending(file);
  }
  if (error == ERROR_NONE) {
    error = reload_verifiers(settings, file->kind);
  }
  if (error == ERROR_NONE && file->kind == KEYS_STREAM) {
    error = keys_probe_nginx(settings, &file->keyring->keys[find_pending(file->keyring)]);
  }
  return error;
}

static enum error finish_rotation(const struct settings *settings, struct keys_file *file) {
  enum error error = promote(file);
  if (error == ERROR_NONE) {
    error = settle(settings, file);
  }
  if (error == ERROR_NONE) {
    printf("%s key %s: signs from now on; the keys before it verify until what they signed has "
           "expired\n",
           keys_kind_name(file->kind), keyring_signing(file->keyring)->kid);
  }
  return error;
}

enum error keys_rotate(const struct settings *settings, enum keys_kind kind, bool prepare) {
  struct keys_file file;
  enum error error = keys_file_open(settings, kind, true, &file);
  if (error == ERROR_NONE) {
    error = prepare_rotation(settings, &file);
  }
  if (error == ERROR_NONE && prepare) {
    printf("%s key %s: verifies here, signs nowhere yet; `mediagate keys rotate` goes on\n", keys_kind_name(kind),
           file.keyring->keys[find_pending(file.keyring)].kid);
  } else if (error == ERROR_NONE) {
    error = finish_rotation(settings, &file);
  }
  keys_file_close(&file);
  return error;
}

/* May the key be removed? Failures are printed. */
static enum error check_removal(const struct settings *settings, const struct keys_file *file, const char *kid,
                                bool force) {
  const struct keyring_key *key = keyring_find(file->keyring, kid);
  if (key == NULL) {
    fprintf(stderr, "mediagate keys: no %s key %s; `mediagate keys list` shows them\n", keys_kind_name(file->kind),
            kid);
    return ERROR_NOT_FOUND;
  }
  if (key == keyring_signing(file->keyring)) {
    fprintf(stderr, "mediagate keys: %s key %s signs; run `mediagate keys rotate` first\n", keys_kind_name(file->kind),
            kid);
    return ERROR_CONFLICT;
  }
  int64_t retire_at = keys_retire_time(settings, file->kind, key);
  if (!force && !key->pending && (retire_at == 0 || retire_at > clock_now_seconds())) {
    fprintf(stderr,
            file->kind == KEYS_TOTP
                ? "mediagate keys: %s key %s may still be needed: run `mediagate admin reseal-totp`, then use --force\n"
                : "mediagate keys: what %s key %s signed may still be valid; --force breaks it\n",
            keys_kind_name(file->kind), kid);
    return ERROR_CONFLICT;
  }
  return ERROR_NONE;
}

/* Saves, and returns when nobody on this machine accepts the removed keys any more. */
static enum error enforce_removal(const struct settings *settings, struct keys_file *file,
                                  const struct keyring *removed) {
  enum error error = keys_file_save(file);
  if (error == ERROR_NONE) {
    error = reload_verifiers(settings, file->kind);
  }
  for (size_t i = 0; error == ERROR_NONE && file->kind == KEYS_STREAM && i < removed->count; i++) {
    error = keys_probe_forgotten(settings, &removed->keys[i]);
  }
  return error;
}

static enum error remove_named(const struct settings *settings, struct keys_file *file, const char *const *kids,
                               size_t kid_count, bool force) {
  struct keyring *removed = calloc(1, sizeof *removed);
  enum error error = removed == NULL ? ERROR_MEMORY : ERROR_NONE;
  for (size_t i = 0; i < kid_count && error == ERROR_NONE; i++) {
    error = check_removal(settings, file, kids[i], force); /* all or nothing: nothing is saved yet */
    if (error == ERROR_NONE) {
      const struct keyring_key *key = keyring_find(file->keyring, kids[i]);
      removed->keys[removed->count++] = *key; /* no more than there are: a key that is gone is not found again */
      remove_key(file->keyring, (size_t)(key - file->keyring->keys));
    }
  }
  if (error == ERROR_NONE) {
    error = enforce_removal(settings, file, removed);
  }
  keyring_free(removed);
  if (error == ERROR_NONE) {
    printf("%zu %s keys removed\n", kid_count, keys_kind_name(file->kind));
  }
  return error;
}

enum error keys_retire(const struct settings *settings, enum keys_kind kind, const char *const *kids, size_t kid_count,
                       bool force) {
  struct keys_file file;
  enum error error = keys_file_open(settings, kind, true, &file);
  if (error == ERROR_NONE) {
    error = settle(settings, &file);
  }
  if (error == ERROR_NONE) {
    error = kid_count == 0 ? remove_expired(settings, &file) : remove_named(settings, &file, kids, kid_count, force);
  }
  keys_file_close(&file);
  return error;
}
