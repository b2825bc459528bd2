/* SPDX-License-Identifier: ISC */
/*
 * A token's successor opens under that token alone.
 */
#include "config.h"

#include "security/secret_token.h"

#include <string.h>

#include "unit.h"

START_TEST(a_sealed_successor_opens_under_its_predecessor_alone) {
  char first[SECRET_TOKEN_SIZE], second[SECRET_TOKEN_SIZE], third[SECRET_TOKEN_SIZE], opened[SECRET_TOKEN_SIZE];
  unsigned char first_hash[DIGEST_SIZE], hash[DIGEST_SIZE], sealed[DIGEST_SIZE], other[DIGEST_SIZE];
  ck_assert_int_eq(secret_token_new(first, first_hash), ERROR_NONE);
  ck_assert_int_eq(secret_token_new(second, hash), ERROR_NONE);
  ck_assert_int_eq(secret_token_new(third, hash), ERROR_NONE);
  ck_assert_int_eq(secret_token_seal(first, second, sealed), ERROR_NONE);
  ck_assert_int_eq(secret_token_unseal(first, sealed, opened), ERROR_NONE);
  ck_assert_str_eq(opened, second);
  ck_assert_int_eq(secret_token_unseal(third, sealed, opened), ERROR_NONE);
  ck_assert_str_ne(opened, second);
  /* What the database has, the hash of the first, is not the pad. */
  for (size_t i = 0; i < DIGEST_SIZE; i++) {
    other[i] = sealed[i] ^ first_hash[i];
  }
  ck_assert_int_eq(secret_token_seal(second, first, sealed), ERROR_NONE);
  ck_assert_int_ne(memcmp(other, sealed, sizeof other), 0);
}
END_TEST

START_TEST(refuses_what_is_no_token) {
  char token[SECRET_TOKEN_SIZE], opened[SECRET_TOKEN_SIZE];
  unsigned char bytes[DIGEST_SIZE];
  ck_assert_int_eq(secret_token_new(token, bytes), ERROR_NONE);
  ck_assert_int_eq(secret_token_seal("x", token, bytes), ERROR_DENIED);
  ck_assert_int_eq(secret_token_seal(token, "", bytes), ERROR_DENIED);
  ck_assert_int_eq(secret_token_unseal("x", bytes, opened), ERROR_DENIED);
  ck_assert_int_eq(secret_token_hash("x", bytes), ERROR_DENIED);
}
END_TEST

UNIT_MAIN("secret_token", a_sealed_successor_opens_under_its_predecessor_alone, refuses_what_is_no_token)
