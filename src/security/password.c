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
#include <string.h>

#include "base/random.h"
#include "base/text_parse.h"

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

static bool parse_stored_hash(const char *at, struct stored_hash *ret_stored) {
  return strlen(at) < PASSWORD_HASH_SIZE && take_literal(&at, "$argon2id$v=19$m=") &&
         take_number(&at, &ret_stored->cost.memory_kib) && take_literal(&at, ",t=") &&
         take_number(&at, &ret_stored->cost.time) && take_literal(&at, ",p=1$") &&
         take_base64(&at, &ret_stored->salt_bytes) && take_literal(&at, "$") &&
         take_base64(&at, &ret_stored->hash_bytes) && *at == '\0' && cost_is_allowed(ret_stored->cost) &&
         ret_stored->salt_bytes >= 8 && ret_stored->salt_bytes <= 48 && ret_stored->hash_bytes >= 16 &&
         ret_stored->hash_bytes <= 64;
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

enum error password_hash(const char *password, size_t size, struct password_cost cost,
                         char ret_hash[PASSWORD_HASH_SIZE]) {
  if (size > PASSWORD_MAX_BYTES || !cost_is_allowed(cost)) {
    return ERROR_INVALID;
  }
  unsigned char salt[SALT_BYTES];
  char hash[PASSWORD_HASH_SIZE];
  random_bytes(salt, sizeof salt);
  enum error error = error_from_argon2(argon2id_hash_encoded(cost.time, cost.memory_kib, 1, password, size, salt,
                                                             sizeof salt, HASH_BYTES, hash, sizeof hash));
  if (error == ERROR_NONE) {
    memcpy(ret_hash, hash, strlen(hash) + 1);
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
  enum error error = error_from_argon2(argon2id_verify(stored_hash, password, size));
  if (error == ERROR_NONE) {
    *ret_renew = stored.cost.memory_kib != cost.memory_kib || stored.cost.time != cost.time ||
                 stored.salt_bytes != SALT_BYTES || stored.hash_bytes != HASH_BYTES;
  }
  return error;
}

enum error password_waste_time(const char *password, size_t size, struct password_cost cost) {
  static const unsigned char salt[SALT_BYTES] = {0};
  unsigned char hash[HASH_BYTES];
  if (size > PASSWORD_MAX_BYTES) {
    return ERROR_DENIED;
  }
  enum error error = error_from_argon2(
      argon2id_hash_raw(cost.time, cost.memory_kib, 1, password, size, salt, sizeof salt, hash, sizeof hash));
  explicit_bzero(hash, sizeof hash);
  return error == ERROR_NONE ? ERROR_DENIED : error;
}
