/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "security/recovery_code.h"

#include <ctype.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"

#define LETTERS 16
#define GROUP   4

static const char alphabet[] = "abcdefghijkmnpqrstuvwxyz23456789"; /* 32: no bias; without l, o, 0, 1 */
_Static_assert(sizeof alphabet == 33, "five bits a letter");

enum error recovery_code_new(int64_t account_id, char ret_code[RECOVERY_CODE_SIZE],
                             unsigned char ret_hash[DIGEST_SIZE]) {
  unsigned char bytes[LETTERS];
  size_t used = 0;
  random_bytes(bytes, sizeof bytes);
  for (size_t i = 0; i < LETTERS; i++) {
    if (i > 0 && i % GROUP == 0) {
      ret_code[used++] = '-';
    }
    ret_code[used++] = alphabet[bytes[i] % 32];
  }
  ret_code[used] = '\0';
  OPENSSL_cleanse(bytes, sizeof bytes);
  return recovery_code_hash(account_id, ret_code, ret_hash);
}

/* The letters alone. ERROR_DENIED: too many or too few, or others. */
static enum error normalise(const char *code, char ret_letters[LETTERS + 1]) {
  size_t count = 0;
  for (; *code != '\0'; code++) {
    char letter = (char)tolower((unsigned char)*code);
    if (letter == '-' || letter == ' ') {
      continue;
    }
    if (count == LETTERS || strchr(alphabet, letter) == NULL) {
      return ERROR_DENIED;
    }
    ret_letters[count++] = letter;
  }
  ret_letters[count] = '\0';
  return count == LETTERS ? ERROR_NONE : ERROR_DENIED;
}

enum error recovery_code_hash(int64_t account_id, const char *code, unsigned char ret_hash[DIGEST_SIZE]) {
  char letters[LETTERS + 1], hashed[LETTERS + 64];
  enum error error = normalise(code, letters);
  if (error == ERROR_NONE) {
    int length = snprintf(hashed, sizeof hashed, "mediagate recovery %" PRId64 " %s", account_id, letters);
    error = EVP_Digest(hashed, (size_t)length, ret_hash, NULL, EVP_sha256(), NULL) == 1 ? ERROR_NONE : ERROR_MEMORY;
  }
  OPENSSL_cleanse(letters, sizeof letters);
  OPENSSL_cleanse(hashed, sizeof hashed);
  return error;
}
