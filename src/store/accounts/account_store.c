/* SPDX-License-Identifier: ISC */
/*
 * Accounts: made, found, changed. What ends access (a new password, disabling) raises the token epoch first and ends
 * the sessions in a second statement, so that a session that was being opened meanwhile is seen by one of the two.
 */
#include "config.h"

#include "store/accounts/account_store.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/random.h"
#include "store/accounts/account_row.h"
#include "store/engine/event_add.h"
#include "store/engine/event_add.sql.h"
#include "store/engine/statement.h"

#define OWNERS_LOCK  "7235412097710211331" /* the schema makes the first owner under it too */
#define TAG_ATTEMPTS 8                     /* a random tag of 32 bits is rarely taken */

enum role account_row_read_role(struct rows *rows) {
  char name[ROLE_NAME_SIZE];
  enum role role = ROLE_ANALYST;
  rows_text(rows, name, sizeof name);
  if (rows->error == ERROR_NONE && role_find(name, &role) != ERROR_NONE) {
    rows->error = ERROR_INTERNAL;
  }
  return role;
}

void account_row_read(struct rows *rows, struct account *ret_account) {
  ret_account->id = rows_i64(rows);
  rows_text(rows, ret_account->email, sizeof ret_account->email);
  rows_text(rows, ret_account->hashed_password, sizeof ret_account->hashed_password);
  ret_account->role = account_row_read_role(rows);
  ret_account->token_epoch = rows_i64(rows);
  ret_account->issuer_tag = (uint32_t)rows_i64(rows);
  ret_account->disabled = rows_bool(rows);
  ret_account->has_totp = rows_bool(rows);
  ret_account->created_at_us = rows_i64(rows);
}

/* Runs what returns one account or none. */
static enum error execute_one(struct database *database, const char *sql, enum statement_repeat repeat,
                              const struct parameters *parameters, struct account *ret_account) {
  struct rows row = statement_row(database, sql, repeat, parameters);
  struct account account = {0};
  account_row_read(&row, &account);
  return rows_close_into(&row, ret_account, &account, sizeof account);
}

enum error account_store_find(struct database *database, int64_t id, struct account *ret_account) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, id);
  return execute_one(database, "select " ACCOUNT_COLUMNS " from admin_user a where a.id = $1", STATEMENT_REPEATABLE,
                     &parameters, ret_account);
}

enum error account_store_any(struct database *database, bool *ret_any) {
  struct rows row =
      statement_row(database, "select exists (select from admin_user)", STATEMENT_REPEATABLE, &(struct parameters){0});
  bool any = rows_bool(&row);
  return rows_close_into(&row, ret_any, &any, sizeof any);
}

enum error account_store_find_by_email(struct database *database, const char *email, struct account *ret_account) {
  struct parameters parameters = {0};
  parameters_text(&parameters, email);
  return execute_one(database, "select " ACCOUNT_COLUMNS " from admin_user a where a.email = $1", STATEMENT_REPEATABLE,
                     &parameters, ret_account);
}

/* A tag that stands in a revocation would have all its grants refused, so it is not taken either. */
enum error account_store_create(struct database *database, const char *email, const char *hashed_password,
                                enum role role, int64_t created_by, struct account *ret_account) {
  static const char *const insert =
      "with a as (insert into admin_user (email, hashed_password, issuer_tag, created_by, role)"
      " select $1, $2, $3::int8, $4::int8, $5"
      " where not exists (select from revoked_grant where name = lpad(to_hex($3::int8), 8, '0'))"
      " and not exists (select from api_key where issuer_tag = $3::int8)"
      " on conflict do nothing returning *),"
      " added as (" EVENT_ADD_SQL("'account.created'", "$6::text", "'account:' || a.id",
                                  "jsonb_strip_nulls(jsonb_build_object('role', a.role, 'created_by', a.created_by))",
                                  "a") ") select " ACCOUNT_COLUMNS " from a";
  for (int i = 0; i < TAG_ATTEMPTS; i++) {
    struct parameters parameters = {0};
    parameters_text(&parameters, email);
    parameters_text(&parameters, hashed_password);
    parameters_i64(&parameters, random_u32());
    parameters_i64_or_null(&parameters, created_by);
    parameters_text(&parameters, role_name(role));
    parameters_text(&parameters, event_origin(database));
    enum error error = execute_one(database, insert, STATEMENT_ONCE, &parameters, ret_account);
    if (error != ERROR_NOT_FOUND) {
      return error;
    }
    struct account other;
    error = account_store_find_by_email(database, email, &other);
    if (error != ERROR_NOT_FOUND) {
      return error == ERROR_NONE ? ERROR_CONFLICT : error;
    }
  }
  return ERROR_UNAVAILABLE;
}

