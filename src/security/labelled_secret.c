/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "security/labelled_secret.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "base/text_parse.h"

#define CHECK_LENGTH  6 /* 62^6 > 2^32 */
#define SECRET_LENGTH (LABELLED_SECRET_SIZE - 1)

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
#define ALPHABET_COUNT (sizeof alphabet - 1)

static enum error hash_secret(const char *secret, unsigned char ret_hash[DIGEST_SIZE]) {
  return EVP_Digest(secret, SECRET_LENGTH, ret_hash, NULL, EVP_sha256(), NULL) == 1 ? ERROR_NONE : ERROR_MEMORY;
}

enum error labelled_secret_new(char ret_secret[LABELLED_SECRET_SIZE], unsigned char ret_hash[DIGEST_SIZE]) {
  const unsigned char limit = 256 / ALPHABET_COUNT * ALPHABET_COUNT; /* from here on some would come more often */
  size_t length = 0;
  while (length < SECRET_LENGTH) {
    unsigned char bytes[SECRET_LENGTH];
    random_bytes(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes && length < SECRET_LENGTH; i++) {
      if (bytes[i] < limit) {
        ret_secret[length++] = alphabet[bytes[i] % ALPHABET_COUNT];
      }
    }
    explicit_bzero(bytes, sizeof bytes);
  }
  ret_secret[length] = '\0';
  return hash_secret(ret_secret, ret_hash);
}

/* CRC-32 as zlib, PNG and Ethernet have it (ISO 3309). */
static uint32_t crc32_of(const char *text, size_t length) {
  uint32_t crc = UINT32_MAX;
  for (size_t i = 0; i < length; i++) {
    crc ^= (unsigned char)text[i];
    for (int bit = 0; bit < 8; bit++) {
      crc = crc >> 1 ^ (UINT32_C(0xedb88320) & (0 - (crc & 1)));
    }
  }
  return ~crc;
}

static void write_check(const char *text, size_t length, char ret_check[CHECK_LENGTH]) {
  uint32_t crc = crc32_of(text, length);
  for (int i = CHECK_LENGTH - 1; i >= 0; i--) {
    ret_check[i] = alphabet[crc % ALPHABET_COUNT];
    crc /= ALPHABET_COUNT;
  }
}

void labelled_secret_format(const char *beginning, int64_t id, const char *secret,
                            char ret_text[LABELLED_SECRET_TEXT_SIZE]) {
  int length = snprintf(ret_text, LABELLED_SECRET_TEXT_SIZE, "%s%" PRId64 "_%s", beginning, id, secret);
  write_check(ret_text, (size_t)length, ret_text + length);
  ret_text[length + CHECK_LENGTH] = '\0';
}

bool labelled_secret_is_meant(const char *beginning, const char *text, size_t length) {
  return length >= strlen(beginning) && memcmp(text, beginning, strlen(beginning)) == 0;
}

enum error labelled_secret_parse(const char *beginning, const char *text, size_t length, int64_t *ret_id,
                                 char ret_secret[LABELLED_SECRET_SIZE]) {
  const size_t begin = strlen(beginning), ending = 1 + SECRET_LENGTH + CHECK_LENGTH;
  char check[CHECK_LENGTH];
  uint64_t id;
  if (!labelled_secret_is_meant(beginning, text, length) || length >= LABELLED_SECRET_TEXT_SIZE ||
      length <= begin + ending) {
    return ERROR_INVALID;
  }
  const char *secret = text + length - ending + 1;
  write_check(text, length - CHECK_LENGTH, check);
  if (memcmp(check, text + length - CHECK_LENGTH, CHECK_LENGTH) != 0 || secret[-1] != '_' ||
      text_parse_u64(text + begin, length - begin - ending, INT64_MAX, &id) != ERROR_NONE) {
    return ERROR_INVALID;
  }
  for (size_t i = 0; i < SECRET_LENGTH; i++) {
    if (secret[i] == '\0' || strchr(alphabet, secret[i]) == NULL) {
      return ERROR_INVALID;
    }
  }
  *ret_id = (int64_t)id;
  memcpy(ret_secret, secret, SECRET_LENGTH);
  ret_secret[SECRET_LENGTH] = '\0';
  return ERROR_NONE;
}

enum error labelled_secret_read(const char *beginning, const char *text, size_t length, int64_t *ret_id,
                                unsigned char ret_hash[DIGEST_SIZE]) {
  char secret[LABELLED_SECRET_SIZE];
  int64_t id;
  unsigned char hash[DIGEST_SIZE];
  enum error error = labelled_secret_parse(beginning, text, length, &id, secret);
  if (error == ERROR_NONE) {
    error = hash_secret(secret, hash);
  }
  if (error == ERROR_NONE) {
    *ret_id = id;
    memcpy(ret_hash, hash, DIGEST_SIZE);
  }
  explicit_bzero(secret, sizeof secret);
  return error;
}
