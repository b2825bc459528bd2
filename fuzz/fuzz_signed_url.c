/* SPDX-License-Identifier: ISC */
/*
 * Signed stream paths: no input may crash or be read in two ways. A path that verifies, or is
 * merely well-formed and signed anew, must be the very path that signing its parts gives.
 */
#include "config.h"

#include "domain/grant.h"
#include "security/signed_url.h"

#include <string.h>

#include "fuzz.h"
#include "../tests/unit/token_forge.h"

static struct keyring *keyring;

static void require_same_path(const char *path, const struct signed_url *url, const char *file) {
  struct text again = {0};
  FUZZ_REQUIRE(signed_url_append_path(keyring, url, file, &again) == ERROR_NONE);
  FUZZ_REQUIRE(strcmp(keyring_signing(keyring)->kid, url->kid) != 0 || strcmp(again.data, path) == 0);
  text_free(&again);
}

static void verify(const char *path) {
  struct signed_url url;
  const char *file;
  enum error error = signed_url_verify_path(keyring, path, "192.0.2.7", FORGE_NOW, &url, &file);
  FUZZ_REQUIRE(error == ERROR_NONE || error == ERROR_INVALID || error == ERROR_DENIED || error == ERROR_EXPIRED);
  if (error == ERROR_NONE) {
    FUZZ_REQUIRE(file > path && file < path + strlen(path));
    require_same_path(path, &url, file);
  }
}

/* The input as a file's name: what signs must verify, and give the name back. */
static void sign_file(const char *name) {
  struct signed_url url = {
      .viewer = "-", .grant_id = "018bcfe568007ea88d17291cdeadbeef", .expires_at = FORGE_NOW, .media_id = 7};
  struct signed_url verified;
  const char *file;
  struct text path = {0};
  enum error error = signed_url_append_path(keyring, &url, name, &path);
  FUZZ_REQUIRE((error == ERROR_NONE) == signed_url_file_is_valid(name));
  if (error == ERROR_NONE) {
    FUZZ_REQUIRE(signed_url_verify_path(keyring, path.data, "192.0.2.7", FORGE_NOW, &verified, &file) == ERROR_NONE);
    FUZZ_REQUIRE(strcmp(file, name) == 0 && strstr(file, "..") != file);
  }
  text_free(&path);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  if (keyring == NULL) {
    keyring = forge_keyring();
  }
  char *text = fuzz_text(bytes, size);
  verify(text);
  sign_file(text);
  int64_t time_ms;
  uint32_t tag;
  FUZZ_REQUIRE(grant_id_parse(text, &time_ms, &tag) != ERROR_NONE || strlen(text) == GRANT_ID_SIZE - 1);
  FUZZ_REQUIRE(!grant_viewer_is_valid(text) || strlen(text) < VIEWER_SIZE);
  free(text);
  return 0;
}
