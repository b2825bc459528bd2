/* SPDX-License-Identifier: ISC */
/* Secrets and signatures of webhooks. */
#include "config.h"

#include "security/webhook_signature.h"

#include <string.h>

#include "unit.h"

/* The message of the specification's example, with a secret of 32 bytes; made with Python's hmac. */
START_TEST(signature_is_as_the_specification_says) {
  unsigned char secret[DIGEST_SIZE];
  char text[WEBHOOK_SECRET_SIZE], signature[WEBHOOK_SIGNATURE_SIZE];
  for (size_t i = 0; i < sizeof secret; i++) {
    secret[i] = (unsigned char)i;
  }
  webhook_secret_format(secret, text);
  ck_assert_str_eq(text, "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
  ck_assert_int_eq(
      webhook_sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "{\"test\": 2432232314}", signature),
      ERROR_NONE);
  ck_assert_str_eq(signature, "v1,O4Gjv1HqPqsMrjmczoggs/sWA8gZD0VyHG+fLh4+ktI=");
}
END_TEST

START_TEST(secrets_differ_by_salt_version_and_key) {
  struct keyring_key keys[2];
  unsigned char secrets[5][DIGEST_SIZE];
  keyring_generate(NULL, 1, &keys[0]);
  keyring_generate(NULL, 1, &keys[1]);
  const char *one = "0193d2f0-7c1e-4d3a-9b1e-5f0c1c0e9b2d", *other = "0193d2f0-7c1e-4d3a-9b1e-5f0c1c0e9b2e";
  ck_assert_int_eq(webhook_secret_derive(&keys[0], one, 1, secrets[0]), ERROR_NONE);
  ck_assert_int_eq(webhook_secret_derive(&keys[0], one, 2, secrets[1]), ERROR_NONE);
  ck_assert_int_eq(webhook_secret_derive(&keys[0], other, 1, secrets[2]), ERROR_NONE);
  ck_assert_int_eq(webhook_secret_derive(&keys[1], one, 1, secrets[3]), ERROR_NONE);
  for (int i = 0; i < 4; i++) {
    for (int j = 0; j < i; j++) {
      ck_assert(memcmp(secrets[i], secrets[j], DIGEST_SIZE) != 0);
    }
  }
  ck_assert_int_eq(webhook_secret_derive(&keys[0], one, 1, secrets[4]), ERROR_NONE);
  ck_assert(memcmp(secrets[0], secrets[4], DIGEST_SIZE) == 0);
}
END_TEST

UNIT_MAIN("webhook_signature", signature_is_as_the_specification_says, secrets_differ_by_salt_version_and_key)
