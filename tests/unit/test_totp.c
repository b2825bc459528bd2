/* SPDX-License-Identifier: ISC */
/* Codes of RFC 6238, recovery codes, sealed secrets and QR codes. */
#include "config.h"

#include "security/totp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "security/keyring.h"
#include "security/qr_code.h"
#include "security/recovery_code.h"
#include "security/sealed_secret.h"
#include "unit.h"

static const unsigned char rfc_secret[TOTP_SECRET_BYTES] = "12345678901234567890";

/* RFC 6238 appendix B has eight digits: a code of six is their last six. */
static const struct {
  int64_t time;
  const char *code;
} vectors[] = {{59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
               {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};

START_TEST(takes_the_codes_of_the_rfc) {
  for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
    int64_t step = -1;
    ck_assert_int_eq(totp_verify(rfc_secret, vectors[i].code, vectors[i].time, &step), ERROR_NONE);
    ck_assert_int_eq(step, vectors[i].time / TOTP_STEP_SECONDS);
  }
}
END_TEST

START_TEST(a_clock_may_be_wrong_by_one_step) {
  static const struct {
    int64_t off;
    enum error error;
  } rows[] = {{-60, ERROR_DENIED}, {-30, ERROR_NONE}, {0, ERROR_NONE}, {30, ERROR_NONE}, {60, ERROR_DENIED}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int64_t step = -1;
    ck_assert_int_eq(totp_verify(rfc_secret, "005924", 1234567890 + rows[i].off, &step), rows[i].error);
    ck_assert_int_eq(step, rows[i].error == ERROR_NONE ? 1234567890 / TOTP_STEP_SECONDS : -1);
  }
}
END_TEST

START_TEST(refuses_what_is_no_code) {
  static const char *const codes[] = {"", "00592", "0059240", "00592a", " 05924", "005924 ", "-05924", "5924"};
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
    int64_t step = -1;
    ck_assert_int_eq(totp_verify(rfc_secret, codes[i], 1234567890, &step), ERROR_DENIED);
    ck_assert_int_eq(step, -1);
  }
}
END_TEST

START_TEST(writes_what_apps_read) {
  struct text uri = {0};
  ck_assert_int_eq(totp_append_uri(rfc_secret, "mediagate [::1]", "ada+x@example.org", &uri), ERROR_NONE);
  ck_assert_str_eq(
      uri.data, "otpauth://totp/mediagate%20%5B%3A%3A1%5D:ada%2Bx%40example.org?secret="
                "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=mediagate%20%5B%3A%3A1%5D&algorithm=SHA1&digits=6&period=30");
  text_free(&uri);
}
END_TEST

START_TEST(draws_a_qr_code) {
  struct text svg = {0};
  ck_assert_int_eq(qr_code_append_svg("otpauth://totp/a", &svg), ERROR_NONE);
  ck_assert_ptr_eq(strstr(svg.data, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 33 33\""), svg.data);
  ck_assert_ptr_nonnull(strstr(svg.data, "M4 4h7v1h-7z")); /* the upper edge of the finder pattern */
  text_free(&svg);
  char *large = malloc(4001);
  memset(large, 'x', 4000);
  large[4000] = '\0';
  ck_assert_int_eq(qr_code_append_svg(large, &svg), ERROR_TOO_LARGE);
  free(large);
}
END_TEST

START_TEST(a_recovery_code_is_its_accounts) {
  char code[RECOVERY_CODE_SIZE], other[RECOVERY_CODE_SIZE];
  unsigned char made[DIGEST_SIZE], hash[DIGEST_SIZE];
  ck_assert_int_eq(recovery_code_new(7, code, made), ERROR_NONE);
  ck_assert_int_eq(strlen(code), RECOVERY_CODE_SIZE - 1);
  ck_assert_int_eq(recovery_code_hash(7, code, hash), ERROR_NONE);
  ck_assert_mem_eq(hash, made, sizeof made);
  ck_assert_int_eq(recovery_code_hash(8, code, hash), ERROR_NONE);
  ck_assert_mem_ne(hash, made, sizeof made);
  ck_assert_int_eq(recovery_code_new(7, other, hash), ERROR_NONE);
  ck_assert_str_ne(code, other);
}
END_TEST

START_TEST(recovery_codes_are_typed_by_people) {
  unsigned char hash[DIGEST_SIZE], other[DIGEST_SIZE];
  ck_assert_int_eq(recovery_code_hash(7, "abcd-efgh-2345-6789", hash), ERROR_NONE);
  static const char *const same[] = {"ABCDEFGH23456789", " abcd efgh 2345 6789 ", "AbCd-EfGh-2345-6789"};
  static const char *const wrong[] = {"", "abcd-efgh-2345-678", "abcd-efgh-2345-67899", "abcd-efgh-2345-6780",
                                      "123456"};
  for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
    ck_assert_int_eq(recovery_code_hash(7, same[i], other), ERROR_NONE);
    ck_assert_mem_eq(hash, other, sizeof hash);
  }
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    ck_assert_int_eq(recovery_code_hash(7, wrong[i], other), ERROR_DENIED);
  }
}
END_TEST

