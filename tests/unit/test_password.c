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

START_TEST(wastes_time_with_the_errors_of_a_verification) {
  static char long_password[PASSWORD_MAX_BYTES + 1];
  ck_assert_int_eq(password_waste_time("password", 8, cheap), ERROR_DENIED);
  ck_assert_int_eq(password_waste_time(long_password, sizeof long_password, cheap), ERROR_DENIED);
}
END_TEST

UNIT_MAIN("password", verifies_what_it_hashed, refuses_to_hash, renews_when_the_cost_differs,
          caps_what_a_stored_hash_asks_for, wastes_time_with_the_errors_of_a_verification)
