/* SPDX-License-Identifier: ISC */
/*
 * The same rules stand in deploy/mediagate.http.conf, which alone decides who may stream; verification here serves the
 * tests, the fuzzer and tools. MD5 is sound in this layout: see "Why MD5 is safe here" in docs/design/streams.md.
 */
#include "config.h"

#include "security/signed_url.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/text_parse.h"
#include "domain/address.h"
#include "domain/grant.h"

#define SIGNATURE_LENGTH 22 /* 16 bytes in base64url */
#define PREFIX           "/stream/"
#define VIEWER_ALPHABET  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
#define DIGITS           "0123456789"

/* From here on: as the location in nginx has it. */
#define EXPIRES_MIN       INT64_C(100000000) /* 9 to 11 digits */
#define EXPIRES_MAX       INT64_C(99999999999)
#define FILE_ALPHABET     VIEWER_ALPHABET ".~+=,@"
#define FILE_NOT_FIRST    "-.~+=,@"
#define FILE_SEGMENTS_MAX 8
#define FILE_FOLDER_MAX   128
#define FILE_NAME_MAX     200

#define DOWNLOAD_NAME_MAX 100
#define NAME_ALPHABET     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" DIGITS

static const char *flags_of(const struct signed_url *url) {
  if (url->bound_address[0] != '\0') {
    return url->download ? "id" : "i";
  }
  return url->download ? "d" : "n";
}

static bool url_is_valid(const struct signed_url *url) {
  int64_t time_ms;
  uint32_t issuer_tag;
  char address[ADDRESS_TEXT_SIZE];
  bool bound = url->bound_address[0] != '\0';
  return url->media_id > 0 && url->expires_at >= EXPIRES_MIN && url->expires_at <= EXPIRES_MAX &&
         (strcmp(url->viewer, "-") == 0 || grant_viewer_is_valid(url->viewer)) &&
         grant_id_parse(url->grant_id, &time_ms, &issuer_tag) == ERROR_NONE &&
         (!bound ||
          (address_canonical(url->bound_address, address) == ERROR_NONE && strcmp(address, url->bound_address) == 0));
}

/* Looked up once: EVP_md5() makes OpenSSL 3 search its providers at each use. */
static const EVP_MD *md5(void) {
  static EVP_MD *fetched;
  if (fetched == NULL) {
    fetched = EVP_MD_fetch(NULL, "MD5", NULL);
  }
  return fetched;
}

/* What nginx's secure_link_md5 computes; the secret at both ends keeps MD5's length extension away.
 */
static enum error sign(const struct keyring_key *key, const struct signed_url *url,
                       char ret_signature[SIGNATURE_LENGTH + 1]) {
  unsigned char digest[16];
  unsigned int digest_size = sizeof digest;
  char text[512]; /* of secret and alphabet-checked fields: at most 400 bytes */
  int length = snprintf(text, sizeof text, "%s|v1|%s|%s|%s|%s|%lld|%lld|%s|%s", key->secret_text, key->kid,
                        flags_of(url), url->viewer, url->grant_id, (long long)url->expires_at, (long long)url->media_id,
                        url->bound_address, key->secret_text);
  assert(length > 0 && (size_t)length < sizeof text);
  error_watch_memory();
  int done = md5() == NULL ? 0 : EVP_Digest(text, (size_t)length, digest, &digest_size, md5(), NULL);
  explicit_bzero(text, sizeof text);
  if (done != 1 || digest_size != sizeof digest) {
    return error_with_memory(ERROR_UNSUPPORTED); /* such as OpenSSL in FIPS mode */
  }
  text_base64url_encode(digest, sizeof digest, ret_signature);
  return ERROR_NONE;
}

/* As nginx's location takes it: up to 8 segments of characters that no client, proxy or log spells
 * in two ways. */
bool signed_url_file_is_valid(const char *file) {
  for (int segments = 1; segments <= FILE_SEGMENTS_MAX; segments++) {
    size_t length = strspn(file, FILE_ALPHABET);
    bool last = file[length] == '\0';
    if (length == 0 || length > (last ? FILE_NAME_MAX : FILE_FOLDER_MAX) || strchr(FILE_NOT_FIRST, file[0]) != NULL) {
      return false;
    }
    if (last) {
      return true;
    }
    if (file[length] != '/') {
      return false;
    }
    file += length + 1;
  }
  return false;
}

void signed_url_append_name(struct text *name, const char *title) {
  size_t taken = 0;
  bool gap = false;
  for (const char *at = title; *at != '\0' && taken < DOWNLOAD_NAME_MAX; at++) {
    if (memchr(NAME_ALPHABET, *at, sizeof NAME_ALPHABET - 1) == NULL) {
      gap = taken > 0;
      continue;
    }
    if (gap) {
      text_append(name, "-");
      gap = false;
    }
    text_append_bytes(name, at, 1);
    taken++;
  }
}

static void append_segment(struct text *path, const char *segment) {
  text_append(path, segment);
  text_append(path, "/");
}

