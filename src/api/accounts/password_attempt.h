/* SPDX-License-Identifier: ISC */
/*
 * The limits, the answers and the cost that everything shares that hashes a password: a login, a new password, a new
 * account.
 */
#ifndef MEDIAGATE_API_ACCOUNTS_PASSWORD_ATTEMPT_H
#define MEDIAGATE_API_ACCOUNTS_PASSWORD_ATTEMPT_H

#include <stdbool.h>

#include "api/call.h"
#include "domain/address.h"
#include "security/password.h"
#include "store/accounts/login_limit.h"

/* A login attempt that was counted. Points into itself, so it is not copied. */
struct password_attempt {
  char address[ADDRESS_TEXT_SIZE];
  char network[ADDRESS_TEXT_SIZE];
  struct login_attempt who;
  enum login_standing standing;
};

/* Counting comes before hashing, so that parallel guesses cannot race and a flood costs a row, not an argon2. False:
 * the response has the 429 or 503. `email` is kept by its address. */
bool password_attempt_count(struct call *call, const char *email, struct password_attempt *ret_attempt) MUST_CHECK;
/* The password was right: the counters of this account and place begin anew. */
void password_attempt_forgive(struct call *call, const struct password_attempt *attempt);
/* The account is used from where the caller is: strangers cannot close it to that place. */
void password_attempt_remember(struct call *call, int64_t account_id);
/* The same as count and forgive for the caller's own password, by the caller's account alone. */
bool password_attempt_count_change(struct call *call) MUST_CHECK;
void password_attempt_forgive_change(struct call *call);
/* Is this the caller's password? It forgives nothing. False: the response has the 403 or 503. */
bool password_attempt_check_own(struct call *call, const char *password) MUST_CHECK;
/* Counts a guess at a code of the second factor. Whoever comes from no place that the account knows shares one limit
 * with all such; of the others the attempt was counted by its place. */
bool password_attempt_count_code(struct call *call, int64_t account_id,
                                 const struct password_attempt *attempt) MUST_CHECK;
void password_attempt_forgive_code(struct call *call, int64_t account_id, const struct password_attempt *attempt);
/* Counts a guess at the password of a shared report, by the same limits. */
bool password_attempt_count_report(struct call *call, int64_t report_id,
                                   struct password_attempt *ret_attempt) MUST_CHECK;
void password_attempt_forgive_report(struct call *call, int64_t report_id, const struct password_attempt *attempt);
/* The same for an account that anyone may make. */
bool password_attempt_count_signup(struct call *call) MUST_CHECK;
/* What hashing costs by the settings. */
struct password_cost password_attempt_cost(const struct app *app);

/* Counts a refused attempt for the event login.refused: wrong, or limited. account_id 0: no account is known. */
void password_attempt_note_refusal(struct call *call, int64_t account_id, bool limited);

#endif
