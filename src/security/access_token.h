/* SPDX-License-Identifier: ISC */
/*
 * Access tokens: JWT, HS256, with kid. The only file that knows libjwt. Verification: a strict gate first (length, two
 * dots, alphabet, header byte-identical to one that we issue), then libjwt, then every claim by type.
 */
#ifndef MEDIAGATE_SECURITY_ACCESS_TOKEN_H
#define MEDIAGATE_SECURITY_ACCESS_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/digest.h"
#include "security/keyring.h"

#define ACCESS_TOKEN_MAX_BYTES       2048
#define ACCESS_TOKEN_MAX_TTL_SECONDS 86400
#define ACCESS_TOKEN_SKEW_SECONDS    30 /* how far ahead another node's clock may be: for iat and nbf, never for exp */

struct access_token {
  int64_t account_id;         /* sub */
  int64_t epoch;              /* the account's token epoch when it was issued */
  char session_id[UUID_SIZE]; /* sid: the login session (UUID) */
  int64_t issued_at;          /* seconds */
  int64_t expires_at;
};

/* *ret_text is malloc'd. iss and aud are "mediagate"; sub is a decimal string; epoch, iat, nbf and exp are integers.
 * ERROR_INVALID: a field that verification would refuse. ERROR_UNSUPPORTED: this libjwt writes other headers. */
enum error access_token_issue(const struct keyring *keyring, const struct access_token *token,
                              char **ret_text) MUST_CHECK;
/* ERROR_DENIED: not one of ours in any way. ERROR_EXPIRED: ours, but exp is reached (no leeway). ERROR_MEMORY. */
enum error access_token_verify(const struct keyring *keyring, const char *text, size_t length, int64_t now_seconds,
                               struct access_token *ret_token) MUST_CHECK;
/* For the log: why a token is refused. Not for whoever sent it. The times are unix seconds, 0 where they are not known
 * to be ours. */
struct access_token_refusal {
  const char *reason; /* static storage; completes "the token …" */
  int64_t issued_at, expires_at;
};
void access_token_explain(const struct keyring *keyring, const char *text, size_t length, int64_t now_seconds,
                          struct access_token_refusal *ret_refusal);
/* The gate alone, for tests and fuzzing: ERROR_DENIED or ERROR_NONE with the kid of the header. */
enum error access_token_gate(const struct keyring *keyring, const char *text, size_t length,
                             const struct keyring_key **ret_key) MUST_CHECK;

#endif
