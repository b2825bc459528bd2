/* SPDX-License-Identifier: ISC */
/* See chunk_checksum.h. */
#include "config.h"

#include "files/chunk_checksum.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/text_parse.h"

struct chunk_checksum {
  EVP_MD_CTX *context;
  unsigned char expected[EVP_MAX_MD_SIZE];
  size_t size;
};

static const EVP_MD *find_algorithm(const char *name, size_t length) {
  return length == 4 && memcmp(name, "sha1", length) == 0     ? EVP_sha1()
         : length == 6 && memcmp(name, "sha256", length) == 0 ? EVP_sha256()
                                                              : NULL;
}

enum error chunk_checksum_new(const char *algorithm, size_t algorithm_length, const char *expected,
                              struct chunk_checksum **ret_checksum) {
  const EVP_MD *digest = find_algorithm(algorithm, algorithm_length);
  unsigned char bytes[EVP_MAX_MD_SIZE];
  size_t size = 0;
  size_t length = strlen(expected);
  if (digest == NULL) {
    return ERROR_UNSUPPORTED;
  }
  if (length > sizeof bytes || text_base64_decode(expected, length, bytes, &size) != ERROR_NONE ||
      size != (size_t)EVP_MD_get_size(digest)) {
    return ERROR_INVALID;
  }
  struct chunk_checksum *checksum = calloc(1, sizeof *checksum);
  if (checksum == NULL) {
    return ERROR_MEMORY;
  }
  memcpy(checksum->expected, bytes, size);
  checksum->size = size;
  checksum->context = EVP_MD_CTX_new();
  if (checksum->context == NULL || EVP_DigestInit_ex(checksum->context, digest, NULL) != 1) {
    chunk_checksum_free(checksum);
    return ERROR_MEMORY;
  }
  *ret_checksum = checksum;
  return ERROR_NONE;
}

void chunk_checksum_free(struct chunk_checksum *checksum) {
  if (checksum != NULL) {
    EVP_MD_CTX_free(checksum->context);
    free(checksum);
  }
}

enum error chunk_checksum_add(struct chunk_checksum *checksum, const void *bytes, size_t size) {
  return EVP_DigestUpdate(checksum->context, bytes, size) == 1 ? ERROR_NONE : ERROR_INTERNAL;
}

bool chunk_checksum_fits(struct chunk_checksum *checksum) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  return EVP_DigestFinal_ex(checksum->context, digest, &size) == 1 && size == checksum->size &&
         memcmp(digest, checksum->expected, size) == 0;
}
