/* SPDX-License-Identifier: ISC */
/*
 * Passwords: hashes verify, wrong ones do not, and stored hashes are obeyed within limits only.
 */
#include "config.h"

#include "security/password.h"

#include <string.h>

#include "unit.h"

static const struct password_cost cheap = {.memory_kib = 64, .time = 1};

START_TEST(verifies_what_it_hashed) {
  char hash[PASSWORD_HASH_SIZE];
  char again[PASSWORD_HASH_SIZE];
  char longest[PASSWORD_MAX_BYTES];
  bool renew = true;
  memset(longest, 'x', sizeof longest);
  ck_assert_int_eq(password_hash("correct horse", 13, cheap, hash), ERROR_NONE);
  ck_assert_int_eq(password_hash("correct horse", 13, cheap, again), ERROR_NONE);
  ck_assert_str_ne(hash, again);
  ck_assert(strncmp(hash, "$argon2id$v=19$m=64,t=1,p=1$", 28) == 0);
  ck_assert_int_eq(password_verify(hash, "correct horse", 13, cheap, &renew), ERROR_NONE);
  ck_assert(!renew);
  ck_assert_int_eq(password_verify(hash, "correct horsf", 13, cheap, &renew), ERROR_DENIED);
  ck_assert_int_eq(password_verify(hash, "correct hors", 12, cheap, &renew), ERROR_DENIED);
  ck_assert_int_eq(password_verify(hash, "", 0, cheap, &renew), ERROR_DENIED);
  /* Every byte counts, to the last of the longest, and a NUL is a byte like any other. */
  ck_assert_int_eq(password_hash(longest, sizeof longest, cheap, hash), ERROR_NONE);
  ck_assert_int_eq(password_verify(hash, longest, sizeof longest, cheap, &renew), ERROR_NONE);
  longest[sizeof longest - 1] = 'y';
  ck_assert_int_eq(password_verify(hash, longest, sizeof longest, cheap, &renew), ERROR_DENIED);
  ck_assert_int_eq(password_hash("a\0b", 3, cheap, hash), ERROR_NONE);
  ck_assert_int_eq(password_verify(hash, "a\0c", 3, cheap, &renew), ERROR_DENIED);
}
END_TEST

START_TEST(refuses_to_hash) {
  static char long_password[PASSWORD_MAX_BYTES + 1];
  char hash[PASSWORD_HASH_SIZE] = "untouched";
  ck_assert_int_eq(password_hash(long_password, sizeof long_password, cheap, hash), ERROR_INVALID);
  ck_assert_int_eq(password_hash("x", 1, (struct password_cost){65537, 1}, hash), ERROR_INVALID);
  ck_assert_int_eq(password_hash("x", 1, (struct password_cost){64, 5}, hash), ERROR_INVALID);
  ck_assert_int_eq(password_hash("x", 1, (struct password_cost){64, 0}, hash), ERROR_INVALID);
  ck_assert_int_eq(password_hash("x", 1, (struct password_cost){0, 1}, hash), ERROR_INVALID);
  ck_assert_str_eq(hash, "untouched");
}
END_TEST

START_TEST(renews_when_the_cost_differs) {
  static const struct {
    struct password_cost now;
    bool renew;
    const char *description;
  } rows[] = {
      {{64, 1}, false, "the same"},
      {{128, 1}, true, "more memory"},
      {{32, 1}, true, "less memory"},
      {{64, 2}, true, "more passes"},
  };
  char hash[PASSWORD_HASH_SIZE];
  ck_assert_int_eq(password_hash("password", 8, cheap, hash), ERROR_NONE);
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    bool renew = !rows[i].renew;
    ck_assert_int_eq(password_verify(hash, "password", 8, rows[i].now, &renew), ERROR_NONE);
    ck_assert_msg(renew == rows[i].renew, "%s", rows[i].description);
  }
}
END_TEST

#define SALT "c29tZXNhbHRzb21lc2FsdA"
#define HASH "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI"

