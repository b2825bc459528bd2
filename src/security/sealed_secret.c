/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "security/sealed_secret.h"

#include <assert.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "base/text_parse.h"
#include "domain/digest.h"

/* Random nonces of 96 bits are good for 2^32 secrets under one key (SP 800-38D section 8.3). */
#define NONCE_BYTES 12
#define TAG_BYTES   16
#define BOX_BYTES   (NONCE_BYTES + SEALED_SECRET_MAX_BYTES + TAG_BYTES)
#define OWNER_SIZE  48

/* Keys of a file have 32 to 64 bytes. What AES takes is made of them for this purpose alone. */
static enum error derive_key(const struct keyring_key *key, unsigned char ret_key[DIGEST_SIZE]) {
  static const unsigned char purpose[] = "mediagate sealed secret, AES-256-GCM";
  return HMAC(EVP_sha256(), key->secret, (int)key->secret_size, purpose, sizeof purpose - 1, ret_key, NULL) == NULL
             ? ERROR_MEMORY
             : ERROR_NONE;
}

/* The additional data: who owns the secret. */
static size_t name_owner(int64_t owner_id, char ret_owner[OWNER_SIZE]) {
  return (size_t)snprintf(ret_owner, OWNER_SIZE, "account %" PRId64, owner_id);
}

/* Begins with key, nonce and owner. NULL: out of memory. */
static EVP_CIPHER_CTX *begin(const struct keyring_key *key, int64_t owner_id, const unsigned char *nonce, bool seals) {
  unsigned char aes_key[DIGEST_SIZE];
  char owner[OWNER_SIZE];
  int ignored = 0;
  EVP_CIPHER_CTX *context = derive_key(key, aes_key) == ERROR_NONE ? EVP_CIPHER_CTX_new() : NULL;
  size_t owner_length = name_owner(owner_id, owner);
  if (context != NULL &&
      (EVP_CipherInit_ex(context, EVP_aes_256_gcm(), NULL, aes_key, nonce, seals) != 1 ||
       EVP_CipherUpdate(context, NULL, &ignored, (const unsigned char *)owner, (int)owner_length) != 1)) {
    EVP_CIPHER_CTX_free(context);
    context = NULL;
  }
  OPENSSL_cleanse(aes_key, sizeof aes_key);
  return context;
}

enum error sealed_secret_seal(const struct keyring *keyring, int64_t owner_id, const void *secret, size_t size,
                              char ret_sealed[SEALED_SECRET_SIZE]) {
  unsigned char box[BOX_BYTES];
  const struct keyring_key *key = keyring_signing(keyring);
  int written = 0, rest = 0;
  assert(size <= SEALED_SECRET_MAX_BYTES);
  random_bytes(box, NONCE_BYTES);
  EVP_CIPHER_CTX *context = begin(key, owner_id, box, true);
  bool good = context != NULL && EVP_CipherUpdate(context, box + NONCE_BYTES, &written, secret, (int)size) == 1 &&
              EVP_CipherFinal_ex(context, box + NONCE_BYTES + written, &rest) == 1 &&
              EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, box + NONCE_BYTES + size) == 1;
  EVP_CIPHER_CTX_free(context);
  if (!good) {
    return ERROR_MEMORY;
  }
  size_t begun = (size_t)snprintf(ret_sealed, SEALED_SECRET_SIZE, "%s.", key->kid);
  text_base64url_encode(box, NONCE_BYTES + size + TAG_BYTES, ret_sealed + begun);
  return ERROR_NONE;
}

/* The key that a text names. ERROR_DENIED: it is no such text. */
static enum error find_key(const struct keyring *keyring, const char *sealed, const struct keyring_key **ret_key) {
  char kid[KEYRING_KID_SIZE];
  size_t length = strcspn(sealed, ".");
  if (sealed[length] != '.' || length >= sizeof kid || strlen(sealed) >= SEALED_SECRET_SIZE) {
    return ERROR_DENIED;
  }
  memcpy(kid, sealed, length);
  kid[length] = '\0';
  *ret_key = keyring_find(keyring, kid);
  return *ret_key == NULL ? ERROR_NOT_FOUND : ERROR_NONE;
}

enum error sealed_secret_open(const struct keyring *keyring, int64_t owner_id, const char *sealed, void *ret_secret,
                              size_t size) {
  unsigned char box[SEALED_SECRET_SIZE], opened[SEALED_SECRET_MAX_BYTES];
  const struct keyring_key *key = NULL;
  size_t box_size = 0;
  int written = 0, rest = 0;
  assert(size <= SEALED_SECRET_MAX_BYTES);
  enum error error = find_key(keyring, sealed, &key);
  if (error != ERROR_NONE) {
    return error;
  }
  const char *encoded = strchr(sealed, '.') + 1;
  if (text_base64url_decode(encoded, strlen(encoded), box, &box_size) != ERROR_NONE ||
      box_size != NONCE_BYTES + size + TAG_BYTES) {
    return ERROR_DENIED;
  }
  EVP_CIPHER_CTX *context = begin(key, owner_id, box, false);
  if (context == NULL) {
    return ERROR_MEMORY;
  }
  bool good = EVP_CipherUpdate(context, opened, &written, box + NONCE_BYTES, (int)size) == 1 &&
              EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, box + NONCE_BYTES + size) == 1 &&
              EVP_CipherFinal_ex(context, opened + written, &rest) == 1;
  EVP_CIPHER_CTX_free(context);
  if (good) {
    memcpy(ret_secret, opened, size);
  }
  OPENSSL_cleanse(opened, sizeof opened);
  return good ? ERROR_NONE : ERROR_DENIED;
}

bool sealed_secret_is_current(const struct keyring *keyring, const char *sealed) {
  const struct keyring_key *key = NULL;
  return find_key(keyring, sealed, &key) == ERROR_NONE && key == keyring_signing(keyring);
}
