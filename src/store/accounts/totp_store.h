/* SPDX-License-Identifier: ISC */
/*
 * The second factor of accounts: the sealed secret, the last code that was taken, recovery codes. What the secret is
 * and whether a code fits is security/'s.
 */
#ifndef MEDIAGATE_STORE_ACCOUNTS_TOTP_STORE_H
#define MEDIAGATE_STORE_ACCOUNTS_TOTP_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/digest.h"
#include "store/engine/database.h"

#define TOTP_SEALED_SIZE 140 /* with a NUL */

struct totp {
  char sealed[TOTP_SEALED_SIZE];
  bool confirmed; /* logins ask for its codes */
};

/* A new secret, not confirmed, in place of one that was not either. ERROR_CONFLICT: the account has a confirmed one. */
enum error totp_store_begin(struct database *database, int64_t account_id, const char *sealed) MUST_CHECK;
/* ERROR_NOT_FOUND: the account has none. */
enum error totp_store_find(struct database *database, int64_t account_id, struct totp *ret_totp) MUST_CHECK;

struct totp_confirmation {
  const char *sealed; /* the secret that the code was held against */
  int64_t step;       /* of that code, which is spent */
  const unsigned char (*recovery_hashes)[DIGEST_SIZE];
  size_t recovery_count;
};
/* From now on logins need the second factor. ERROR_CONFLICT: the account has another secret by now, or this one was
 * confirmed before. */
enum error totp_store_confirm(struct database *database, int64_t account_id,
                              const struct totp_confirmation *confirmation) MUST_CHECK;
/* Spends the code of this step. Of two at once one wins. ERROR_DENIED: a code of this step or of a later one was taken
 * before, or there is no confirmed secret. */
enum error totp_store_spend_step(struct database *database, int64_t account_id, int64_t step) MUST_CHECK;
/* The same of a recovery code. */
enum error totp_store_spend_recovery(struct database *database, int64_t account_id,
                                     const unsigned char hash[DIGEST_SIZE]) MUST_CHECK;
/* Removes the second factor with its recovery codes. ERROR_NOT_FOUND: there is none, confirmed or not. */
enum error totp_store_remove(struct database *database, int64_t account_id) MUST_CHECK;
/* Replaces a sealed text, when it still stands, by another of the same secret. */
enum error totp_store_reseal(struct database *database, int64_t account_id, const char *old_sealed,
                             const char *new_sealed) MUST_CHECK;
/* Of the accounts behind `after_id`, by id, the first with a secret that is sealed under another key than `kid`.
 * ERROR_NOT_FOUND: there is none. */
enum error totp_store_next_outdated(struct database *database, const char *kid, int64_t after_id,
                                    int64_t *ret_account_id, char ret_sealed[TOTP_SEALED_SIZE]) MUST_CHECK;

#endif
