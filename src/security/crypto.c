/* SPDX-License-Identifier: ISC */
/* See crypto.h. What is made here is thrown away. */
#include "config.h"

#include "security/crypto.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "domain/digest.h"
#include "domain/grant.h"
#include "security/access_token.h"
#include "security/seal.h"
#include "security/sealed_secret.h"
#include "security/secret_token.h"
#include "security/signed_url.h"
#include "security/totp.h"

#define TIME    INT64_C(1700000000)
#define SESSION "00000000-0000-0000-0000-000000000000"

static enum error try_access_token(const struct keyring *keys) {
  const struct access_token token = {.account_id = 1, .session_id = SESSION, .issued_at = TIME, .expires_at = TIME + 1};
  struct access_token verified;
  char *text = NULL;
  enum error error = access_token_issue(keys, &token, &text);
  if (error == ERROR_NONE) {
    error = access_token_verify(keys, text, strlen(text), TIME, &verified);
  }
  free(text);
  return error;
}

static enum error try_seal(const struct keyring *keys) {
  struct text sealed = {0}, plain = {0};
  enum error error = seal_text(keys, "", "", "text", 4, &sealed);
  if (error == ERROR_NONE) {
    error = seal_open(keys, "", "", sealed.data, &plain);
  }
  text_free(&sealed);
  text_free(&plain);
  return error;
}

static enum error try_signed_url(const struct keyring *keys) {
  struct signed_url url = {.viewer = "-", .expires_at = TIME, .media_id = 1};
  struct text path = {0};
  grant_id_new(TIME * 1000000, 0, url.grant_id);
  enum error error = signed_url_append_path(keys, &url, "a", &path);
  text_free(&path);
  return error;
}

static enum error try_code(const struct keyring *keys) {
  unsigned char secret[TOTP_SECRET_BYTES], opened[TOTP_SECRET_BYTES];
  char sealed[SEALED_SECRET_SIZE];
  int64_t step;
  totp_secret_new(secret);
  enum error error = sealed_secret_seal(keys, 1, secret, sizeof secret, sealed);
  if (error == ERROR_NONE) {
    error = sealed_secret_open(keys, 1, sealed, opened, sizeof opened);
  }
  if (error == ERROR_NONE) {
    error = totp_verify(opened, "000000", TIME, &step);
  }
  explicit_bzero(secret, sizeof secret);
  explicit_bzero(opened, sizeof opened);
  return error == ERROR_DENIED ? ERROR_NONE : error; /* or that is the code, once in 300,000 starts */
}

enum error crypto_warm_up(const struct keyring *access_keys, const struct keyring *stream_keys,
                          const struct keyring *totp_keys) {
  char token[SECRET_TOKEN_SIZE];
  unsigned char hash[DIGEST_SIZE];
  enum error error = access_keys == NULL ? ERROR_NONE : try_access_token(access_keys);
  if (error == ERROR_NONE && access_keys != NULL) {
    error = try_seal(access_keys);
  }
  if (error == ERROR_NONE) {
    error = secret_token_new(token, hash);
  }
  explicit_bzero(token, sizeof token);
  if (error == ERROR_NONE && stream_keys != NULL) {
    error = try_signed_url(stream_keys);
  }
  return error == ERROR_NONE && totp_keys != NULL ? try_code(totp_keys) : error;
}
