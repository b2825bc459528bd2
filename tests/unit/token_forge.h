/* SPDX-License-Identifier: ISC */
/*
 * Makes any token: whatever header and payload, correctly signed with a fixed key. For the tests
 * and the fuzzer, which must reach what stands behind the signature.
 */
#ifndef MEDIAGATE_TESTS_TOKEN_FORGE_H
#define MEDIAGATE_TESTS_TOKEN_FORGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "security/keyring.h"

#define FORGE_NOW        INT64_C(1700000000)
#define FORGE_HEADER     "{\"alg\":\"HS256\",\"kid\":\"k1\",\"typ\":\"JWT\"}"
#define FORGE_SESSION_ID "01890a5d-ac96-774b-bcce-b302099a8057"

/* Keys k1 (signs) and k2, with fixed secrets. Aborts when it cannot. Release with keyring_free. */
struct keyring *forge_keyring(void);
/* Appends base64url(header).base64url(payload).base64url(HMAC). digest is "SHA256", "SHA384" or
 * "SHA512". */
void forge_token(const struct keyring_key *key, const char *digest, const char *header, const void *payload,
                 size_t payload_size, struct text *ret_token);

#endif
