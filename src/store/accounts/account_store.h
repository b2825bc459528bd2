/* SPDX-License-Identifier: ISC */
/* Administrators (table admin_user). */
#ifndef MEDIAGATE_STORE_ACCOUNTS_ACCOUNT_STORE_H
#define MEDIAGATE_STORE_ACCOUNTS_ACCOUNT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/email.h"
#include "domain/scope.h"
#include "store/engine/database.h"

struct account {
  int64_t id;
  char email[EMAIL_SIZE];
  char hashed_password[128];
  enum role role;
  int64_t token_epoch;
  uint32_t issuer_tag; /* random, unique; the tail of every grant that the account issues */
  bool disabled;
  bool has_totp; /* its logins need a second factor */
  int64_t created_at_us;
};

/* The e-mail must be normalised. ERROR_CONFLICT: taken. created_by 0: nobody. The first account of all is an owner,
 * whatever `role` says. */
enum error account_store_create(struct database *database, const char *email, const char *hashed_password,
                                enum role role, int64_t created_by, struct account *ret_account) MUST_CHECK;
enum error account_store_find(struct database *database, int64_t id, struct account *ret_account) MUST_CHECK;
/* Is there any account, disabled or not? */
enum error account_store_any(struct database *database, bool *ret_any) MUST_CHECK;
enum error account_store_find_by_email(struct database *database, const char *email,
                                       struct account *ret_account) MUST_CHECK;
/* The parameters of the stored hashes, each once: the fourth part of a PHC string, as "m=19456,t=2,p=1". */
#define ACCOUNT_COSTS_MAX 8
struct account_costs {
  char texts[ACCOUNT_COSTS_MAX][40];
  size_t count;
};
enum error account_store_costs(struct database *database, struct account_costs *ret_costs) MUST_CHECK;
/* A new hash of the same password (rehash at login); only when the old hash still stands. */
enum error account_store_renew_hash(struct database *database, int64_t id, const char *old_hash,
                                    const char *new_hash) MUST_CHECK;
#define ACCOUNT_ANY_EPOCH (-1)
/* A new password: token epoch + 1, every session of the account ends, in one transaction. Only while `epoch` stands, so
 * that of two changes at once the second is ERROR_NOT_FOUND: who is let in by an old password cannot undo its change.
 * *ret_epoch may be NULL. */
enum error account_store_set_password(struct database *database, int64_t id, int64_t epoch, const char *new_hash,
                                      int64_t *ret_epoch) MUST_CHECK;
struct account_change {
  bool sets_role, sets_disabled;
  enum role role;
  bool disabled; /* raises the token epoch and ends all sessions */
};
/* In one transaction; returns what became of the account. Of changes at once that would leave no enabled owner the last
 * one is ERROR_CONFLICT. */
enum error account_store_change(struct database *database, int64_t id, const struct account_change *change,
                                struct account *ret_account) MUST_CHECK;
/* Disabling raises the token epoch and ends all sessions. ERROR_CONFLICT: it is the last enabled owner, which stays. */
enum error account_store_set_disabled(struct database *database, int64_t id, bool disabled) MUST_CHECK;
/* ERROR_CONFLICT: it is the last enabled owner, which stays one. */
enum error account_store_set_role(struct database *database, int64_t id, enum role role) MUST_CHECK;
/* Gives the account a new issuer tag and records the old one as revoked until `expires_at_us`; returns the old tag. */
enum error account_store_replace_issuer_tag(struct database *database, int64_t id, int64_t expires_at_us,
                                            uint32_t *ret_old_tag) MUST_CHECK;
/* Calls `row` for at most `limit` accounts, newest first, behind the one of this time and id (0, 0: from the first). */
enum error account_store_page(struct database *database, int64_t before_created_at_us, int64_t before_id, int limit,
                              void (*row)(void *context, const struct account *account), void *context) MUST_CHECK;
/* Calls `row` for each account, by id. */
enum error account_store_list(struct database *database, void (*row)(void *context, const struct account *account),
                              void *context) MUST_CHECK;

#endif
