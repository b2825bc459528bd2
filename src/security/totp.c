/* SPDX-License-Identifier: ISC */
/* See the header. liboath makes the codes; they are compared here, in constant time, so that the step is known. */
#include "config.h"

#include "security/totp.h"

#include <liboath/oath.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

#define SKEW_STEPS 1

void totp_secret_new(unsigned char ret_secret[TOTP_SECRET_BYTES]) {
  random_bytes(ret_secret, TOTP_SECRET_BYTES);
}

/* Each of the three codes is made and compared, whichever fits. */
enum error totp_verify(const unsigned char secret[TOTP_SECRET_BYTES], const char *code, int64_t now_seconds,
                       int64_t *ret_step) {
  char expected[TOTP_DIGITS + 1];
  int64_t now_step = now_seconds / TOTP_STEP_SECONDS, found = -1;
  enum error error = ERROR_NONE;
  if (strlen(code) != TOTP_DIGITS) {
    return ERROR_DENIED;
  }
  for (int64_t step = now_step - SKEW_STEPS; step <= now_step + SKEW_STEPS; step++) {
    if (oath_totp_generate((const char *)secret, TOTP_SECRET_BYTES, (time_t)(step * TOTP_STEP_SECONDS),
                           TOTP_STEP_SECONDS, OATH_TOTP_DEFAULT_START_TIME, TOTP_DIGITS, expected) != OATH_OK) {
      error = ERROR_MEMORY;
    } else if (CRYPTO_memcmp(expected, code, TOTP_DIGITS) == 0) {
      found = step;
    }
  }
  OPENSSL_cleanse(expected, sizeof expected);
  if (error == ERROR_NONE && found < 0) {
    error = ERROR_DENIED;
  }
  if (error == ERROR_NONE) {
    *ret_step = found;
  }
  return error;
}

enum error totp_append_base32(const unsigned char secret[TOTP_SECRET_BYTES], struct text *ret_text) {
  char *encoded = NULL;
  size_t length = 0;
  if (oath_base32_encode((const char *)secret, TOTP_SECRET_BYTES, &encoded, &length) != OATH_OK) {
    return ERROR_MEMORY;
  }
  text_append_bytes(ret_text, encoded, length);
  OPENSSL_cleanse(encoded, length);
  free(encoded);
  return ret_text->failed ? ERROR_MEMORY : ERROR_NONE;
}

/* All but the unreserved characters of RFC 3986 is escaped, so a colon too: it parts the issuer from the account. */
static void append_escaped(struct text *text, const char *string) {
  static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  for (; *string != '\0'; string++) {
    if (strchr(unreserved, *string) != NULL) {
      text_append_bytes(text, string, 1);
    } else {
      text_appendf(text, "%%%02X", (unsigned char)*string);
    }
  }
}

enum error totp_append_uri(const unsigned char secret[TOTP_SECRET_BYTES], const char *issuer, const char *account,
                           struct text *ret_text) {
  text_append(ret_text, "otpauth://totp/");
  append_escaped(ret_text, issuer);
  text_append(ret_text, ":");
  append_escaped(ret_text, account);
  text_append(ret_text, "?secret=");
  enum error error = totp_append_base32(secret, ret_text);
  text_append(ret_text, "&issuer=");
  append_escaped(ret_text, issuer);
  text_appendf(ret_text, "&algorithm=SHA1&digits=%d&period=%d", TOTP_DIGITS, TOTP_STEP_SECONDS);
  return ret_text->failed ? ERROR_MEMORY : error;
}
