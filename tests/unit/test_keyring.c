/* SPDX-License-Identifier: ISC */
/*
 * Key files: what parses, what is refused with which line, and that what is written is read again.
 */
#include "config.h"

#include "security/keyring.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

#define SECRET  "MDEyMzQ1Njc4OWFiY2RlZkdISUpLTE1OT1BRUlNUVVY"
#define LONGEST "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-Pw"

START_TEST(parses_files) {
  static const struct {
    const char *text;
    const char *problem; /* how it begins; NULL: it parses */
    size_t count;
    const char *description;
  } rows[] = {
      {"k1 " SECRET ";\n", NULL, 1, "one key"},
      {"k1 " SECRET ";", NULL, 1, "no newline at the end"},
      {"k1\t" SECRET ";  \n\n", NULL, 1, "a tab, blanks behind, an empty line"},
      {"# comment\n  k1 " SECRET ";\nk2 " LONGEST ";\n", NULL, 2, "a comment, an indented key, the longest secret"},
      {"abcdefgh " SECRET ";\n", NULL, 1, "a kid of 8"},
      {"k1 " SECRET " ;\n", "line 1: the secret is not base64url", 0, "a blank before the semicolon"},
      {"", "line 1: no key", 0, "empty"},
      {"# only a comment\n", "line 2: no key", 0, "only a comment"},
      {"k1 " SECRET "\n", "line 1: a key ends with one `;`", 0, "no semicolon"},
      {"k1 " SECRET ";;\n", "line 1: a key ends with one `;`", 0, "two semicolons"},
      {"k1 " SECRET "; k2 " SECRET ";\n", "line 1: a key ends", 0, "two keys on a line"},
      {"k1 " SECRET "; # comment\n", "line 1: a key ends", 0, "a comment behind a key"},
      {"k1 \"" SECRET "\";\n", "line 1: the secret is not base64url", 0, "quotes"},
      {"K1 " SECRET ";\n", "line 1: the key id", 0, "a capital kid: nginx's map ignores case"},
      {"abcdefghi " SECRET ";\n", "line 1: the key id", 0, "a kid of 9"},
      {"k-1 " SECRET ";\n", "line 1: the key id", 0, "a dash in a kid"},
      {"~.* " SECRET ";\n", "line 1: the key id", 0, "a regular expression of nginx's map"},
      {"default " SECRET ";\n", "line 1: the key id", 0, "would be every unknown kid's secret in nginx's map"},
      {"include " SECRET ";\n", "line 1: the key id", 0, "would include a file"},
      {"volatile " SECRET ";\n", "line 1: the key id", 0, "a word of nginx's map"},
      {"k1;\n", "line 1: the key id", 0, "no secret"},
      {"k1 ;\n", "line 1: the secret must be 32 to 64 bytes", 0, "an empty secret"},
      {"k1 MDEyMzQ1Njc4OWFiY2RlZkdISUpLTE1OT1BRUlNUVQ;\n", "line 1: the secret must be", 0, "31 bytes"},
      {"k1 " LONGEST "AA;\n", "line 1: the secret must be", 0, "65 bytes"},
      {"k1 " SECRET "=;\n", "line 1: the secret is not", 0, "padding"},
      {"k1 MDEyMzQ1Njc4OWFiY2RlZkdISUpLTE1OT1BRUlNUVVZ;\n", "line 1: the secret is not", 0, "spare bits"},
      {"k1 MDEyMzQ1Njc4OWFiY2RlZkdISUpLTE1OT1BRUlNUV+Y;\n", "line 1: the secret is not", 0, "standard base64"},
      {"k1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA;\n", "line 1: the secret is not random", 0, "zeros"},
      {"k1 " SECRET ";\nk1 " LONGEST ";\n", "line 2: this key id stands twice", 0, "a kid twice"},
      {"k1 " SECRET ";\r\n", "line 1: a key ends", 0, "a line end of Windows"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct keyring *keyring = NULL;
    char problem[KEYRING_PROBLEM_SIZE] = "";
    enum error error = keyring_parse(rows[i].text, strlen(rows[i].text), &keyring, problem);
    ck_assert_msg((error == ERROR_NONE) == (rows[i].problem == NULL), "%s: %s", rows[i].description, problem);
    if (rows[i].problem != NULL) {
      ck_assert_msg(strncmp(problem, rows[i].problem, strlen(rows[i].problem)) == 0 && keyring == NULL, "%s: %s",
                    rows[i].description, problem);
      ck_assert_msg(strstr(problem, "MDEy") == NULL, "%s: the problem quotes a secret", rows[i].description);
    } else {
      ck_assert_msg(keyring->count == rows[i].count, "%s", rows[i].description);
    }
    keyring_free(keyring);
  }
}
END_TEST

START_TEST(takes_a_limited_number_of_keys) {
  struct text text = {0};
  struct keyring *keyring = NULL;
  char problem[KEYRING_PROBLEM_SIZE];
  for (int i = 0; i < KEYRING_MAX_KEYS; i++) {
    text_appendf(&text, "k%d " SECRET ";\n", i);
  }
  ck_assert_int_eq(keyring_parse(text.data, text.length, &keyring, problem), ERROR_NONE);
  ck_assert_uint_eq(keyring->count, KEYRING_MAX_KEYS);
  keyring_free(keyring);
  text_append(&text, "more " SECRET ";\n");
  ck_assert_int_eq(keyring_parse(text.data, text.length, &keyring, problem), ERROR_INVALID);
  ck_assert(strncmp(problem, "line 17: more than 16 keys", 26) == 0);
  text_free(&text);
}
END_TEST

START_TEST(reads_what_it_writes) {
  struct keyring_key keys[3];
  struct text text = {0};
  struct keyring *keyring = NULL;
  char problem[KEYRING_PROBLEM_SIZE] = "";
  for (size_t i = 0; i < 3; i++) {
    keyring_generate(keyring, 1700000000 + (int64_t)i, &keys[i]);
  }
  keys[1].retired_at = 1700000100;
  keys[2].pending = true;
  keys[0].created_at = 0;
  keyring_append_text(keys, 3, &text);
  ck_assert_msg(keyring_parse(text.data, text.length, &keyring, problem) == ERROR_NONE, "%s", problem);
  ck_assert_uint_eq(keyring->count, 3);
  for (size_t i = 0; i < 3; i++) {
    const struct keyring_key *key = keyring_find(keyring, keys[i].kid);
    ck_assert_ptr_eq(key, &keyring->keys[i]);
    ck_assert_str_eq(key->secret_text, keys[i].secret_text);
    ck_assert_uint_eq(key->secret_size, 32);
    ck_assert_mem_eq(key->secret, keys[i].secret, 32);
    ck_assert_int_eq(key->created_at, keys[i].created_at);
    ck_assert_int_eq(key->retired_at, keys[i].retired_at);
    ck_assert_int_eq(key->pending, keys[i].pending);
  }
  ck_assert_ptr_eq(keyring_signing(keyring), &keyring->keys[0]);
  ck_assert_ptr_null(keyring_find(keyring, "none"));
  ck_assert_ptr_null(keyring_find(keyring, ""));
  keyring_free(keyring);
  text_free(&text);
}
END_TEST

START_TEST(loads_only_private_files) {
  static const struct {
    mode_t mode;
    enum error expected;
  } rows[] = {{0600, ERROR_NONE}, {0400, ERROR_NONE}, {0640, ERROR_DENIED}, {0604, ERROR_DENIED}, {0620, ERROR_DENIED}};
  char path[] = "/tmp/test_keyring.XXXXXX";
  char problem[KEYRING_PROBLEM_SIZE] = "";
  int fd = mkstemp(path);
  ck_assert(fd >= 0 && write(fd, "k1 " SECRET ";\n", 48) == 48);
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct keyring *keyring = NULL;
    ck_assert_int_eq(fchmod(fd, rows[i].mode), 0);
    enum error error = keyring_load(path, &keyring, problem);
    ck_assert_msg(error == rows[i].expected, "mode %o: %s", rows[i].mode, problem);
    ck_assert_msg(error == ERROR_NONE || strstr(problem, "0600") != NULL, "mode %o: no remedy in: %s", rows[i].mode,
                  problem);
    keyring_free(keyring);
  }
  close(fd);
  unlink(path);
  struct keyring *keyring = NULL;
  ck_assert_int_eq(keyring_load(path, &keyring, problem), ERROR_NOT_FOUND);
  ck_assert(strstr(problem, "keys init") != NULL);
}
END_TEST

UNIT_MAIN("keyring", parses_files, takes_a_limited_number_of_keys, reads_what_it_writes, loads_only_private_files)
