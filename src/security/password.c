/* SPDX-License-Identifier: ISC */
/*
 * The only file that knows libargon2. A verification obeys the parameters that stand in the stored
 * hash, so they are parsed and capped first. One lane: more would start threads.
 *
 * argon2id is RFC 9106. The defaults of the settings, 19 MiB and 2 passes with one lane, are those of OWASP's Password
 * Storage Cheat Sheet. The caps bound what a forged hash in the database could cost.
 */
#include "config.h"

#include "security/password.h"

#include <argon2.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "base/text_parse.h"
#include "base/unicode.h"

#define SALT_BYTES     16
#define HASH_BYTES     32
#define MEMORY_MAX_KIB 65536
#define TIME_MAX       4

struct stored_hash {
  struct password_cost cost;
  size_t salt_bytes;
  size_t hash_bytes;
};

static bool cost_is_allowed(struct password_cost cost) {
  return cost.memory_kib >= 8 && cost.memory_kib <= MEMORY_MAX_KIB && cost.time >= 1 && cost.time <= TIME_MAX;
}

/* Moves *at behind `literal`. */
static bool take_literal(const char **at, const char *literal) {
  size_t length = strlen(literal);
  if (strncmp(*at, literal, length) != 0) {
    return false;
  }
  *at += length;
  return true;
}

static bool take_number(const char **at, uint32_t *ret_number) {
  uint64_t number;
  size_t length = strspn(*at, "0123456789");
  if (text_parse_u64(*at, length, UINT32_MAX, &number) != ERROR_NONE) {
    return false;
  }
  *at += length;
  *ret_number = (uint32_t)number;
  return true;
}

