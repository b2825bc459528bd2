/* SPDX-License-Identifier: ISC */
/* The text of API keys: written, read, refused. */
#include "config.h"

#include "security/api_key.h"

#include <string.h>

#include "unit.h"

#define SECRET "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"

START_TEST(keys_are_written_and_read) {
  static const int64_t ids[] = {1, 17, INT64_MAX};
  for (size_t i = 0; i < UNIT_ROWS(ids); i++) {
    char secret[API_KEY_SECRET_SIZE], again[API_KEY_SECRET_SIZE], text[API_KEY_TEXT_SIZE];
    unsigned char hash[DIGEST_SIZE];
    int64_t id = 0;
    ck_assert_int_eq(api_key_new_secret(secret, hash), ERROR_NONE);
    api_key_format(ids[i], secret, text);
    ck_assert(api_key_is_meant(text, strlen(text)));
    ck_assert_int_eq(api_key_parse(text, strlen(text), &id, again), ERROR_NONE);
    ck_assert_int_eq(id, ids[i]);
    ck_assert_str_eq(again, secret);
    unsigned char of_text[DIGEST_SIZE];
    ck_assert_int_eq(api_key_read(&(struct api_key_memo){0}, text, strlen(text), &id, of_text), ERROR_NONE);
    ck_assert(api_key_hash_is(of_text, hash));
    of_text[20] ^= 1;
    ck_assert(!api_key_hash_is(of_text, hash));
  }
}
END_TEST

/* The check is zlib's CRC-32 in base 62, so that other programs can prove a key: python3 -c 'import zlib; …'. */
START_TEST(the_check_is_crc32) {
  char text[API_KEY_TEXT_SIZE];
  api_key_format(17, SECRET, text);
  ck_assert_str_eq(text, "mgk_17_" SECRET "Cw33SP");
}
END_TEST

START_TEST(every_other_byte_makes_no_key) {
  char text[API_KEY_TEXT_SIZE], secret[API_KEY_SECRET_SIZE];
  int64_t id;
  api_key_format(17, SECRET, text);
  size_t length = strlen(text);
  for (size_t i = 0; i < length; i++) {
    for (int byte = 0; byte < 256; byte++) {
      char other[API_KEY_TEXT_SIZE];
      memcpy(other, text, sizeof other);
      other[i] = (char)byte;
      ck_assert_msg(byte == (unsigned char)text[i] || api_key_parse(other, length, &id, secret) == ERROR_INVALID,
                    "byte %zu as %d", i, byte);
    }
    ck_assert_int_eq(api_key_parse(text, i, &id, secret), ERROR_INVALID);
  }
}
END_TEST

START_TEST(a_key_that_is_kept_is_read_as_before_and_no_other_is) {
  static struct api_key_memo memo;
  unsigned char hash[DIGEST_SIZE], kept[DIGEST_SIZE];
  char text[API_KEY_TEXT_SIZE];
  int64_t id = 0;
  api_key_format(17, SECRET, text);
  ck_assert_int_eq(api_key_read(&memo, text, strlen(text), &id, hash), ERROR_NONE);
  api_key_keep(&memo, text, strlen(text), id, hash);
  id = 0;
  ck_assert_int_eq(api_key_read(&memo, text, strlen(text), &id, kept), ERROR_NONE);
  ck_assert_int_eq(id, 17);
  ck_assert(api_key_hash_is(kept, hash));
  for (size_t i = 0; i < strlen(text); i++) {
    char other[API_KEY_TEXT_SIZE];
    memcpy(other, text, sizeof other);
    other[i] ^= 1;
    ck_assert_int_eq(api_key_read(&memo, other, strlen(other), &id, kept), ERROR_INVALID);
    ck_assert_int_eq(api_key_read(&memo, text, i, &id, kept), ERROR_INVALID);
  }
}
END_TEST

UNIT_MAIN("api_key", keys_are_written_and_read, the_check_is_crc32, every_other_byte_makes_no_key,
          a_key_that_is_kept_is_read_as_before_and_no_other_is)
