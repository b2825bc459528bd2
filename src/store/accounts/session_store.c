/* SPDX-License-Identifier: ISC */
/*
 * Login sessions and their refresh tokens. A rotation locks the token and its session, so two of one
 * family come one after the other, and what ends sessions is seen.
 */
#include "config.h"

#include "store/accounts/session_store.h"

#include <stdio.h>

#include "domain/digest.h"
#include "store/accounts/account_row.h"
#include "store/engine/statement.h"

#define SESSION_ID_SIZE 37

/* `for share` waits for a password change under way, which then leaves another epoch: no session opens with what was
 * verified before. */
enum error session_store_create(struct database *database, int64_t account_id, int64_t token_epoch,
                                const unsigned char token_hash[DIGEST_SIZE], int64_t ttl_seconds,
                                char ret_session_id[UUID_SIZE]) {
  static const char *const insert =
      "with account as (select id from admin_user where id = $1 and token_epoch = $2 and disabled_at is null for "
      "share),"
      " session as (insert into login_session (account_id, expires_at)"
      "  select id, now() + $4::int8 * interval '1 second' from account returning id, expires_at),"
      " token as (insert into refresh_token (token_hash, session_id, expires_at) select $3, id, expires_at from "
      "session)"
      " select id from session";
  struct parameters parameters = {0};
  parameters_i64(&parameters, account_id);
  parameters_i64(&parameters, token_epoch);
  parameters_hash(&parameters, token_hash);
  parameters_i64(&parameters, ttl_seconds);
  struct rows row = statement_row(database, insert, STATEMENT_ONCE, &parameters);
  char session_id[SESSION_ID_SIZE] = "";
  rows_text(&row, session_id, sizeof session_id);
  enum error error = rows_close_into(&row, ret_session_id, session_id, sizeof session_id);
  return error == ERROR_NOT_FOUND ? ERROR_DENIED : error;
}

struct family { /* of a refresh token that was shown */
  char session_id[SESSION_ID_SIZE];
  bool over;            /* expired, ended, or the account is disabled */
  bool reused_too_late; /* spent before, and longer ago than the window */
  struct account account;
};

/* The statement waits for locks, so the time is taken after it: clock_timestamp, not now. */
static enum error lock_family(struct database *database, const unsigned char token_hash[DIGEST_SIZE],
                              int64_t reuse_window_seconds, struct family *ret_family) {
  static const char *const select =
      "select t.session_id, t.expires_at <= clock_timestamp() or s.ended_at is not null or a.disabled_at is not null,"
      " t.spent_at is not null and t.spent_at + $2::int8 * interval '1 second' <= clock_timestamp(), " ACCOUNT_COLUMNS
      " from refresh_token t join login_session s on s.id = t.session_id join admin_user a on a.id = s.account_id"
      " where t.token_hash = $1 for update of t, s";
  struct parameters parameters = {0};
  parameters_hash(&parameters, token_hash);
  parameters_i64(&parameters, reuse_window_seconds);
  struct rows row = statement_row(database, select, STATEMENT_ONCE, &parameters);
  struct family family = {.over = true};
  rows_text(&row, family.session_id, sizeof family.session_id);
  family.over = rows_bool(&row);
  family.reused_too_late = rows_bool(&row);
  account_row_read(&row, &family.account);
  enum error error = rows_close_into(&row, ret_family, &family, sizeof family);
  return error == ERROR_NOT_FOUND ? ERROR_DENIED : error;
}

static enum error end_family(struct database *database, const char *session_id) {
  struct parameters parameters = {0};
  parameters_text(&parameters, session_id);
  return statement_change(database, "update login_session set ended_at = now() where id = $1 and ended_at is null",
                          STATEMENT_ONCE, &parameters, NULL);
}

