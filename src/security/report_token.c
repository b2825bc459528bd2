/* SPDX-License-Identifier: ISC */
/* The session is the report's id and its end, sealed under the hash of the link and that of the password. */
#include "config.h"

#include "security/report_token.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text_parse.h"
#include "security/seal.h"

#define PURPOSE     "mediagate report session"
#define SECRET_SIZE (2 * DIGEST_SIZE + 1 + 128)

bool report_session_is_meant(const char *text, size_t length) {
  return labelled_secret_is_meant(REPORT_SESSION_BEGINNING, text, length);
}

static void write_secret(const unsigned char link_hash[DIGEST_SIZE], const char *hashed_password,
                         char ret_secret[SECRET_SIZE]) {
  text_hex_encode(link_hash, DIGEST_SIZE, ret_secret);
  snprintf(ret_secret + strlen(ret_secret), SECRET_SIZE - strlen(ret_secret), ".%s", hashed_password);
}

enum error report_session_issue(const struct keyring *keys, int64_t report_id,
                                const unsigned char link_hash[DIGEST_SIZE], const char *hashed_password,
                                int64_t expires_at, struct text *ret_session) {
  char secret[SECRET_SIZE], plain[64];
  write_secret(link_hash, hashed_password, secret);
  snprintf(plain, sizeof plain, "%" PRId64 " %" PRId64, report_id, expires_at);
  text_appendf(ret_session, REPORT_SESSION_BEGINNING "%" PRId64 "_", report_id);
  enum error error = seal_text(keys, PURPOSE, secret, plain, strlen(plain), ret_session);
  explicit_bzero(secret, sizeof secret);
  return error;
}

/* The id's digits, and where the sealed text begins. */
static enum error split(const char *text, size_t length, int64_t *ret_id, size_t *ret_sealed) {
  const size_t begin = strlen(REPORT_SESSION_BEGINNING);
  uint64_t id;
  if (!report_session_is_meant(text, length) || length >= REPORT_SESSION_MAX_BYTES) {
    return ERROR_INVALID;
  }
  const char *end = memchr(text + begin, '_', length - begin);
  if (end == NULL || text_parse_u64(text + begin, (size_t)(end - text) - begin, INT64_MAX, &id) != ERROR_NONE) {
    return ERROR_INVALID;
  }
  *ret_id = (int64_t)id;
  *ret_sealed = (size_t)(end - text) + 1;
  return ERROR_NONE;
}

enum error report_session_id(const char *text, size_t length, int64_t *ret_id) {
  size_t sealed;
  return split(text, length, ret_id, &sealed);
}

/* "<id> <end>" */
static enum error judge_plain(const char *plain, int64_t report_id, int64_t now_seconds) {
  char id[32];
  int length = snprintf(id, sizeof id, "%" PRId64 " ", report_id);
  uint64_t expires_at;
  if (strncmp(plain, id, (size_t)length) != 0 ||
      text_parse_u64(plain + length, strlen(plain + length), INT64_MAX, &expires_at) != ERROR_NONE) {
    return ERROR_DENIED;
  }
  return now_seconds < (int64_t)expires_at ? ERROR_NONE : ERROR_EXPIRED;
}

enum error report_session_verify(const struct keyring *keys, const char *text, size_t length, int64_t report_id,
                                 const unsigned char link_hash[DIGEST_SIZE], const char *hashed_password,
                                 int64_t now_seconds) {
  char secret[SECRET_SIZE], sealed[REPORT_SESSION_MAX_BYTES];
  struct text plain = {.data = NULL};
  int64_t id;
  size_t begin;
  if (split(text, length, &id, &begin) != ERROR_NONE || id != report_id) {
    return ERROR_DENIED;
  }
  memcpy(sealed, text + begin, length - begin);
  sealed[length - begin] = '\0';
  write_secret(link_hash, hashed_password, secret);
  enum error error = seal_open(keys, PURPOSE, secret, sealed, &plain);
  if (error == ERROR_NONE) {
    error = judge_plain(plain.data, report_id, now_seconds);
  }
  text_free(&plain);
  explicit_bzero(secret, sizeof secret);
  return error;
}
