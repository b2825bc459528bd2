/* SPDX-License-Identifier: ISC */
/*
 * Access tokens: the input as a whole token, and the input as the payload of a correctly signed
 * one, so that the fuzzer gets behind the signature. What passes must have claims that we could
 * have issued.
 */
#include "config.h"

#include "security/access_token.h"

#include <string.h>

#include "fuzz.h"
#include "../tests/unit/token_forge.h"

static struct keyring *keyring;

static void verify(const char *text, size_t size) {
  struct access_token token;
  const struct keyring_key *key;
  enum error gate = access_token_gate(keyring, text, size, &key);
  enum error error = access_token_verify(keyring, text, size, FORGE_NOW, &token);
  FUZZ_REQUIRE(gate == ERROR_NONE || gate == ERROR_DENIED);
  FUZZ_REQUIRE(error == ERROR_NONE || error == ERROR_DENIED || error == ERROR_EXPIRED);
  FUZZ_REQUIRE(gate == ERROR_NONE || error == ERROR_DENIED);
  if (error == ERROR_NONE) {
    char *again = NULL;
    struct access_token same;
    FUZZ_REQUIRE(access_token_issue(keyring, &token, &again) == ERROR_NONE);
    FUZZ_REQUIRE(access_token_verify(keyring, again, strlen(again), FORGE_NOW, &same) == ERROR_NONE);
    FUZZ_REQUIRE(token.account_id == same.account_id && token.epoch == same.epoch &&
                 token.issued_at == same.issued_at && token.expires_at == same.expires_at &&
                 strcmp(token.session_id, same.session_id) == 0);
    free(again);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  if (keyring == NULL) {
    keyring = forge_keyring();
  }
  verify((const char *)bytes, size);
  if (size <= ACCESS_TOKEN_MAX_BYTES) {
    struct text token = {0};
    forge_token(keyring_signing(keyring), "SHA256", FORGE_HEADER, bytes, size, &token);
    verify(token.data, token.length);
    text_free(&token);
  }
  return 0;
}
