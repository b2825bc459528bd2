/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "security/sealed_secret.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "security/seal.h"

#define PURPOSE    "mediagate secret of an account"
#define OWNER_SIZE 48

/* The key of a seal is made of the owner too, so no other owner opens it. */
static void name_owner(int64_t owner_id, char ret_owner[OWNER_SIZE]) {
  snprintf(ret_owner, OWNER_SIZE, "account %" PRId64, owner_id);
}

enum error sealed_secret_seal(const struct keyring *keyring, int64_t owner_id, const void *secret, size_t size,
                              char ret_sealed[SEALED_SECRET_SIZE]) {
  char owner[OWNER_SIZE];
  struct text sealed = {.data = NULL};
  assert(size <= SEALED_SECRET_MAX_BYTES);
  name_owner(owner_id, owner);
  enum error error = seal_text(keyring, PURPOSE, owner, secret, size, &sealed);
  if (error == ERROR_NONE) {
    assert(sealed.length < SEALED_SECRET_SIZE);
    memcpy(ret_sealed, sealed.data, sealed.length + 1);
  }
  text_free(&sealed);
  return error;
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
  char owner[OWNER_SIZE];
  const struct keyring_key *key = NULL;
  struct text opened = {.data = NULL};
  assert(size <= SEALED_SECRET_MAX_BYTES);
  enum error error = find_key(keyring, sealed, &key);
  if (error != ERROR_NONE) {
    return error;
  }
  name_owner(owner_id, owner);
  error = seal_open(keyring, PURPOSE, owner, sealed, &opened);
  if (error == ERROR_NONE && opened.length != size) {
    error = ERROR_DENIED;
  }
  if (error == ERROR_NONE) {
    memcpy(ret_secret, opened.data, size);
  }
  if (opened.data != NULL) {
    explicit_bzero(opened.data, opened.length);
  }
  text_free(&opened);
  return error;
}

bool sealed_secret_is_current(const struct keyring *keyring, const char *sealed) {
  const struct keyring_key *key = NULL;
  return find_key(keyring, sealed, &key) == ERROR_NONE && key == keyring_signing(keyring);
}
