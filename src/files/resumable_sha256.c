/* SPDX-License-Identifier: ISC */
/*
 * See resumable_sha256.h. OpenSSL's EVP keeps its state to itself, so this uses the older SHA256_CTX, a plain struct
 * with the same assembler behind it.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "config.h"

#include "files/resumable_sha256.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/text_parse.h"
#include "domain/digest.h"

#define WORDS       8
#define BLOCK       SHA256_CBLOCK
#define STATE_BYTES (WORDS * 4 + 8 + BLOCK) /* words, bits so far, the block begun */
_Static_assert(STATE_BYTES * 2 + 1 == RESUMABLE_SHA256_STATE_SIZE, "the state's text has room for all of it");

struct resumable_sha256 {
  SHA256_CTX context;
};

enum error resumable_sha256_new(struct resumable_sha256 **ret_hash) {
  struct resumable_sha256 *hash = malloc(sizeof *hash);
  if (hash == NULL) {
    return ERROR_MEMORY;
  }
  resumable_sha256_restart(hash);
  *ret_hash = hash;
  return ERROR_NONE;
}

void resumable_sha256_free(struct resumable_sha256 *hash) {
  free(hash);
}

void resumable_sha256_restart(struct resumable_sha256 *hash) {
  memset(&hash->context, 0, sizeof hash->context);
  (void)SHA256_Init(&hash->context); /* cannot fail */
}

enum error resumable_sha256_add(struct resumable_sha256 *hash, const void *bytes, size_t size) {
  return SHA256_Update(&hash->context, bytes, size) == 1 ? ERROR_NONE : ERROR_INTERNAL;
}

static uint64_t bits(const struct resumable_sha256 *hash) {
  return (uint64_t)hash->context.Nh << 32 | hash->context.Nl;
}

int64_t resumable_sha256_count(const struct resumable_sha256 *hash) {
  return (int64_t)(bits(hash) / 8);
}

enum error resumable_sha256_finish(struct resumable_sha256 *hash, char ret_digest[DIGEST_HEX_SIZE]) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  if (SHA256_Final(digest, &hash->context) != 1) {
    return ERROR_INTERNAL;
  }
  text_hex_encode(digest, sizeof digest, ret_digest);
  return ERROR_NONE;
}

static void put_number(unsigned char *at, uint64_t number, size_t size) {
  for (size_t i = 0; i < size; i++) {
    at[i] = (unsigned char)(number >> (8 * (size - 1 - i)));
  }
}

static uint64_t get_number(const unsigned char *at, size_t size) {
  uint64_t number = 0;
  for (size_t i = 0; i < size; i++) {
    number = number << 8 | at[i];
  }
  return number;
}

void resumable_sha256_save(const struct resumable_sha256 *hash, char ret_state[RESUMABLE_SHA256_STATE_SIZE]) {
  unsigned char state[STATE_BYTES] = {0};
  for (size_t i = 0; i < WORDS; i++) {
    put_number(state + i * 4, hash->context.h[i], 4);
  }
  put_number(state + WORDS * 4, bits(hash), 8);
  memcpy(state + WORDS * 4 + 8, hash->context.data, hash->context.num);
  text_hex_encode(state, sizeof state, ret_state);
}

enum error resumable_sha256_restore(struct resumable_sha256 *hash, const char *state_text) {
  unsigned char state[STATE_BYTES];
  if (strlen(state_text) != sizeof state * 2 || text_hex_decode(state_text, sizeof state * 2, state) != ERROR_NONE) {
    return ERROR_INVALID;
  }
  uint64_t bit_count = get_number(state + WORDS * 4, 8);
  if (bit_count % 8 != 0 || bit_count / 8 > INT64_MAX / 8) {
    return ERROR_INVALID;
  }
  resumable_sha256_restart(hash);
  for (size_t i = 0; i < WORDS; i++) {
    hash->context.h[i] = (SHA_LONG)get_number(state + i * 4, 4);
  }
  hash->context.Nh = (SHA_LONG)(bit_count >> 32);
  hash->context.Nl = (SHA_LONG)bit_count;
  hash->context.num = (unsigned)(bit_count / 8 % BLOCK);
  memcpy(hash->context.data, state + WORDS * 4 + 8, hash->context.num);
  return ERROR_NONE;
}