/* Jumps from value to value in the index, so the number of accounts does not matter. */
enum error account_store_costs(struct database *database, struct account_costs *ret_costs) {
  static const char *const select =
      "with recursive cost(text) as ("
      " (select split_part(hashed_password, '$', 4) from admin_user order by 1 limit 1)"
      " union all"
      " select (select split_part(a.hashed_password, '$', 4) from admin_user a"
      "  where split_part(a.hashed_password, '$', 4) > cost.text order by 1 limit 1) from cost where text is not null)"
      " select left(text, 39) from cost where text <> '' limit 8"; /* ACCOUNT_COSTS_MAX */
  struct rows rows;
  struct account_costs costs = {.count = 0};
  enum error error = statement_execute(database, select, STATEMENT_REPEATABLE, NULL, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  while (costs.count < ACCOUNT_COSTS_MAX && rows_next(&rows)) {
    rows_text(&rows, costs.texts[costs.count++], sizeof costs.texts[0]);
  }
  error = rows_close(&rows);
  if (error == ERROR_NONE) {
    *ret_costs = costs;
  }
  return error;
}

enum error account_store_renew_hash(struct database *database, int64_t id, const char *old_hash, const char *new_hash) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, id);
  parameters_text(&parameters, old_hash);
  parameters_text(&parameters, new_hash);
  return statement_change(database, "update admin_user set hashed_password = $3 where id = $1 and hashed_password = $2",
                          STATEMENT_REPEATABLE, &parameters, NULL);
}

static enum error end_sessions(struct database *database, int64_t account_id) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, account_id);
  return statement_change(database,
                          "update login_session set ended_at = now() where account_id = $1 and ended_at is null",
                          STATEMENT_ONCE, &parameters, NULL);
}

/* In the transaction of the change. `data` as in event_add. */
static enum error add_event(struct database *database, const char *type, int64_t id, const char *data) {
  char subject[32];
  snprintf(subject, sizeof subject, "account:%" PRId64, id);
  return event_add(database, type, subject, data);
}

/* Runs `sql`, which updates and returns the account, and ends its sessions. */
static enum error change_and_end_sessions(struct database *database, const char *sql,
                                          const struct parameters *parameters, int64_t id,
                                          struct account *ret_account) {
  enum error error = execute_one(database, sql, STATEMENT_ONCE, parameters, ret_account);
  return error == ERROR_NONE ? end_sessions(database, id) : error;
}

enum error account_store_set_password(struct database *database, int64_t id, int64_t epoch, const char *new_hash,
                                      int64_t *ret_epoch) {
  static const char *const update =
      "update admin_user a set hashed_password = $2, token_epoch = token_epoch + 1"
      " where id = $1 and ($3::int8 < 0 or token_epoch = $3::int8) returning " ACCOUNT_COLUMNS;
  struct parameters parameters = {0};
  parameters_i64(&parameters, id);
  parameters_text(&parameters, new_hash);
  parameters_i64(&parameters, epoch);
  struct account account;
  enum error error = statement_begin(database);
  if (error != ERROR_NONE) {
    return error;
  }
  error = change_and_end_sessions(database, update, &parameters, id, &account);
  if (error == ERROR_NONE) {
    error = add_event(database, "account.password_changed", id, NULL);
  }
  error = statement_end_transaction(database, error);
  if (error == ERROR_NONE && ret_epoch != NULL) {
    *ret_epoch = account.token_epoch;
  }
  return error;
}

