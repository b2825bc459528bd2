/* SPDX-License-Identifier: ISC */
/* Sealed texts: opened by the same keys, purpose and secret alone, and as they were. */
#include "config.h"

#include "security/seal.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

#define KEYS "k1 MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE;\n"
#define NEW  "k2 MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI;\n"

static struct keyring *keys_of(const char *text) {
  struct keyring *keys = NULL;
  char problem[KEYRING_PROBLEM_SIZE];
  ck_assert_int_eq(keyring_parse(text, strlen(text), &keys, problem), ERROR_NONE);
  return keys;
}

static void seal(const struct keyring *keys, const char *plain, size_t size, struct text *sealed) {
  ck_assert_int_eq(seal_text(keys, "purpose", "secret", plain, size, sealed), ERROR_NONE);
}

START_TEST(a_sealed_text_opens_as_it_was) {
  struct keyring *keys = keys_of(KEYS);
  static const char plain[] = "Location: /a\r\n\0{\"key\":\"mgk\"}";
  for (size_t size = 0; size <= sizeof plain; size += sizeof plain) {
    struct text sealed = {0}, again = {0}, opened = {0};
    seal(keys, plain, size, &sealed);
    seal(keys, plain, size, &again);
    ck_assert_str_ne(sealed.data, again.data);
    ck_assert(strstr(sealed.data, "mgk") == NULL && strncmp(sealed.data, "k1.", 3) == 0);
    ck_assert_int_eq(seal_open(keys, "purpose", "secret", sealed.data, &opened), ERROR_NONE);
    ck_assert_uint_eq(opened.length, size);
    ck_assert(size == 0 || memcmp(opened.data, plain, size) == 0);
    text_free(&sealed);
    text_free(&again);
    text_free(&opened);
  }
  keyring_free(keys);
}
END_TEST

START_TEST(a_rotated_key_still_opens_and_a_lost_one_does_not) {
  struct keyring *old = keys_of(KEYS), *both = keys_of(NEW KEYS), *new = keys_of(NEW);
  struct text sealed = {0}, opened = {0};
  seal(old, "text", 4, &sealed);
  ck_assert_int_eq(seal_open(both, "purpose", "secret", sealed.data, &opened), ERROR_NONE);
  ck_assert_int_eq(seal_open(new, "purpose", "secret", sealed.data, &opened), ERROR_DENIED);
  text_free(&sealed);
  text_free(&opened);
  keyring_free(old);
  keyring_free(both);
  keyring_free(new);
}
END_TEST

START_TEST(nothing_else_opens_it) {
  struct keyring *keys = keys_of(KEYS);
  struct text sealed = {0}, opened = {0};
  seal(keys, "text", 4, &sealed);
  ck_assert_int_eq(seal_open(keys, "purpos", "esecret", sealed.data, &opened), ERROR_DENIED);
  ck_assert_int_eq(seal_open(keys, "purpose", "Secret", sealed.data, &opened), ERROR_DENIED);
  for (size_t i = 0; i < sealed.length; i++) {
    char *changed = strdup(sealed.data);
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    ck_assert_msg(seal_open(keys, "purpose", "secret", changed, &opened) == ERROR_DENIED, "byte %zu", i);
    changed[i] = '\0'; /* cut */
    ck_assert_msg(seal_open(keys, "purpose", "secret", changed, &opened) == ERROR_DENIED, "%zu bytes", i);
    free(changed);
  }
  ck_assert_uint_eq(opened.length, 0);
  text_free(&sealed);
  text_free(&opened);
  keyring_free(keys);
}
END_TEST

UNIT_MAIN("seal", a_sealed_text_opens_as_it_was, a_rotated_key_still_opens_and_a_lost_one_does_not,
          nothing_else_opens_it)
