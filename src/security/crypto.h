/* SPDX-License-Identifier: ISC */
/*
 * The libraries behind tokens and URLs, made ready. OpenSSL looks up and allocates what it needs at the first use, and
 * remembers for good when that failed: so each is used once while nothing depends on it.
 */
#ifndef MEDIAGATE_SECURITY_CRYPTO_H
#define MEDIAGATE_SECURITY_CRYPTO_H

#include "base/error.h"
#include "security/keyring.h"

/* Issues and verifies an access token, seals and opens a text, makes a secret token, signs a URL, seals a secret. A
 * keyring may be NULL. Any error: this process cannot do its work.
 */
enum error crypto_warm_up(const struct keyring *access_keys, const struct keyring *stream_keys,
                          const struct keyring *totp_keys) MUST_CHECK;

#endif