enum error signed_url_append_path(const struct keyring *keyring, const struct signed_url *url, const char *file,
                                  struct text *ret_path) {
  const struct keyring_key *key = keyring_signing(keyring);
  char signature[SIGNATURE_LENGTH + 1];
  if (!url_is_valid(url) || !signed_url_file_is_valid(file)) {
    return ERROR_INVALID;
  }
  enum error error = sign(key, url, signature);
  if (error != ERROR_NONE) {
    return error;
  }
  text_append(ret_path, PREFIX);
  append_segment(ret_path, key->kid);
  append_segment(ret_path, flags_of(url));
  append_segment(ret_path, url->viewer);
  append_segment(ret_path, url->grant_id);
  text_append_i64(ret_path, url->expires_at);
  text_append(ret_path, "/");
  append_segment(ret_path, signature);
  text_append_i64(ret_path, url->media_id);
  text_append(ret_path, "/");
  text_append(ret_path, file);
  return ret_path->failed ? ERROR_MEMORY : ERROR_NONE;
}

/* Copies the segment at *at, of `alphabet` and `min` to size - 1 bytes, and moves behind its "/".
 */
static bool take_segment(const char **at, const char *alphabet, size_t min, char *ret_segment, size_t size) {
  size_t length = strspn(*at, alphabet);
  if (length < min || length >= size || (*at)[length] != '/') {
    return false;
  }
  memcpy(ret_segment, *at, length);
  ret_segment[length] = '\0';
  *at += length + 1;
  return true;
}

static bool take_integer(const char **at, int64_t min, int64_t max, int64_t *ret_value) {
  char digits[20];
  uint64_t value;
  if (!take_segment(at, DIGITS, 1, digits, sizeof digits) ||
      text_parse_u64(digits, strlen(digits), (uint64_t)max, &value) != ERROR_NONE || (int64_t)value < min) {
    return false;
  }
  *ret_value = (int64_t)value;
  return true;
}

static bool parse_flags(const char *flags, bool *ret_bound, bool *ret_download) {
  *ret_bound = flags[0] == 'i';
  *ret_download = flags[flags[0] == 'i'] == 'd';
  return strcmp(flags, "n") == 0 || strcmp(flags, "i") == 0 || strcmp(flags, "d") == 0 || strcmp(flags, "id") == 0;
}

/* Everything but the key and the signature. */
static bool parse_path(const char *path, struct signed_url *ret_url, bool *ret_bound,
                       char ret_signature[SIGNATURE_LENGTH + 1], const char **ret_file) {
  int64_t time_ms;
  uint32_t issuer_tag;
  char flags[3];
  const char *at = path;
  if (strncmp(at, PREFIX, sizeof PREFIX - 1) != 0) {
    return false;
  }
  at += sizeof PREFIX - 1;
  if (!take_segment(&at, "abcdefghijklmnopqrstuvwxyz" DIGITS, 1, ret_url->kid, sizeof ret_url->kid) ||
      !take_segment(&at, "nid", 1, flags, sizeof flags) || !parse_flags(flags, ret_bound, &ret_url->download) ||
      !take_segment(&at, VIEWER_ALPHABET, 1, ret_url->viewer, sizeof ret_url->viewer) ||
      !take_segment(&at, DIGITS "abcdef", GRANT_ID_SIZE - 1, ret_url->grant_id, sizeof ret_url->grant_id) ||
      grant_id_parse(ret_url->grant_id, &time_ms, &issuer_tag) != ERROR_NONE ||
      !take_integer(&at, EXPIRES_MIN, EXPIRES_MAX, &ret_url->expires_at) ||
      !take_segment(&at, VIEWER_ALPHABET, SIGNATURE_LENGTH, ret_signature, SIGNATURE_LENGTH + 1) ||
      strchr("AQgw", ret_signature[SIGNATURE_LENGTH - 1]) == NULL ||
      !take_integer(&at, 1, INT64_MAX, &ret_url->media_id) || !signed_url_file_is_valid(at)) {
    return false;
  }
  *ret_file = at;
  return true;
}

enum error signed_url_verify_path(const struct keyring *keyring, const char *path, const char *remote_address,
                                  int64_t now_seconds, struct signed_url *ret_url, const char **ret_file) {
  struct signed_url url = {0};
  bool bound;
  char given[SIGNATURE_LENGTH + 1];
  char expected[SIGNATURE_LENGTH + 1];
  const char *file;
  if (!parse_path(path, &url, &bound, given, &file)) {
    return ERROR_INVALID;
  }
  if (bound && address_canonical(remote_address, url.bound_address) != ERROR_NONE) {
    return ERROR_DENIED;
  }
  const struct keyring_key *key = keyring_find(keyring, url.kid);
  if (key == NULL) {
    return ERROR_DENIED;
  }
  enum error error = sign(key, &url, expected);
  if (error != ERROR_NONE) {
    return error;
  }
  bool same = CRYPTO_memcmp(given, expected, SIGNATURE_LENGTH) == 0;
  explicit_bzero(expected, sizeof expected); /* of a forged URL it would be the true signature */
  if (!same) {
    return ERROR_DENIED;
  }
  if (url.expires_at < now_seconds) { /* nginx: a URL is good in its last second */
    return ERROR_EXPIRED;
  }
  *ret_url = url;
  *ret_file = file;
  return ERROR_NONE;
}
