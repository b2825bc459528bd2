/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "security/webhook_signature.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum error webhook_secret_derive(const struct keyring_key *key, const char *salt, int64_t version,
                                 unsigned char ret_secret[DIGEST_SIZE]) {
  char info[64];
  size_t size = DIGEST_SIZE;
  int length = snprintf(info, sizeof info, "mediagate webhook %" PRId64, version);
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
  bool good = context != NULL && EVP_PKEY_derive_init(context) == 1 &&
              EVP_PKEY_CTX_set_hkdf_md(context, EVP_sha256()) == 1 &&
              EVP_PKEY_CTX_set1_hkdf_salt(context, (const unsigned char *)salt, (int)strlen(salt)) == 1 &&
              EVP_PKEY_CTX_set1_hkdf_key(context, key->secret, (int)key->secret_size) == 1 &&
              EVP_PKEY_CTX_add1_hkdf_info(context, (const unsigned char *)info, length) == 1 &&
              EVP_PKEY_derive(context, ret_secret, &size) == 1;
  EVP_PKEY_CTX_free(context);
  return good ? ERROR_NONE : ERROR_MEMORY;
}

void webhook_secret_format(const unsigned char secret[DIGEST_SIZE], char ret_text[WEBHOOK_SECRET_SIZE]) {
  memcpy(ret_text, "whsec_", 6);
  (void)EVP_EncodeBlock((unsigned char *)ret_text + 6, secret, DIGEST_SIZE);
}

enum error webhook_sign(const unsigned char secret[DIGEST_SIZE], const char *id, int64_t timestamp_seconds,
                        const char *body, char ret_signature[WEBHOOK_SIGNATURE_SIZE]) {
  struct text signed_text = {0};
  unsigned char digest[DIGEST_SIZE];
  text_appendf(&signed_text, "%s.%" PRId64 ".", id, timestamp_seconds);
  text_append(&signed_text, body);
  bool good = !signed_text.failed && HMAC(EVP_sha256(), secret, DIGEST_SIZE, (const unsigned char *)signed_text.data,
                                          signed_text.length, digest, NULL) != NULL;
  text_free(&signed_text);
  if (good) {
    memcpy(ret_signature, "v1,", 3);
    (void)EVP_EncodeBlock((unsigned char *)ret_signature + 3, digest, DIGEST_SIZE);
  }
  return good ? ERROR_NONE : ERROR_MEMORY;
}
