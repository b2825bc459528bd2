/* SPDX-License-Identifier: ISC */
/*
 * Invitations (declared beside the accounts that they become). Spending one and creating the account is one
 * transaction; two who spend the same one meet at its row.
 */
#include "config.h"

#include "store/accounts/invitation_store.h"

#include "domain/digest.h"
#include "store/accounts/account_row.h"
#include "store/engine/event_add.h"
#include "store/engine/event_add.sql.h"
#include "store/engine/statement.h"

#define INVITATION_COLUMNS                                                                                             \
  "i.id, i.role, i.created_by, " SQL_MICROSECONDS("i.created_at") ", " SQL_MICROSECONDS("i.expires_at")

static void read_invitation(struct rows *rows, struct invitation *ret_invitation) {
  ret_invitation->id = rows_i64(rows);
  ret_invitation->role = account_row_read_role(rows);
  ret_invitation->created_by = rows_i64_or(rows, 0);
  ret_invitation->created_at_us = rows_i64(rows);
  ret_invitation->expires_at_us = rows_i64(rows);
}

/* Made twice it is one: its token is random. */
enum error invitation_store_create(struct database *database, const unsigned char token_hash[DIGEST_SIZE],
                                   enum role role, int64_t created_by, int64_t ttl_seconds,
                                   struct invitation *ret_invitation) {
  static const char *const insert =
      "with i as (insert into invitation (token_hash, created_by, expires_at, role)"
      " values ($1, $2, now() + $3::int8 * interval '1 second', $4)"
      " on conflict (token_hash) do update set role = excluded.role returning *, xmax = 0 as is_new),"
      " added as (" EVENT_ADD_SQL("'invitation.created'", "$5::text", "'invitation:' || i.id",
                                  "jsonb_build_object('role', i.role)", "i where is_new") ")"
                                                                                          " select " INVITATION_COLUMNS
                                                                                          " from i";
  struct parameters parameters = {0};
  parameters_hash(&parameters, token_hash);
  parameters_i64_or_null(&parameters, created_by);
  parameters_i64(&parameters, ttl_seconds);
  parameters_text(&parameters, role_name(role));
  parameters_text(&parameters, event_origin(database));
  struct rows row = statement_row(database, insert, STATEMENT_REPEATABLE, &parameters);
  struct invitation invitation, unwanted;
  read_invitation(&row, &invitation);
  return rows_close_into(&row, ret_invitation == NULL ? &unwanted : ret_invitation, &invitation, sizeof invitation);
}

enum error invitation_store_page(struct database *database, int64_t before_created_at_us, int64_t before_id, int limit,
                                 void (*row)(void *context, const struct invitation *invitation), void *context) {
  static const char *const select =
      "select " INVITATION_COLUMNS " from invitation i where i.spent_at is null and i.expires_at > now()"
      " and (i.created_at, i.id) < (coalesce(" SQL_TIMESTAMP(
          "$1") ", 'infinity'), coalesce($2, 9223372036854775807))"
                " order by i.created_at desc, i.id desc limit $3::int8";
  struct parameters parameters = {0};
  struct rows rows;
  parameters_i64_or_null(&parameters, before_created_at_us);
  parameters_i64_or_null(&parameters, before_id);
  parameters_i64(&parameters, limit);
  enum error error = statement_execute(database, select, STATEMENT_REPEATABLE, &parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  while (rows_next(&rows)) {
    struct invitation invitation;
    read_invitation(&rows, &invitation);
    if (rows.error == ERROR_NONE) {
      row(context, &invitation);
    }
  }
  return rows_close(&rows);
}

enum error invitation_store_delete(struct database *database, int64_t id) {
  struct parameters parameters = {0};
  static const char *const delete =
      "with i as (delete from invitation where id = $1 and spent_at is null returning id)"
      " " EVENT_ADD_SQL("'invitation.removed'", "$2::text", "'invitation:' || i.id", "'{}'::jsonb", "i");
  parameters_i64(&parameters, id);
  parameters_text(&parameters, event_origin(database));
  int64_t affected = 0;
  enum error error = statement_change(database, delete, STATEMENT_ONCE, &parameters, &affected);
  return error == ERROR_NONE && affected == 0 ? ERROR_NOT_FOUND : error;
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
