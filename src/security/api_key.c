/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "security/api_key.h"

#include <openssl/crypto.h>
#include <string.h>

#include "base/hash.h"
#include "security/labelled_secret.h"

void api_key_format(int64_t id, const char *secret, char ret_text[API_KEY_TEXT_SIZE]) {
  labelled_secret_format(API_KEY_BEGINNING, id, secret, ret_text);
}

bool api_key_is_meant(const char *text, size_t length) {
  return labelled_secret_is_meant(API_KEY_BEGINNING, text, length);
}

enum error api_key_new_secret(char ret_secret[API_KEY_SECRET_SIZE], unsigned char ret_hash[DIGEST_SIZE]) {
  return labelled_secret_new(ret_secret, ret_hash);
}

enum error api_key_parse(const char *text, size_t length, int64_t *ret_id, char ret_secret[API_KEY_SECRET_SIZE]) {
  return labelled_secret_parse(API_KEY_BEGINNING, text, length, ret_id, ret_secret);
}

static size_t slot_of(const char *text, size_t length) {
  return hash_mix(hash_bytes(HASH_BEGIN, text, length)) % API_KEY_MEMO_SLOTS;
}

enum error api_key_read(const struct api_key_memo *memo, const char *text, size_t length, int64_t *ret_id,
                        unsigned char ret_hash[DIGEST_SIZE]) {
  const size_t slot = slot_of(text, length);
  if (length > 0 && memo->slots[slot].length == length && CRYPTO_memcmp(memo->slots[slot].text, text, length) == 0) {
    *ret_id = memo->slots[slot].id;
    memcpy(ret_hash, memo->slots[slot].hash, DIGEST_SIZE);
    return ERROR_NONE;
  }
  return labelled_secret_read(API_KEY_BEGINNING, text, length, ret_id, ret_hash);
}

void api_key_keep(struct api_key_memo *memo, const char *text, size_t length, int64_t id,
                  const unsigned char hash[DIGEST_SIZE]) {
  const size_t slot = slot_of(text, length);
  if (length < API_KEY_TEXT_SIZE) {
    memcpy(memo->slots[slot].text, text, length);
    memo->slots[slot].id = id;
    memcpy(memo->slots[slot].hash, hash, DIGEST_SIZE);
    memo->slots[slot].length = length;
  }
}

bool api_key_hash_is(const unsigned char hash[DIGEST_SIZE], const unsigned char expected[DIGEST_SIZE]) {
  return CRYPTO_memcmp(hash, expected, DIGEST_SIZE) == 0;
}
