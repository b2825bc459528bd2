/* SPDX-License-Identifier: ISC */
/*
 * Limits of logins, of guesses at the current password, and of open sign-ups. Each counts before anything is hashed,
 * in one atomic statement a counter, so that parallel attempts cannot race.
 */
#ifndef MEDIAGATE_STORE_ACCOUNTS_LOGIN_LIMIT_H
#define MEDIAGATE_STORE_ACCOUNTS_LOGIN_LIMIT_H

#include <stdint.h>

#include "base/error.h"
#include "store/engine/database.h"

/* Whether the account was logged in to, within known_seconds, from where an attempt comes. */
enum login_standing { LOGIN_STRANGER, LOGIN_KNOWN_NETWORK, LOGIN_KNOWN_ADDRESS };

struct login_attempt {
  const char *email;   /* normalised; there need be no such account */
  const char *address; /* whom the address limit counts */
  const char *network; /* a wider one: whom the account's limit counts */
};
struct login_limits {
  int64_t account; /* to one e-mail from one network; LOGIN_LIMIT_ANYWHERE times as many from all strangers together */
  int64_t address; /* from one address */
  int64_t window_seconds;
  int64_t known_seconds;
};
/* Whoever knows an e-mail can hold it at its limit from where they are. To hold it from where nobody logged in to it
 * lately takes as many networks. */
#define LOGIN_LIMIT_ANYWHERE 10

/* Counts an attempt by its address and by account and network, a stranger's by account too. What comes from a known
 * address or network has a counter of its own, which strangers elsewhere cannot fill. ERROR_LIMITED above a limit, with
 * the seconds until its window ends. */
enum error login_limit_count(struct database *database, const struct login_attempt *attempt,
                             const struct login_limits *limits, enum login_standing *ret_standing,
                             int64_t *ret_retry_after) MUST_CHECK;
/* After a success: the counter of account and network returns to 0, the others get the attempt back. */
enum error login_limit_forgive(struct database *database, const struct login_attempt *attempt,
                               enum login_standing standing) MUST_CHECK;
/* Notes that the account is used from there. */
enum error login_limit_remember(struct database *database, int64_t account_id, const char *address,
                                const char *network) MUST_CHECK;

/* A guess at a code of the second factor by who knows the password, from no place that the account knows. Of all such
 * places together; login_limit_count counts each place before. */
enum error code_limit_count(struct database *database, int64_t account_id, const struct login_limits *limits,
                            int64_t *ret_retry_after) MUST_CHECK;
/* The code was right: it was no guess. */
enum error code_limit_give_back(struct database *database, int64_t account_id) MUST_CHECK;

/* A guess at the current password by who holds an access token of the account. Strangers do not fill this counter. */
enum error password_change_limit_count(struct database *database, int64_t account_id, const struct login_limits *limits,
                                       int64_t *ret_retry_after) MUST_CHECK;
enum error password_change_limit_forgive(struct database *database, int64_t account_id) MUST_CHECK;

/* A guess at the password of a shared report, by who has its link. It counts as a login's by its address. */
enum error report_limit_count(struct database *database, int64_t report_id, const struct login_attempt *attempt,
                              const struct login_limits *limits, int64_t *ret_retry_after) MUST_CHECK;
/* As login_limit_forgive. */
enum error report_limit_forgive(struct database *database, int64_t report_id,
                                const struct login_attempt *attempt) MUST_CHECK;

struct signup_limits {
  int64_t address; /* from one address */
  int64_t all;     /* from all together */
  int64_t window_seconds;
};
/* A new account. Nothing is given back: these end with their window. */
enum error signup_limit_count(struct database *database, const char *address, const struct signup_limits *limits,
                              int64_t *ret_retry_after) MUST_CHECK;

#endif
