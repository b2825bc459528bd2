/* SPDX-License-Identifier: ISC */
/*
 * The second factor of a login: a code of the account's authenticator app, or one of its recovery codes. Each is good
 * once. Guesses count as guesses at a password do. In the auth pool only, which has the keys.
 */
#ifndef MEDIAGATE_API_ACCOUNTS_SECOND_FACTOR_H
#define MEDIAGATE_API_ACCOUNTS_SECOND_FACTOR_H

#include <stdbool.h>

#include "api/accounts/password_attempt.h"
#include "api/call.h"
#include "security/totp.h"
#include "store/accounts/totp_store.h"

#define SECOND_FACTOR_CODE_MAX 64 /* bytes; longer is no code */

/* Of who showed the right password: is this the second factor too? `otp` NULL: none was sent. False: the response has
 * the 401, 429 or 503. */
bool second_factor_check_login(struct call *call, const struct account *account, const char *otp,
                               const struct password_attempt *attempt) MUST_CHECK;
/* Is `code` good for this account? It is spent then. ERROR_DENIED: no. */
enum error second_factor_spend(struct call *call, int64_t account_id, const char *code) MUST_CHECK;
/* Opens the secret, and holds the code against it. ERROR_DENIED: it does not fit. ERROR_INTERNAL: the secret cannot be
 * opened; logged. */
enum error second_factor_verify(struct call *call, int64_t account_id, const struct totp *totp, const char *code,
                                int64_t *ret_step) MUST_CHECK;

#endif
