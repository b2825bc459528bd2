/* SPDX-License-Identifier: ISC */
/*
 * Secret tokens that are looked up, not computed: refresh tokens and invitations. 256 random bits in base64url; only
 * their SHA-256 is stored, which is enough because nobody can guess what it was made from.
 */
#ifndef MEDIAGATE_SECURITY_SECRET_TOKEN_H
#define MEDIAGATE_SECURITY_SECRET_TOKEN_H

#include "base/error.h"
#include "domain/digest.h"

#define SECRET_TOKEN_SIZE 44 /* 43 characters and a NUL */

enum error secret_token_new(char ret_token[SECRET_TOKEN_SIZE], unsigned char ret_hash[DIGEST_SIZE]) MUST_CHECK;
/* What is stored of this token. ERROR_DENIED: not of the form that we hand out. */
enum error secret_token_hash(const char *token, unsigned char ret_hash[DIGEST_SIZE]) MUST_CHECK;
/* Hides the successor of a token from all but who has that token: XOR with an HMAC under the token, of which only the
 * SHA-256 is stored. A token hides one successor in its life, so this is a one-time pad. ERROR_DENIED: not of the form
 * that we hand out. */
enum error secret_token_seal(const char *token, const char *successor,
                             unsigned char ret_sealed[DIGEST_SIZE]) MUST_CHECK;
/* The successor again. What was sealed under another token comes out as another token. */
enum error secret_token_unseal(const char *token, const unsigned char sealed[DIGEST_SIZE],
                               char ret_successor[SECRET_TOKEN_SIZE]) MUST_CHECK;

#endif
