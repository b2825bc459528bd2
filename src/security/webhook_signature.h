/* SPDX-License-Identifier: ISC */
/*
 * Secrets and signatures of webhooks, as Standard Webhooks 1.0.0 has them (standardwebhooks.com). A secret is derived
 * (HKDF-SHA-256, RFC 5869) from the key of webhook_key_file, the webhook's salt and the version of the secret.
 */
#ifndef MEDIAGATE_SECURITY_WEBHOOK_SIGNATURE_H
#define MEDIAGATE_SECURITY_WEBHOOK_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/digest.h"
#include "security/keyring.h"

#define WEBHOOK_SECRET_SIZE    52 /* "whsec_", base64 of 32 bytes, and a NUL */
#define WEBHOOK_SIGNATURE_SIZE 48 /* "v1,", the same, and a NUL */

enum error webhook_secret_derive(const struct keyring_key *key, const char *salt, int64_t version,
                                 unsigned char ret_secret[DIGEST_SIZE]) MUST_CHECK;
/* As the receiver is told it. */
void webhook_secret_format(const unsigned char secret[DIGEST_SIZE], char ret_text[WEBHOOK_SECRET_SIZE]);
/* The signature of "id.timestamp.body". */
enum error webhook_sign(const unsigned char secret[DIGEST_SIZE], const char *id, int64_t timestamp_seconds,
                        const char *body, char ret_signature[WEBHOOK_SIGNATURE_SIZE]) MUST_CHECK;

#endif