static struct keyring *new_keyring(void) {
  struct keyring *keyring = calloc(1, sizeof *keyring);
  ck_assert_ptr_nonnull(keyring);
  keyring_generate(NULL, 0, &keyring->keys[0]);
  keyring->count = 1;
  return keyring;
}

START_TEST(a_sealed_secret_opens_for_its_owner_only) {
  struct keyring *keyring = new_keyring();
  char sealed[SEALED_SECRET_SIZE], again[SEALED_SECRET_SIZE];
  unsigned char opened[TOTP_SECRET_BYTES] = {0};
  ck_assert_int_eq(sealed_secret_seal(keyring, 7, rfc_secret, sizeof rfc_secret, sealed), ERROR_NONE);
  ck_assert_int_eq(sealed_secret_seal(keyring, 7, rfc_secret, sizeof rfc_secret, again), ERROR_NONE);
  ck_assert_str_ne(sealed, again);
  ck_assert_int_eq(sealed_secret_open(keyring, 8, sealed, opened, sizeof opened), ERROR_DENIED);
  ck_assert_int_eq(sealed_secret_open(keyring, 7, sealed, opened, sizeof opened - 1), ERROR_DENIED);
  ck_assert_int_eq(opened[0], 0);
  ck_assert_int_eq(sealed_secret_open(keyring, 7, sealed, opened, sizeof opened), ERROR_NONE);
  ck_assert_mem_eq(opened, rfc_secret, sizeof opened);
  keyring_free(keyring);
}
END_TEST

START_TEST(a_sealed_secret_that_was_changed_does_not_open) {
  struct keyring *keyring = new_keyring();
  char sealed[SEALED_SECRET_SIZE], changed[SEALED_SECRET_SIZE];
  unsigned char opened[TOTP_SECRET_BYTES];
  ck_assert_int_eq(sealed_secret_seal(keyring, 7, rfc_secret, sizeof rfc_secret, sealed), ERROR_NONE);
  for (size_t i = 0; sealed[i] != '\0'; i++) {
    memcpy(changed, sealed, sizeof changed);
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    ck_assert_int_ne(sealed_secret_open(keyring, 7, changed, opened, sizeof opened), ERROR_NONE);
    changed[i] = '\0';
    ck_assert_int_ne(sealed_secret_open(keyring, 7, changed, opened, sizeof opened), ERROR_NONE);
  }
  keyring_free(keyring);
}
END_TEST

START_TEST(after_a_rotation_old_keys_open_and_the_new_one_seals) {
  struct keyring *keyring = new_keyring();
  char old[SEALED_SECRET_SIZE], new[SEALED_SECRET_SIZE];
  unsigned char opened[TOTP_SECRET_BYTES];
  ck_assert_int_eq(sealed_secret_seal(keyring, 7, rfc_secret, sizeof rfc_secret, old), ERROR_NONE);
  ck_assert(sealed_secret_is_current(keyring, old));
  struct keyring_key younger;
  keyring_generate(keyring, 0, &younger);
  keyring->keys[1] = keyring->keys[0];
  keyring->keys[0] = younger;
  keyring->count = 2;
  ck_assert_int_eq(sealed_secret_open(keyring, 7, old, opened, sizeof opened), ERROR_NONE);
  ck_assert(!sealed_secret_is_current(keyring, old));
  ck_assert_int_eq(sealed_secret_seal(keyring, 7, rfc_secret, sizeof rfc_secret, new), ERROR_NONE);
  ck_assert(sealed_secret_is_current(keyring, new));
  keyring->count = 1;
  ck_assert_int_eq(sealed_secret_open(keyring, 7, old, opened, sizeof opened), ERROR_NOT_FOUND);
  ck_assert_int_eq(sealed_secret_open(keyring, 7, new, opened, sizeof opened), ERROR_NONE);
  keyring_free(keyring);
}
END_TEST

UNIT_MAIN("totp", takes_the_codes_of_the_rfc, a_clock_may_be_wrong_by_one_step, refuses_what_is_no_code,
          writes_what_apps_read, draws_a_qr_code, a_recovery_code_is_its_accounts, recovery_codes_are_typed_by_people,
          a_sealed_secret_opens_for_its_owner_only, a_sealed_secret_that_was_changed_does_not_open,
          after_a_rotation_old_keys_open_and_the_new_one_seals)
