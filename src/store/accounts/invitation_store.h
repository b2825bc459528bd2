/* SPDX-License-Identifier: ISC */
/* Invitations to make an account, with the role that it gets. Only the SHA-256 of an invitation's token is stored. */
#ifndef MEDIAGATE_STORE_ACCOUNTS_INVITATION_STORE_H
#define MEDIAGATE_STORE_ACCOUNTS_INVITATION_STORE_H

#include <stdint.h>

#include "base/error.h"
#include "domain/digest.h"
#include "store/accounts/account_store.h"
#include "store/engine/database.h"

struct invitation {
  int64_t id;
  enum role role;     /* of the account that is made with it */
  int64_t created_by; /* 0: the operator */
  int64_t created_at_us;
  int64_t expires_at_us;
};

/* ret_invitation may be NULL. */
enum error invitation_store_create(struct database *database, const unsigned char token_hash[DIGEST_SIZE],
                                   enum role role, int64_t created_by, int64_t ttl_seconds,
                                   struct invitation *ret_invitation) MUST_CHECK;
/* Calls `row` for at most `limit` invitations that are good now, newest first, behind the one of this time and id
 * (0, 0: from the first). */
enum error invitation_store_page(struct database *database, int64_t before_created_at_us, int64_t before_id, int limit,
                                 void (*row)(void *context, const struct invitation *invitation),
                                 void *context) MUST_CHECK;
/* ERROR_NOT_FOUND: there is none, or it was spent, which is not undone. */
enum error invitation_store_delete(struct database *database, int64_t id) MUST_CHECK;
/* Spends the invitation and creates the account in one transaction. ERROR_DENIED: unknown, spent or expired (nothing is
 * spent then); ERROR_CONFLICT: the e-mail is taken (the invitation stays good). */
enum error invitation_store_create_account(struct database *database, const unsigned char token_hash[DIGEST_SIZE],
                                           const char *email, const char *hashed_password,
                                           struct account *ret_account) MUST_CHECK;
/* ERROR_NONE when the invitation is good now; spends nothing. */
enum error invitation_store_check(struct database *database, const unsigned char token_hash[DIGEST_SIZE]) MUST_CHECK;

#endif
