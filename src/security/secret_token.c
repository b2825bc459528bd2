/* SPDX-License-Identifier: ISC */
/* Secret tokens: made, hashed for storing, and sealed for who has their predecessor. */
#include "config.h"

#include "security/secret_token.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
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

/* ERROR_DENIED: not of the form that we hand out. */
static enum error decode(const char *token, unsigned char ret_bits[DIGEST_SIZE]) {
  unsigned char bits[SECRET_TOKEN_SIZE];
  size_t size;
  size_t length = strlen(token);
  if (length != SECRET_TOKEN_SIZE - 1 || text_base64url_decode(token, length, bits, &size) != ERROR_NONE) {
    return ERROR_DENIED;
  }
  memcpy(ret_bits, bits, DIGEST_SIZE);
  explicit_bzero(bits, sizeof bits);
  return ERROR_NONE;
}

enum error secret_token_hash(const char *token, unsigned char ret_hash[DIGEST_SIZE]) {
  unsigned char bits[DIGEST_SIZE];
  if (decode(token, bits) != ERROR_NONE) {
    return ERROR_DENIED;
  }
  explicit_bzero(bits, sizeof bits);
  return hash_token(token, ret_hash);
}

/* XOR with the pad of `token`; twice is nothing. */
static enum error apply_pad(const char *token, unsigned char bits[DIGEST_SIZE]) {
  static const unsigned char purpose[] = "mediagate successor";
  unsigned char key[DIGEST_SIZE], pad[DIGEST_SIZE];
  enum error error = decode(token, key);
  if (error == ERROR_NONE) {
    error =
        HMAC(EVP_sha256(), key, sizeof key, purpose, sizeof purpose - 1, pad, NULL) == NULL ? ERROR_MEMORY : ERROR_NONE;
  }
  for (size_t i = 0; error == ERROR_NONE && i < DIGEST_SIZE; i++) {
    bits[i] ^= pad[i];
  }
  explicit_bzero(key, sizeof key);
  explicit_bzero(pad, sizeof pad);
  return error;
}

enum error secret_token_seal(const char *token, const char *successor, unsigned char ret_sealed[DIGEST_SIZE]) {
  unsigned char bits[DIGEST_SIZE];
  enum error error = decode(successor, bits);
  if (error == ERROR_NONE) {
    error = apply_pad(token, bits);
  }
  if (error == ERROR_NONE) {
    memcpy(ret_sealed, bits, sizeof bits);
  }
  explicit_bzero(bits, sizeof bits);
  return error;
}

enum error secret_token_unseal(const char *token, const unsigned char sealed[DIGEST_SIZE],
                               char ret_successor[SECRET_TOKEN_SIZE]) {
  unsigned char bits[DIGEST_SIZE];
  memcpy(bits, sealed, sizeof bits);
  enum error error = apply_pad(token, bits);
  if (error == ERROR_NONE) {
    text_base64url_encode(bits, sizeof bits, ret_successor);
  }
  explicit_bzero(bits, sizeof bits);
  return error;
}
