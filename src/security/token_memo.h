/* SPDX-License-Identifier: ISC */
/*
 * Access tokens that were found good a moment ago: the same token comes with hundreds of calls a second, and parsing
 * and verifying a JWT costs more than all the rest of such a call. A memo belongs to one keyring: never keep it beyond
 * that. Says only that the token is ours and has not expired; whether its account lets it in is asked anew each time.
 */
#ifndef MEDIAGATE_SECURITY_TOKEN_MEMO_H
#define MEDIAGATE_SECURITY_TOKEN_MEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "security/access_token.h"

struct token_memo;

/* Holds up to `slots` tokens; two that fall into the same slot take turns. */
enum error token_memo_new(size_t slots, struct token_memo **ret_memo) MUST_CHECK;
void token_memo_free(struct token_memo *memo); /* wipes; NULL is fine */
/* As access_token_verify, and remembers what it found good. Any byte that differs makes another token. memo may be
 * NULL. */
enum error token_memo_verify(struct token_memo *memo, const struct keyring *keyring, const char *text, size_t length,
                             int64_t now_seconds, struct access_token *ret_token) MUST_CHECK;

#endif