/* Standard base64 without padding, as PHC strings have it; only its length matters here. */
static bool take_base64(const char **at, size_t *ret_bytes) {
  size_t length = strspn(*at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
  *at += length;
  *ret_bytes = length * 3 / 4;
  return length > 0 && length % 4 != 1;
}

static bool take_cost(const char **at, struct password_cost *ret_cost) {
  return take_literal(at, "m=") && take_number(at, &ret_cost->memory_kib) && take_literal(at, ",t=") &&
         take_number(at, &ret_cost->time) && take_literal(at, ",p=1") && cost_is_allowed(*ret_cost);
}

static bool parse_stored_hash(const char *at, struct stored_hash *ret_stored) {
  return strlen(at) < PASSWORD_HASH_SIZE && take_literal(&at, "$argon2id$v=19$") && take_cost(&at, &ret_stored->cost) &&
         take_literal(&at, "$") && take_base64(&at, &ret_stored->salt_bytes) && take_literal(&at, "$") &&
         take_base64(&at, &ret_stored->hash_bytes) && *at == '\0' && ret_stored->salt_bytes >= 8 &&
         ret_stored->salt_bytes <= 48 && ret_stored->hash_bytes >= 16 && ret_stored->hash_bytes <= 64;
}

enum error password_cost_parse(const char *text, struct password_cost *ret_cost) {
  struct password_cost cost;
  if (!take_cost(&text, &cost) || *text != '\0') {
    return ERROR_INVALID;
  }
  *ret_cost = cost;
  return ERROR_NONE;
}

static enum error error_from_argon2(int result) {
  switch (result) {
  case ARGON2_OK:
    return ERROR_NONE;
  case ARGON2_VERIFY_MISMATCH:
    return ERROR_DENIED;
  case ARGON2_MEMORY_ALLOCATION_ERROR:
    return ERROR_MEMORY;
  case ARGON2_DECODING_FAIL:
  case ARGON2_DECODING_LENGTH_FAIL:
    return ERROR_INVALID;
  default:
    return ERROR_INTERNAL;
  }
}

/* A password as it compares, and as it was typed: hashes made before the two could differ are of the latter. */
struct forms {
  struct text prepared;
  const char *typed;
  size_t typed_size;
  bool differ;
};

static void free_forms(struct forms *forms) {
  if (forms->prepared.data != NULL) {
    explicit_bzero(forms->prepared.data, forms->prepared.capacity);
  }
  text_free(&forms->prepared);
}

/* Release with free_forms in any case. */
static enum error make_forms(const char *password, size_t size, struct forms *ret_forms) {
  *ret_forms = (struct forms){.typed = password, .typed_size = size};
  enum error error = text_nfc_spaces(&ret_forms->prepared, password, size);
  ret_forms->differ = error == ERROR_NONE && (ret_forms->prepared.length != size ||
                                              (size > 0 && memcmp(ret_forms->prepared.data, password, size) != 0));
  return error;
}

enum error password_hash(const char *password, size_t size, struct password_cost cost,
                         char ret_hash[PASSWORD_HASH_SIZE]) {
  if (size > PASSWORD_MAX_BYTES || !cost_is_allowed(cost)) {
    return ERROR_INVALID;
  }
  unsigned char salt[SALT_BYTES];
  char hash[PASSWORD_HASH_SIZE];
  struct forms forms;
  random_bytes(salt, sizeof salt);
  enum error error = make_forms(password, size, &forms);
  if (error == ERROR_NONE) {
    error = error_from_argon2(argon2id_hash_encoded(cost.time, cost.memory_kib, 1, forms.prepared.data,
                                                    forms.prepared.length, salt, sizeof salt, HASH_BYTES, hash,
                                                    sizeof hash));
  }
  free_forms(&forms);
  if (error == ERROR_NONE) {
    memcpy(ret_hash, hash, strlen(hash) + 1);
  }
  return error;
}

/* Of two verifications: that one could not be made comes first, then that one fits. */
static enum error either(enum error one, enum error other) {
  if (one == ERROR_MEMORY || other == ERROR_MEMORY) {
    return ERROR_MEMORY;
  }
  return one == ERROR_NONE ? one : other;
}

/* Looks at both forms whatever the first comes to. *ret_typed: it fits as typed only. */
static enum error verify_forms(const char *hash, const struct forms *forms, bool *ret_typed) {
  enum error prepared = error_from_argon2(argon2id_verify(hash, forms->prepared.data, forms->prepared.length));
  if (!forms->differ) {
    return prepared;
  }
  enum error typed = error_from_argon2(argon2id_verify(hash, forms->typed, forms->typed_size));
  *ret_typed = prepared != ERROR_NONE && typed == ERROR_NONE;
  return either(typed, prepared);
}

static bool is_cost(struct password_cost one, struct password_cost other) {
  return one.memory_kib == other.memory_kib && one.time == other.time;
}

static enum error verify_stored(const char *stored_hash, const struct stored_hash *stored, const struct forms *forms,
                                struct password_cost cost, bool *ret_renew) {
  bool typed = false;
  enum error error = verify_forms(stored_hash, forms, &typed);
  if (error == ERROR_NONE) {
    *ret_renew =
        typed || !is_cost(stored->cost, cost) || stored->salt_bytes != SALT_BYTES || stored->hash_bytes != HASH_BYTES;
  }
  return error;
}

enum error password_verify(const char *stored_hash, const char *password, size_t size, struct password_cost cost,
                           bool *ret_renew) {
  struct stored_hash stored;
  if (!parse_stored_hash(stored_hash, &stored)) {
    return ERROR_INVALID;
  }
  if (size > PASSWORD_MAX_BYTES) {
    return ERROR_DENIED;
  }
  struct forms forms;
  enum error error = make_forms(password, size, &forms);
  if (error == ERROR_NONE) {
    error = verify_stored(stored_hash, &stored, &forms, cost, ret_renew);
  } else if (error == ERROR_INVALID) {
    error = ERROR_DENIED; /* no password is other than UTF-8 */
  }
  free_forms(&forms);
  return error;
}

/* Takes as long as the verification of a hash of this cost does, and as much memory, in the same calls. */
static enum error verify_dummy(struct password_cost cost, const struct forms *forms) {
  char hash[PASSWORD_HASH_SIZE];
  bool typed;
  (void)snprintf(hash, sizeof hash, "$argon2id$v=19$m=%u,t=%u,p=1$%.22s$%.43s", cost.memory_kib, cost.time,
                 "AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"); /* SALT_BYTES, HASH_BYTES */
  enum error error = verify_forms(hash, forms, &typed);
  return error == ERROR_MEMORY ? error : ERROR_DENIED;
}

struct cost_set { /* in one order for everybody */
  struct password_cost costs[PASSWORD_COSTS_MAX + 2];
  size_t count;
};

static void add_cost(struct cost_set *set, struct password_cost cost) {
  size_t at = 0;
  while (at < set->count && (set->costs[at].memory_kib < cost.memory_kib ||
                             (set->costs[at].memory_kib == cost.memory_kib && set->costs[at].time < cost.time))) {
    at++;
  }
  if (at == set->count || !is_cost(set->costs[at], cost)) {
    memmove(&set->costs[at + 1], &set->costs[at], (set->count - at) * sizeof set->costs[0]);
    set->costs[at] = cost;
    set->count++;
  }
}

static enum error verify_each(const struct cost_set *set, const char *stored_hash, const struct stored_hash *stored,
                              const struct forms *forms, struct password_cost cost, bool *ret_renew) {
  enum error result = ERROR_DENIED;
  for (size_t i = 0; i < set->count; i++) {
    bool own = stored_hash != NULL && is_cost(set->costs[i], stored->cost);
    enum error error =
        own ? verify_stored(stored_hash, stored, forms, cost, ret_renew) : verify_dummy(set->costs[i], forms);
    result = either(error, result);
  }
  return result;
}

enum error password_verify_alike(const char *stored_hash, const char *password, size_t size, struct password_cost cost,
                                 const struct password_cost *in_use, size_t in_use_count, bool *ret_renew) {
  struct stored_hash stored = {.cost = cost};
  struct cost_set set = {.count = 0};
  struct forms forms;
  bool unusable = stored_hash != NULL && !parse_stored_hash(stored_hash, &stored);
  if (size > PASSWORD_MAX_BYTES) {
    return ERROR_DENIED;
  }
  add_cost(&set, cost);
  for (size_t i = 0; i < in_use_count && i < PASSWORD_COSTS_MAX; i++) {
    add_cost(&set, in_use[i]);
  }
  if (stored_hash != NULL && !unusable) { /* of a hash that was made since `in_use` was asked for */
    add_cost(&set, stored.cost);
  }
  enum error error = make_forms(password, size, &forms);
  if (error == ERROR_NONE) {
    error = verify_each(&set, unusable ? NULL : stored_hash, &stored, &forms, cost, ret_renew);
  } else if (error == ERROR_INVALID) {
    error = ERROR_DENIED;
  }
  free_forms(&forms);
  return unusable && error == ERROR_DENIED ? ERROR_INVALID : error;
}