/* In a transaction: is there an enabled owner beside this account? Until its end nobody else takes an owner away, so
 * that of two who would each leave the other alone the second sees what the first did. The lock has a statement of its
 * own: the next one sees what was committed before. ERROR_CONFLICT: there is none, and this account is one. */
static enum error lock_other_owners(struct database *database, int64_t id) {
  static const char *const select = "select count(*) filter (where id <> $1) > 0 or count(*) filter (where id = $1) = 0"
                                    " from admin_user where role = 'owner' and disabled_at is null";
  enum error error =
      statement_change(database, "select pg_advisory_xact_lock(" OWNERS_LOCK ")", STATEMENT_ONCE, NULL, NULL);
  if (error != ERROR_NONE) {
    return error;
  }
  struct parameters parameters = {0};
  parameters_i64(&parameters, id);
  struct rows row = statement_row(database, select, STATEMENT_ONCE, &parameters);
  bool may_go = rows_bool(&row);
  error = rows_close(&row);
  return error == ERROR_NONE && !may_go ? ERROR_CONFLICT : error;
}

static bool takes_an_owner(const struct account_change *change) {
  return (change->sets_role && change->role != ROLE_OWNER) || (change->sets_disabled && change->disabled);
}

/* What is set to what it is changes nothing, and has no event. */
static enum error apply_change(struct database *database, int64_t id, const struct account_change *change,
                               struct account *ret_account) {
  static const char *const update =
      "with old as (select id, role, disabled_at from admin_user where id = $1 for update),"
      " a as (update admin_user a set role = coalesce($2, a.role),"
      "  disabled_at = case when $3::bool then coalesce(a.disabled_at, now()) when not $3::bool then null"
      "   else a.disabled_at end,"
      "  token_epoch = a.token_epoch + case when $3::bool then 1 else 0 end"
      "  from old where a.id = old.id returning a.*),"
      " added_role as (" EVENT_ADD_SQL(
          "'account.role_changed'", "$4::text", "'account:' || a.id", "jsonb_build_object('role', a.role)",
          "a join old on a.role <> old.role") "),"
                                              " added_state as (" EVENT_ADD_SQL(
                                                  "case when a.disabled_at is null then 'account.enabled' "
                                                  "else 'account.disabled' end",
                                                  "$4::text", "'account:' || a.id", "'{}'::jsonb",
                                                  "a join old on (a.disabled_at is null) <> (old.disabled_at "
                                                  "is null)") ")"
                                                              " select " ACCOUNT_COLUMNS " from a";
  struct parameters parameters = {0};
  parameters_i64(&parameters, id);
  parameters_text(&parameters, change->sets_role ? role_name(change->role) : NULL);
  parameters_text(&parameters, !change->sets_disabled ? NULL : change->disabled ? "true" : "false");
  parameters_text(&parameters, event_origin(database));
  return change->sets_disabled && change->disabled
             ? change_and_end_sessions(database, update, &parameters, id, ret_account)
             : execute_one(database, update, STATEMENT_ONCE, &parameters, ret_account);
}

enum error account_store_change(struct database *database, int64_t id, const struct account_change *change,
                                struct account *ret_account) {
  struct account account;
  enum error error = statement_begin(database);
  if (error != ERROR_NONE) {
    return error;
  }
  if (takes_an_owner(change)) {
    error = lock_other_owners(database, id);
  }
  if (error == ERROR_NONE) {
    error = apply_change(database, id, change, &account);
  }
  error = statement_end_transaction(database, error);
  if (error == ERROR_NONE) {
    *ret_account = account;
  }
  return error;
}

enum error account_store_set_disabled(struct database *database, int64_t id, bool disabled) {
  struct account account;
  return account_store_change(database, id, &(struct account_change){.sets_disabled = true, .disabled = disabled},
                              &account);
}

enum error account_store_set_role(struct database *database, int64_t id, enum role role) {
  struct account account;
  return account_store_change(database, id, &(struct account_change){.sets_role = true, .role = role}, &account);
}

