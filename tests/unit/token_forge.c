/* SPDX-License-Identifier: ISC */
/*
 * A signer without any check, so that tests can sign what the program never would.
 */
#include "config.h"

#include "token_forge.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char keys[] = "k1 MDEyMzQ1Njc4OWFiY2RlZkdISUpLTE1OT1BRUlNUVVY;\n"
                           "k2 emVkY2JhOTg3NjU0MzIxMEBBQkNERUZHSElKS0xNTk8;\n";

struct keyring *forge_keyring(void) {
  struct keyring *keyring;
  char problem[KEYRING_PROBLEM_SIZE];
  if (keyring_parse(keys, sizeof keys - 1, &keyring, problem) != ERROR_NONE) {
    fprintf(stderr, "the fixed keys do not parse: %s\n", problem);
    abort();
  }
  return keyring;
}

static void append_segment(const void *bytes, size_t size, struct text *text) {
  char *encoded = malloc(text_base64url_length(size) + 1);
  if (encoded == NULL) {
    abort();
  }
  text_base64url_encode(bytes, size, encoded);
  text_append(text, encoded);
  free(encoded);
}

void forge_token(const struct keyring_key *key, const char *digest, const char *header, const void *payload,
                 size_t payload_size, struct text *ret_token) {
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int mac_size;
  size_t start = ret_token->length;
  append_segment(header, strlen(header), ret_token);
  text_append(ret_token, ".");
  append_segment(payload, payload_size, ret_token);
  if (ret_token->failed ||
      HMAC(EVP_get_digestbyname(digest), key->secret, (int)key->secret_size,
           (const unsigned char *)ret_token->data + start, ret_token->length - start, mac, &mac_size) == NULL) {
    abort();
  }
  text_append(ret_token, ".");
  append_segment(mac, mac_size, ret_token);
}
