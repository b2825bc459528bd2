/* SPDX-License-Identifier: ISC */
/*
 * An account as the stores select it: the column list (of `admin_user a`) and what reads it. Internal to the stores.
 */
#ifndef MEDIAGATE_STORE_ACCOUNTS_ACCOUNT_ROW_H
#define MEDIAGATE_STORE_ACCOUNTS_ACCOUNT_ROW_H

#include "store/accounts/account_store.h"
#include "store/engine/statement.h"

#define ACCOUNT_COLUMNS                                                                                                \
  "a.id, a.email, a.hashed_password, a.role, a.token_epoch, a.issuer_tag, a.disabled_at is not "                       \
  "null, a.totp_since is not null, " SQL_MICROSECONDS("a.created_at")

/* A role that this program does not know fails the query. */
enum role account_row_read_role(struct rows *rows);
void account_row_read(struct rows *rows, struct account *ret_account);

#endif
