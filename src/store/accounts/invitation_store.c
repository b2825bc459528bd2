/* SPDX-License-Identifier: ISC */
/*
 * Invitations (declared beside the accounts that they become). Spending one and creating the account is one
 * transaction; two who spend the same one meet at its row.
 */
#include "config.h"

#include "store/accounts/invitation_store.h"

#include "domain/digest.h"
#include "store/accounts/account_row.h"
#include "store/engine/statement.h"

enum error invitation_store_create(struct database *database, const unsigned char token_hash[DIGEST_SIZE],
                                   enum role role, int64_t created_by, int64_t ttl_seconds) {
  struct parameters parameters = {0};
  parameters_hash(&parameters, token_hash);
  parameters_i64_or_null(&parameters, created_by);
  parameters_i64(&parameters, ttl_seconds);
  parameters_text(&parameters, role_name(role));
  return statement_change(database,
                          "insert into invitation (token_hash, created_by, expires_at, role)"
                          " values ($1, $2, now() + $3::int8 * interval '1 second', $4) on conflict do nothing",
                          STATEMENT_REPEATABLE, &parameters, NULL);
}

enum error invitation_store_check(struct database *database, const unsigned char token_hash[DIGEST_SIZE]) {
  struct parameters parameters = {0};
  parameters_hash(&parameters, token_hash);
  int64_t found = 0;
  enum error error = statement_change(
      database, "select from invitation where token_hash = $1 and spent_at is null and expires_at > now()",
      STATEMENT_REPEATABLE, &parameters, &found);
  return error == ERROR_NONE && found == 0 ? ERROR_DENIED : error;
}

struct spent_invitation {
  int64_t created_by; /* 0: nobody */
  enum role role;
};

static enum error spend(struct database *database, const unsigned char token_hash[DIGEST_SIZE],
                        struct spent_invitation *ret_spent) {
  struct parameters parameters = {0};
  parameters_hash(&parameters, token_hash);
  static const char *const update =
      "update invitation set spent_at = now()"
      " where token_hash = $1 and spent_at is null and expires_at > now() returning created_by, role";
  struct rows row = statement_row(database, update, STATEMENT_ONCE, &parameters);
  struct spent_invitation spent = {.created_by = rows_i64_or(&row, 0)};
  spent.role = account_row_read_role(&row);
  enum error error = rows_close_into(&row, ret_spent, &spent, sizeof spent);
  return error == ERROR_NOT_FOUND ? ERROR_DENIED : error;
}

static enum error record_spender(struct database *database, const unsigned char token_hash[DIGEST_SIZE],
                                 int64_t account_id) {
  struct parameters parameters = {0};
  parameters_hash(&parameters, token_hash);
  parameters_i64(&parameters, account_id);
  return statement_change(database, "update invitation set spent_by = $2 where token_hash = $1", STATEMENT_ONCE,
                          &parameters, NULL);
}

enum error invitation_store_create_account(struct database *database, const unsigned char token_hash[DIGEST_SIZE],
                                           const char *email, const char *hashed_password,
                                           struct account *ret_account) {
  enum error error = statement_begin(database);
  if (error != ERROR_NONE) {
    return error;
  }
  struct spent_invitation spent = {0};
  struct account account;
  error = spend(database, token_hash, &spent);
  if (error == ERROR_NONE) {
    error = account_store_create(database, email, hashed_password, spent.role, spent.created_by, &account);
  }
  if (error == ERROR_NONE) {
    error = record_spender(database, token_hash, account.id);
  }
  error = statement_end_transaction(database, error);
  if (error == ERROR_NONE) {
    *ret_account = account;
  }
  return error;
}
