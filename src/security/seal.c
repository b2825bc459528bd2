/* SPDX-License-Identifier: ISC */
/* A random nonce, the ciphertext, the tag: what GCM gives (NIST SP 800-38D). */
#include "config.h"

#include "security/seal.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/text_parse.h"
#include "domain/digest.h"

#define NONCE_SIZE 12
#define TAG_SIZE   16

/* HMAC over the purpose, a NUL, the secret: an access token's input has no NUL, so no token is ever such a key. */
static enum error derive_key(const struct keyring_key *key, const char *purpose, const char *secret,
                             unsigned char ret_key[DIGEST_SIZE]) {
  struct text input = {.data = NULL};
  text_append_bytes(&input, purpose, strlen(purpose) + 1);
  text_append(&input, secret);
  enum error error = input.failed || HMAC(EVP_sha256(), key->secret, (int)key->secret_size,
                                          (const unsigned char *)input.data, input.length, ret_key, NULL) == NULL
                         ? ERROR_MEMORY
                         : ERROR_NONE;
  if (input.data != NULL) {
    explicit_bzero(input.data, input.length);
  }
  text_free(&input);
  return error;
}

/* bytes: nonce, room for the ciphertext, room for the tag. */
static enum error encrypt(const unsigned char key[DIGEST_SIZE], const char *plain, size_t size, unsigned char *bytes) {
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  int length = 0, rest = 0;
  bool good = context != NULL && EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, bytes) == 1 &&
              EVP_EncryptUpdate(context, bytes + NONCE_SIZE, &length, (const unsigned char *)plain, (int)size) == 1 &&
              EVP_EncryptFinal_ex(context, bytes + NONCE_SIZE + length, &rest) == 1 &&
              EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, bytes + NONCE_SIZE + size) == 1;
  EVP_CIPHER_CTX_free(context);
  return good ? ERROR_NONE : ERROR_MEMORY;
}

static enum error decrypt(const unsigned char key[DIGEST_SIZE], unsigned char *bytes, size_t size, char *plain) {
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  int length = 0, rest = 0;
  size_t plain_size = size - NONCE_SIZE - TAG_SIZE;
  bool ready = context != NULL && EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, bytes) == 1 &&
               EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, bytes + NONCE_SIZE + plain_size) == 1 &&
               EVP_DecryptUpdate(context, (unsigned char *)plain, &length, bytes + NONCE_SIZE, (int)plain_size) == 1;
  bool good = ready && EVP_DecryptFinal_ex(context, (unsigned char *)plain + length, &rest) == 1;
  EVP_CIPHER_CTX_free(context);
  return good ? ERROR_NONE : ready ? ERROR_DENIED : ERROR_MEMORY;
}

enum error seal_text(const struct keyring *keys, const char *purpose, const char *secret, const char *plain,
                     size_t size, struct text *ret_sealed) {
  const struct keyring_key *signing = keyring_signing(keys);
  unsigned char key[DIGEST_SIZE];
  const size_t sealed_size = NONCE_SIZE + size + TAG_SIZE;
  unsigned char *bytes = malloc(sealed_size);
  char *text = malloc(text_base64url_length(sealed_size) + 1);
  enum error error = bytes == NULL || text == NULL ? ERROR_MEMORY : derive_key(signing, purpose, secret, key);
  if (error == ERROR_NONE) {
    random_bytes(bytes, NONCE_SIZE);
    error = encrypt(key, plain, size, bytes);
  }
  if (error == ERROR_NONE) {
    text_base64url_encode(bytes, sealed_size, text);
    text_append(ret_sealed, signing->kid);
    text_append(ret_sealed, ".");
    text_append(ret_sealed, text);
    error = ret_sealed->failed ? ERROR_MEMORY : ERROR_NONE;
  }
  explicit_bzero(key, sizeof key);
  free(bytes);
  free(text);
  return error;
}

static const struct keyring_key *key_of(const struct keyring *keys, const char *sealed, size_t kid_length) {
  char kid[KEYRING_KID_SIZE] = "";
  if (kid_length == 0 || kid_length >= sizeof kid || sealed[kid_length] != '.') {
    return NULL;
  }
  memcpy(kid, sealed, kid_length);
  return keyring_find(keys, kid);
}

enum error seal_open(const struct keyring *keys, const char *purpose, const char *secret, const char *sealed,
                     struct text *ret_plain) {
  size_t kid_length = strcspn(sealed, ".");
  const struct keyring_key *found = key_of(keys, sealed, kid_length);
  if (found == NULL) {
    return ERROR_DENIED;
  }
  const char *text = sealed + kid_length + 1;
  size_t length = strlen(text), size = 0;
  unsigned char key[DIGEST_SIZE];
  unsigned char *bytes = malloc(length + 1);
  char *plain = malloc(length + 1);
  enum error error = bytes == NULL || plain == NULL ? ERROR_MEMORY : derive_key(found, purpose, secret, key);
  if (error == ERROR_NONE &&
      (text_base64url_decode(text, length, bytes, &size) != ERROR_NONE || size < NONCE_SIZE + TAG_SIZE)) {
    error = ERROR_DENIED;
  }
  if (error == ERROR_NONE) {
    error = decrypt(key, bytes, size, plain);
  }
  if (error == ERROR_NONE) {
    text_append_bytes(ret_plain, plain, size - NONCE_SIZE - TAG_SIZE);
    error = ret_plain->failed ? ERROR_MEMORY : ERROR_NONE;
  }
  explicit_bzero(key, sizeof key);
  free(bytes);
  free(plain);
  return error;
}