/* *ret_old_tag: the tag that the row had; the row stays locked. */
static enum error lock_tag(struct database *database, int64_t id, uint32_t *ret_old_tag) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, id);
  struct account account;
  enum error error = execute_one(database, "select " ACCOUNT_COLUMNS " from admin_user a where a.id = $1 for update",
                                 STATEMENT_ONCE, &parameters, &account);
  if (error == ERROR_NONE) {
    *ret_old_tag = account.issuer_tag;
  }
  return error;
}

static enum error record_revoked_tag(struct database *database, uint32_t tag, int64_t expires_at_us) {
  char name[9];
  snprintf(name, sizeof name, "%08" PRIx32, tag);
  struct parameters parameters = {0};
  parameters_text(&parameters, name);
  parameters_i64(&parameters, expires_at_us);
  return statement_change(database, "insert into revoked_grant (name, expires_at) values ($1, " SQL_TIMESTAMP("$2") ")",
                          STATEMENT_ONCE, &parameters, NULL);
}

static enum error take_new_tag(struct database *database, int64_t id) {
  static const char *const update =
      "update admin_user set issuer_tag = $2::int8 where id = $1"
      " and not exists (select from admin_user where issuer_tag = $2::int8)"
      " and not exists (select from api_key where issuer_tag = $2::int8)"
      " and not exists (select from revoked_grant where name = lpad(to_hex($2::int8), 8, '0'))";
  for (int i = 0; i < TAG_ATTEMPTS; i++) {
    struct parameters parameters = {0};
    parameters_i64(&parameters, id);
    parameters_i64(&parameters, random_u32());
    int64_t affected = 0;
    enum error error = statement_change(database, update, STATEMENT_ONCE, &parameters, &affected);
    if (error != ERROR_NONE || affected == 1) {
      return error;
    }
  }
  return ERROR_UNAVAILABLE;
}

enum error account_store_replace_issuer_tag(struct database *database, int64_t id, int64_t expires_at_us,
                                            uint32_t *ret_old_tag) {
  enum error error = statement_begin(database);
  if (error != ERROR_NONE) {
    return error;
  }
  uint32_t old_tag = 0;
  error = lock_tag(database, id, &old_tag);
  if (error == ERROR_NONE) {
    error = record_revoked_tag(database, old_tag, expires_at_us);
  }
  if (error == ERROR_NONE) {
    error = take_new_tag(database, id);
  }
  if (error == ERROR_NONE) {
    error = add_event(database, "account.grants_revoked", id, NULL);
  }
  error = statement_end_transaction(database, error);
  if (error == ERROR_NONE) {
    *ret_old_tag = old_tag;
  }
  return error;
}

static enum error list_accounts(struct database *database, const char *sql, const struct parameters *parameters,
                                void (*row)(void *context, const struct account *account), void *context) {
  struct rows rows;
  enum error error = statement_execute(database, sql, STATEMENT_REPEATABLE, parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  while (rows_next(&rows)) {
    struct account account = {0};
    account_row_read(&rows, &account);
    if (rows.error == ERROR_NONE) {
      row(context, &account);
    }
  }
  return rows_close(&rows);
}

enum error account_store_list(struct database *database, void (*row)(void *context, const struct account *account),
                              void *context) {
  return list_accounts(database, "select " ACCOUNT_COLUMNS " from admin_user a order by a.id", NULL, row, context);
}

enum error account_store_page(struct database *database, int64_t before_created_at_us, int64_t before_id, int limit,
                              void (*row)(void *context, const struct account *account), void *context) {
  static const char *const select =
      "select " ACCOUNT_COLUMNS " from admin_user a where (a.created_at, a.id)"
      " < (coalesce(" SQL_TIMESTAMP("$1") ", 'infinity'), coalesce($2, 9223372036854775807))"
                                          " order by a.created_at desc, a.id desc limit $3::int8";
  struct parameters parameters = {0};
  parameters_i64_or_null(&parameters, before_created_at_us);
  parameters_i64_or_null(&parameters, before_id);
  parameters_i64(&parameters, limit);
  return list_accounts(database, select, &parameters, row, context);
}