START_TEST(caps_what_a_stored_hash_asks_for) {
  static const struct {
    const char *stored;
    enum error expected;
    const char *description;
  } rows[] = {
      {"$argon2id$v=19$m=64,t=1,p=1$" SALT "$" HASH, ERROR_DENIED, "well-formed, another password's"},
      {"", ERROR_INVALID, "empty"},
      {"!", ERROR_INVALID, "a locked account as in shadow(5)"},
      {"password", ERROR_INVALID, "plain text"},
      {"$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW", ERROR_INVALID, "bcrypt"},
      {"$argon2i$v=19$m=64,t=1,p=1$" SALT "$" HASH, ERROR_INVALID, "argon2i"},
      {"$argon2d$v=19$m=64,t=1,p=1$" SALT "$" HASH, ERROR_INVALID, "argon2d"},
      {"$argon2id$v=16$m=64,t=1,p=1$" SALT "$" HASH, ERROR_INVALID, "an old version"},
      {"$argon2id$m=64,t=1,p=1$" SALT "$" HASH, ERROR_INVALID, "no version"},
      {"$argon2id$v=19$m=65537,t=1,p=1$" SALT "$" HASH, ERROR_INVALID, "more than 64 MiB"},
      {"$argon2id$v=19$m=4294967295,t=1,p=1$" SALT "$" HASH, ERROR_INVALID, "4 TiB"},
      {"$argon2id$v=19$m=99999999999999999999,t=1,p=1$" SALT "$" HASH, ERROR_INVALID, "memory beyond 64 bits"},
      {"$argon2id$v=19$m=4,t=1,p=1$" SALT "$" HASH, ERROR_INVALID, "too little memory"},
      {"$argon2id$v=19$m=64,t=5,p=1$" SALT "$" HASH, ERROR_INVALID, "too many passes"},
      {"$argon2id$v=19$m=64,t=0,p=1$" SALT "$" HASH, ERROR_INVALID, "no pass"},
      {"$argon2id$v=19$m=64,t=1,p=2$" SALT "$" HASH, ERROR_INVALID, "two lanes: threads"},
      {"$argon2id$v=19$m=064,t=1,p=1$" SALT "$" HASH, ERROR_INVALID, "leading zero"},
      {"$argon2id$v=19$m=-64,t=1,p=1$" SALT "$" HASH, ERROR_INVALID, "negative memory"},
      {"$argon2id$v=19$t=1,m=64,p=1$" SALT "$" HASH, ERROR_INVALID, "another order"},
      {"$argon2id$v=19$m=64,t=1,p=1,data=x$" SALT "$" HASH, ERROR_INVALID, "another parameter"},
      {"$argon2id$v=19$m=64,t=1,p=1$$" HASH, ERROR_INVALID, "no salt"},
      {"$argon2id$v=19$m=64,t=1,p=1$c2FsdA$" HASH, ERROR_INVALID, "a short salt"},
      {"$argon2id$v=19$m=64,t=1,p=1$" SALT "$", ERROR_INVALID, "no hash"},
      {"$argon2id$v=19$m=64,t=1,p=1$" SALT "$MTIz", ERROR_INVALID, "a short hash"},
      {"$argon2id$v=19$m=64,t=1,p=1$" SALT, ERROR_INVALID, "cut short"},
      {"$argon2id$v=19$m=64,t=1,p=1$" SALT "$" HASH "$x", ERROR_INVALID, "more behind"},
      {"$argon2id$v=19$m=64,t=1,p=1$" SALT "$" HASH "=", ERROR_INVALID, "padding"},
      {" $argon2id$v=19$m=64,t=1,p=1$" SALT "$" HASH, ERROR_INVALID, "a blank before"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    bool renew = false;
    enum error error = password_verify(rows[i].stored, "password", 8, cheap, &renew);
    ck_assert_msg(error == rows[i].expected, "%s: %s", rows[i].description, error_strerror(error));
  }
}
END_TEST

START_TEST(compares_in_one_unicode_form) {
  static const struct {
    const char *set, *typed;
    bool fits;
    const char *description;
  } rows[] = {
      {"p\xc3\xa4ssword", "pa\xcc\x88ssword", true, "set on Windows, typed on a Mac"},
      {"pa\xcc\x88ssword", "p\xc3\xa4ssword", true, "set on a Mac, typed on Windows"},
      {"correct horse", "correct\xc2\xa0horse", true, "a no-break space"},
      {"\xed\x95\x9c", "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", true, "Hangul"},
      {"\xe0\xa4\xa9", "\xe0\xa4\xa8\xe0\xa4\xbc", true, "Devanagari"},
      {"p\xc3\xa4ssword", "password", false, "no accent"},
      {"password", "PASSWORD", false, "another case"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    char hash[PASSWORD_HASH_SIZE];
    bool renew = false;
    ck_assert_int_eq(password_hash(rows[i].set, strlen(rows[i].set), cheap, hash), ERROR_NONE);
    enum error error = password_verify(hash, rows[i].typed, strlen(rows[i].typed), cheap, &renew);
    ck_assert_msg(error == (rows[i].fits ? ERROR_NONE : ERROR_DENIED), "%s: %s", rows[i].description,
                  error_strerror(error));
    ck_assert_msg(!renew, "%s", rows[i].description);
  }
}
END_TEST

START_TEST(renews_a_hash_of_the_password_as_it_was_typed) {
  static const char typed[] = "pa\xcc\x88ssword"; /* argon2id of these bytes, m=64, t=1 */
  static const char old[] =
      "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$dSWJVF/xnXAiUfIFCa6cHwDVSF8dGIMaRynh72mlA/I";
  bool renew = false;
  ck_assert_int_eq(password_verify(old, typed, strlen(typed), cheap, &renew), ERROR_NONE);
  ck_assert(renew);
  renew = false;
  ck_assert_int_eq(password_verify_alike(old, typed, strlen(typed), cheap, NULL, 0, &renew), ERROR_NONE);
  ck_assert(renew);
  ck_assert_int_eq(password_verify(old, "p\xc3\xa4ssword", 9, cheap, &renew), ERROR_DENIED);
}
END_TEST

START_TEST(verifies_alike_with_the_errors_of_a_verification) {
  static char long_password[PASSWORD_MAX_BYTES + 1];
  static const struct password_cost in_use[] = {{128, 1}, {64, 1}, {8, 2}};
  static const struct password_cost dear = {256, 2};
  char hash[PASSWORD_HASH_SIZE];
  bool renew = true;
  ck_assert_int_eq(password_verify_alike(NULL, "password", 8, cheap, NULL, 0, &renew), ERROR_DENIED);
  ck_assert_int_eq(password_verify_alike(NULL, long_password, sizeof long_password, cheap, in_use, 3, &renew),
                   ERROR_DENIED);
  ck_assert_int_eq(password_verify_alike("!", "password", 8, cheap, in_use, 3, &renew), ERROR_INVALID);
  ck_assert_int_eq(password_hash("password", 8, cheap, hash), ERROR_NONE);
  ck_assert_int_eq(password_verify_alike(hash, "password", 8, cheap, in_use, 3, &renew), ERROR_NONE);
  ck_assert(!renew);
  ck_assert_int_eq(password_verify_alike(hash, "password", 8, dear, in_use, 3, &renew), ERROR_NONE);
  ck_assert(renew);
  ck_assert_int_eq(password_verify_alike(hash, "passwort", 8, dear, in_use, 3, &renew), ERROR_DENIED);
  ck_assert_int_eq(password_verify_alike(hash, "password", 8, dear, NULL, 0, &renew), ERROR_NONE); /* not listed */
  /* The dummy's own password, if there were one, opens nothing. */
  ck_assert_int_eq(password_verify_alike(NULL, "", 0, cheap, in_use, 3, &renew), ERROR_DENIED);
}
END_TEST

START_TEST(reads_costs) {
  struct password_cost cost = {0, 0};
  ck_assert_int_eq(password_cost_parse("m=19456,t=2,p=1", &cost), ERROR_NONE);
  ck_assert(cost.memory_kib == 19456 && cost.time == 2);
  ck_assert_int_eq(password_cost_parse("m=65537,t=2,p=1", &cost), ERROR_INVALID);
  ck_assert_int_eq(password_cost_parse("m=64,t=2,p=11", &cost), ERROR_INVALID);
  ck_assert_int_eq(password_cost_parse("", &cost), ERROR_INVALID);
}
END_TEST

UNIT_MAIN("password", verifies_what_it_hashed, refuses_to_hash, renews_when_the_cost_differs,
          caps_what_a_stored_hash_asks_for, compares_in_one_unicode_form, renews_a_hash_of_the_password_as_it_was_typed,
          verifies_alike_with_the_errors_of_a_verification, reads_costs)