static enum error spend_and_add(struct database *database, const unsigned char old_hash[DIGEST_SIZE],
                                const unsigned char new_hash[DIGEST_SIZE], const char *session_id,
                                int64_t ttl_seconds) {
  static const char *const change =
      "with spent as (update refresh_token set spent_at = coalesce(spent_at, clock_timestamp()) where token_hash = $1),"
      " added as (insert into refresh_token (token_hash, session_id, expires_at)"
      "  values ($2, $3, now() + $4::int8 * interval '1 second') returning expires_at)"
      " update login_session s set expires_at = greatest(s.expires_at, added.expires_at) from added where s.id = $3";
  struct parameters parameters = {0};
  parameters_hash(&parameters, old_hash);
  parameters_hash(&parameters, new_hash);
  parameters_text(&parameters, session_id);
  parameters_i64(&parameters, ttl_seconds);
  return statement_change(database, change, STATEMENT_ONCE, &parameters, NULL);
}

enum error session_store_rotate(struct database *database, const unsigned char old_hash[DIGEST_SIZE],
                                const unsigned char new_hash[DIGEST_SIZE], int64_t ttl_seconds,
                                int64_t reuse_window_seconds, struct account *ret_account,
                                char ret_session_id[UUID_SIZE]) {
  enum error error = statement_begin(database);
  if (error != ERROR_NONE) {
    return error;
  }
  struct family family = {0};
  error = lock_family(database, old_hash, reuse_window_seconds, &family);
  bool denied = error == ERROR_NONE && (family.over || family.reused_too_late);
  if (error == ERROR_NONE && family.reused_too_late) {
    error = end_family(database, family.session_id);
  } else if (error == ERROR_NONE && !family.over) {
    error = spend_and_add(database, old_hash, new_hash, family.session_id, ttl_seconds);
  }
  error = statement_end_transaction(database, error);
  if (error != ERROR_NONE || denied) {
    return error == ERROR_NONE ? ERROR_DENIED : error;
  }
  *ret_account = family.account;
  snprintf(ret_session_id, SESSION_ID_SIZE, "%s", family.session_id);
  return ERROR_NONE;
}

enum error session_store_end(struct database *database, int64_t account_id,
                             const unsigned char token_hash[DIGEST_SIZE]) {
  struct parameters parameters = {0};
  parameters_hash(&parameters, token_hash);
  parameters_i64(&parameters, account_id);
  return statement_change(
      database,
      "update login_session s set ended_at = now() from refresh_token t"
      " where t.token_hash = $1 and s.id = t.session_id and s.account_id = $2 and s.ended_at is null",
      STATEMENT_REPEATABLE, &parameters, NULL);
}

enum error session_store_is_ended(struct database *database, const char *session_id, bool *ret_ended) {
  struct parameters parameters = {0};
  parameters_text(&parameters, session_id);
  struct rows row = statement_row(database, "select ended_at is not null from login_session where id = $1::uuid",
                                  STATEMENT_REPEATABLE, &parameters);
  bool ended = rows_bool(&row);
  return rows_close_into(&row, ret_ended, &ended, sizeof ended);
}

/* Rows that somebody else holds are left to the next sweep: nobody waits for anybody. */
#define SWEEP(table, condition)                                                                                        \
  "delete from " table " where ctid = any(array(select ctid from " table " where " condition                           \
  " limit $1::int8 for update skip locked))"

enum error session_store_sweep(struct database *database, int64_t batch, int64_t *ret_deleted, bool *ret_more) {
  static const char *const sweeps[] = {
      SWEEP("login_session", "expires_at < now() - interval '1 day'"), /* with its tokens */
      SWEEP("refresh_token", "expires_at < now() - interval '1 day'"),
      SWEEP("rate_limit", "window_ends_at < now()"),
      SWEEP("login_place", "seen_at < now() - interval '1 year'"),
      SWEEP("invitation", "expires_at < now() - interval '30 days' and spent_at is null"),
  };
  struct parameters parameters = {0};
  parameters_i64(&parameters, batch);
  int64_t deleted = 0;
  bool more = false;
  for (size_t i = 0; i < sizeof sweeps / sizeof *sweeps; i++) {
    int64_t affected = 0;
    enum error error = statement_change(database, sweeps[i], STATEMENT_REPEATABLE, &parameters, &affected);
    if (error != ERROR_NONE) {
      return error;
    }
    deleted += affected;
    more = more || affected == batch;
  }
  *ret_deleted = deleted;
  *ret_more = more;
  return ERROR_NONE;
}
