/* SPDX-License-Identifier: ISC */
/*
 * See the header. admin_user.totp_since says beside the secret that it is confirmed: the row of an account is cached,
 * and its change is told to whoever caches it.
 */
#include "config.h"

#include "store/accounts/totp_store.h"

#include "store/engine/event_add.h"
#include "store/engine/event_add.sql.h"
#include "store/engine/statement.h"

enum error totp_store_begin(struct database *database, int64_t account_id, const char *sealed) {
  static const char *const upsert =
      "insert into totp as t (account_id, sealed) values ($1, $2) on conflict (account_id) do update"
      " set sealed = excluded.sealed, begun_at = now() where t.confirmed_at is null";
  struct parameters parameters = {0};
  parameters_i64(&parameters, account_id);
  parameters_text(&parameters, sealed);
  int64_t affected = 0;
  enum error error = statement_change(database, upsert, STATEMENT_REPEATABLE, &parameters, &affected);
  return error == ERROR_NONE && affected == 0 ? ERROR_CONFLICT : error;
}

enum error totp_store_find(struct database *database, int64_t account_id, struct totp *ret_totp) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, account_id);
  struct rows row = statement_row(database, "select sealed, confirmed_at is not null from totp where account_id = $1",
                                  STATEMENT_REPEATABLE, &parameters);
  struct totp totp = {.sealed = ""};
  rows_text(&row, totp.sealed, sizeof totp.sealed);
  totp.confirmed = rows_bool(&row);
  return rows_close_into(&row, ret_totp, &totp, sizeof totp);
}

static enum error mark_confirmed(struct database *database, int64_t account_id,
                                 const struct totp_confirmation *confirmation) {
  static const char *const update =
      "with confirmed as (update totp set confirmed_at = now(), last_step = $3::int8"
      "  where account_id = $1 and sealed = $2 and confirmed_at is null returning account_id),"
      " a as (update admin_user a set totp_since = now() from confirmed where a.id = confirmed.account_id"
      "  returning a.id) " EVENT_ADD_SQL("'totp.confirmed'", "$4::text", "'account:' || a.id", "'{}'::jsonb", "a");
  struct parameters parameters = {0};
  parameters_i64(&parameters, account_id);
  parameters_text(&parameters, confirmation->sealed);
  parameters_i64(&parameters, confirmation->step);
  parameters_text(&parameters, event_origin(database));
  int64_t affected = 0;
  enum error error = statement_change(database, update, STATEMENT_ONCE, &parameters, &affected);
  return error == ERROR_NONE && affected == 0 ? ERROR_CONFLICT : error;
}

static enum error add_recovery_code(struct database *database, int64_t account_id,
                                    const unsigned char hash[DIGEST_SIZE]) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, account_id);
  parameters_hash(&parameters, hash);
  return statement_change(database, "insert into recovery_code (account_id, code_hash) values ($1, $2)", STATEMENT_ONCE,
                          &parameters, NULL);
}

enum error totp_store_confirm(struct database *database, int64_t account_id,
                              const struct totp_confirmation *confirmation) {
  enum error error = statement_begin(database);
  if (error != ERROR_NONE) {
    return error;
  }
  error = mark_confirmed(database, account_id, confirmation);
  for (size_t i = 0; error == ERROR_NONE && i < confirmation->recovery_count; i++) {
    error = add_recovery_code(database, account_id, confirmation->recovery_hashes[i]);
  }
  return statement_end_transaction(database, error);
}

/* The row is locked by the first of two, and the second sees what it wrote. */
enum error totp_store_spend_step(struct database *database, int64_t account_id, int64_t step) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, account_id);
  parameters_i64(&parameters, step);
  int64_t affected = 0;
  enum error error = statement_change(database,
                                      "update totp set last_step = $2::int8 where account_id = $1"
                                      " and confirmed_at is not null and last_step < $2::int8",
                                      STATEMENT_ONCE, &parameters, &affected);
  return error == ERROR_NONE && affected == 0 ? ERROR_DENIED : error;
}

enum error totp_store_spend_recovery(struct database *database, int64_t account_id,
                                     const unsigned char hash[DIGEST_SIZE]) {
  static const char *const update =
      "with c as (update recovery_code set spent_at = now() where account_id = $1 and code_hash = $2"
      "  and spent_at is null returning account_id) " EVENT_ADD_SQL(
          "'totp.recovery_code_used'", "$3::text", "'account:' || c.account_id",
          "jsonb_build_object('left', (select count(*) from recovery_code r where r.account_id = c.account_id and "
          "r.spent_at is null and r.code_hash <> $2))",
          "c");
  struct parameters parameters = {0};
  parameters_i64(&parameters, account_id);
  parameters_hash(&parameters, hash);
  parameters_text(&parameters, event_origin(database));
  int64_t affected = 0;
  enum error error = statement_change(database, update, STATEMENT_ONCE, &parameters, &affected);
  return error == ERROR_NONE && affected == 0 ? ERROR_DENIED : error;
}

enum error totp_store_remove(struct database *database, int64_t account_id) {
  static const char *const remove =
      "with removed as (delete from totp where account_id = $1 returning account_id),"
      " a as (update admin_user a set totp_since = null from removed where a.id = removed.account_id returning "
      "a.id) " EVENT_ADD_SQL("'totp.removed'", "$2::text", "'account:' || a.id", "'{}'::jsonb", "a");
  struct parameters parameters = {0};
  parameters_i64(&parameters, account_id);
  parameters_text(&parameters, event_origin(database));
  int64_t affected = 0;
  enum error error = statement_change(database, remove, STATEMENT_ONCE, &parameters, &affected);
  return error == ERROR_NONE && affected == 0 ? ERROR_NOT_FOUND : error;
}

enum error totp_store_reseal(struct database *database, int64_t account_id, const char *old_sealed,
                             const char *new_sealed) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, account_id);
  parameters_text(&parameters, old_sealed);
  parameters_text(&parameters, new_sealed);
  return statement_change(database, "update totp set sealed = $3 where account_id = $1 and sealed = $2",
                          STATEMENT_REPEATABLE, &parameters, NULL);
}

enum error totp_store_next_outdated(struct database *database, const char *kid, int64_t after_id,
                                    int64_t *ret_account_id, char ret_sealed[TOTP_SEALED_SIZE]) {
  struct {
    int64_t account_id;
    char sealed[TOTP_SEALED_SIZE];
  } found = {.sealed = ""};
  struct parameters parameters = {0};
  parameters_text(&parameters, kid);
  parameters_i64(&parameters, after_id);
  struct rows row = statement_row(database,
                                  "select account_id, sealed from totp where account_id > $2::int8"
                                  " and split_part(sealed, '.', 1) <> $1 order by account_id limit 1",
                                  STATEMENT_REPEATABLE, &parameters);
  found.account_id = rows_i64(&row);
  rows_text(&row, found.sealed, sizeof found.sealed);
  enum error error = rows_close_into(&row, ret_sealed, found.sealed, sizeof found.sealed);
  if (error == ERROR_NONE) {
    *ret_account_id = found.account_id;
  }
  return error;
}
