/* SPDX-License-Identifier: ISC */
/*
 * What callers show in one line of text: API keys, cursors of lists, e-mail addresses and times. What parses is what
 * the program itself would have written.
 */
#include "config.h"

#include "api/cursor.h"
#include "base/clock.h"
#include "domain/email.h"
#include "security/api_key.h"

#include "fuzz.h"

static void try_key(const char *text, size_t length) {
  char secret[API_KEY_SECRET_SIZE], written[API_KEY_TEXT_SIZE];
  int64_t id;
  if (api_key_parse(text, length, &id, secret) == ERROR_NONE) {
    FUZZ_REQUIRE(api_key_is_meant(text, length) && id >= 0);
    api_key_format(id, secret, written);
    FUZZ_REQUIRE(strlen(written) == length && memcmp(written, text, length) == 0);
  }
}

static void try_cursor(const char *text) {
  char written[CURSOR_SIZE];
  struct cursor cursor;
  for (uint64_t list = 0; list < 2; list++) {
    if (cursor_parse(text, list, &cursor) == ERROR_NONE) {
      cursor_format(&cursor, list, written);
      FUZZ_REQUIRE(strcmp(written, text) == 0);
    }
  }
}

static void try_email(const char *text) {
  char email[EMAIL_SIZE], again[EMAIL_SIZE];
  if (email_normalise(text, email) == ERROR_NONE) {
    FUZZ_REQUIRE(strlen(email) < EMAIL_SIZE && strchr(email, '@') != NULL);
    FUZZ_REQUIRE(email_normalise(email, again) == ERROR_NONE && strcmp(email, again) == 0);
  }
}

static void try_time(const char *text) {
  char written[CLOCK_RFC3339_SIZE];
  int64_t time_us, again_us;
  bool local;
  if (clock_parse_rfc3339(text, &time_us) == ERROR_NONE && time_us >= 0) {
    clock_format_rfc3339(time_us, written);
    FUZZ_REQUIRE(clock_parse_rfc3339(written, &again_us) == ERROR_NONE && again_us == time_us);
    FUZZ_REQUIRE(clock_parse_local(text, &again_us, &local) == ERROR_NONE);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  char *text = fuzz_text(bytes, size);
  try_key(text, size);
  try_cursor(text);
  try_email(text);
  try_time(text);
  free(text);
  return 0;
}
