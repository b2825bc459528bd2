/* SPDX-License-Identifier: ISC */
/*
 * Secrets that the database keeps and only some workers may read: sealed (seal.h) under the first key of a key file.
 * The text says under which key: "KID.base64url(nonce, ciphertext, tag)". Older keys of the file still open what they
 * sealed. A text opens only for the owner whom it was sealed for.
 */
#ifndef MEDIAGATE_SECURITY_SEALED_SECRET_H
#define MEDIAGATE_SECURITY_SEALED_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "security/keyring.h"

#define SEALED_SECRET_MAX_BYTES 64  /* of a secret */
#define SEALED_SECRET_SIZE      140 /* of its text with a NUL: a key id, a point, and 92 bytes in base64url */

/* `size` is at most SEALED_SECRET_MAX_BYTES. */
enum error sealed_secret_seal(const struct keyring *keyring, int64_t owner_id, const void *secret, size_t size,
                              char ret_sealed[SEALED_SECRET_SIZE]) MUST_CHECK;
/* A secret of exactly `size` bytes. ERROR_NOT_FOUND: the keyring does not have its key. ERROR_DENIED: another owner's,
 * changed, or no such text. ERROR_MEMORY. */
enum error sealed_secret_open(const struct keyring *keyring, int64_t owner_id, const char *sealed, void *ret_secret,
                              size_t size) MUST_CHECK;
/* Was it sealed under the key that seals now? */
bool sealed_secret_is_current(const struct keyring *keyring, const char *sealed);

#endif
