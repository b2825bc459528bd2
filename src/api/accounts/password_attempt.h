/* SPDX-License-Identifier: ISC */
/*
 * The limits, the answers and the cost that everything shares that hashes a password: a login, a new password, a new
 * account.
 */
#ifndef MEDIAGATE_API_ACCOUNTS_PASSWORD_ATTEMPT_H
#define MEDIAGATE_API_ACCOUNTS_PASSWORD_ATTEMPT_H

#include <stdbool.h>

#include "api/call.h"
#include "security/password.h"

/* Counting comes before hashing, so that parallel guesses cannot race and a flood costs a row, not an argon2. False:
 * the response has the 429 or 503. */
bool password_attempt_count(struct call *call, const char *email) MUST_CHECK;
/* The password was right: the counters of this account and address begin anew. */
void password_attempt_forgive(struct call *call, const char *email);
/* The same for an account that anyone may make. */
bool password_attempt_count_signup(struct call *call) MUST_CHECK;
/* What hashing costs by the settings. */
struct password_cost password_attempt_cost(const struct app *app);

#endif
