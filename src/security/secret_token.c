/* SPDX-License-Identifier: ISC */
/* Secret tokens: made, and hashed for storing. */
#include "config.h"

#include "security/secret_token.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "base/text_parse.h"
#include "domain/digest.h"

static enum error hash_token(const char *token, unsigned char ret_hash[DIGEST_SIZE]) {
  return EVP_Digest(token, strlen(token), ret_hash, NULL, EVP_sha256(), NULL) == 1 ? ERROR_NONE : ERROR_MEMORY;
}

enum error secret_token_new(char ret_token[SECRET_TOKEN_SIZE], unsigned char ret_hash[DIGEST_SIZE]) {
  unsigned char bits[32];
  random_bytes(bits, sizeof bits);
  text_base64url_encode(bits, sizeof bits, ret_token);
  explicit_bzero(bits, sizeof bits);
  return hash_token(ret_token, ret_hash);
}

enum error secret_token_hash(const char *token, unsigned char ret_hash[DIGEST_SIZE]) {
  unsigned char bits[SECRET_TOKEN_SIZE];
  size_t size;
  size_t length = strlen(token);
  if (length != SECRET_TOKEN_SIZE - 1 || text_base64url_decode(token, length, bits, &size) != ERROR_NONE) {
    return ERROR_DENIED;
  }
  explicit_bzero(bits, sizeof bits);
  return hash_token(token, ret_hash);
}
