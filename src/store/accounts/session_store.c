/* SPDX-License-Identifier: ISC */
/*
 * Login sessions and their refresh tokens. A rotation locks the token and its session, so two of one
 * family come one after the other, and what ends sessions is seen.
 */
#include "config.h"

#include "store/accounts/session_store.h"

#include <string.h>

#include "domain/digest.h"
#include "store/accounts/account_row.h"
#include "store/engine/event_add.h"
#include "store/engine/event_add.sql.h"
#include "store/engine/statement.h"

/* `for share` waits for a password change under way, which then leaves another epoch: no session opens with what was
 * verified before. */
enum error session_store_create(struct database *database, int64_t account_id, int64_t token_epoch,
                                const unsigned char token_hash[DIGEST_SIZE], const struct session_lives *lives,
                                const struct session_origin *origin, char ret_session_id[UUID_SIZE]) {
  static const char *const insert =
      "with account as (select id from admin_user where id = $1 and token_epoch = $2 and disabled_at is null for "
      "share),"
      " session as (insert into login_session (account_id, expires_at, address, client)"
      "  select id, now() + $4::int8 * interval '1 second', $5::inet, $6 from account returning id, expires_at),"
      " token as (insert into refresh_token (token_hash, session_id, expires_at) select $3, id, expires_at from "
      "session),"
      " added as (" EVENT_ADD_SQL("'session.started'", "$7::text", "'session:' || session.id",
                                  "jsonb_build_object('account_id', $1::int8)", "session") ")"
                                                                                           " select id from session";
  struct parameters parameters = {0};
  parameters_i64(&parameters, account_id);
  parameters_i64(&parameters, token_epoch);
  parameters_hash(&parameters, token_hash);
  parameters_i64(&parameters, lives->token < lives->session ? lives->token : lives->session);
  parameters_text_or_null(&parameters, origin->address);
  parameters_text_or_null(&parameters, origin->client);
  parameters_text(&parameters, event_origin(database));
  struct rows row = statement_row(database, insert, STATEMENT_ONCE, &parameters);
  char session_id[UUID_SIZE] = "";
  rows_text(&row, session_id, sizeof session_id);
  enum error error = rows_close_into(&row, ret_session_id, session_id, sizeof session_id);
  return error == ERROR_NOT_FOUND ? ERROR_DENIED : error;
}

struct family {         /* of a refresh token that was shown */
  bool over;            /* expired, ended, too old, or the account is disabled */
  bool spent;           /* before */
  bool reused_too_late; /* longer ago than the window, or without a successor */
  struct rotated result;
};

/* The statement waits for locks, so the time is taken after it: clock_timestamp, not now. */
static enum error lock_family(struct database *database, const unsigned char token_hash[DIGEST_SIZE],
                              const struct session_lives *lives, struct family *ret_family) {
  static const char *const select =
      "select t.session_id, t.expires_at <= clock_timestamp() or s.ended_at is not null or a.disabled_at is not null"
      "  or s.created_at + $3::int8 * interval '1 second' <= clock_timestamp(),"
      " t.spent_at is not null, t.spent_at is not null and (t.successor is null"
      "  or t.spent_at + $2::int8 * interval '1 second' <= clock_timestamp()),"
      " coalesce(encode(t.successor, 'hex'), repeat('0', 64)),"
      " ceil(extract(epoch from s.created_at + $3::int8 * interval '1 second' - clock_timestamp()))::int8,"
      " " ACCOUNT_COLUMNS
      " from refresh_token t join login_session s on s.id = t.session_id join admin_user a on a.id = s.account_id"
      " where t.token_hash = $1 for update of t, s";
  struct parameters parameters = {0};
  parameters_hash(&parameters, token_hash);
  parameters_i64(&parameters, lives->reuse_window);
  parameters_i64(&parameters, lives->session);
  struct rows row = statement_row(database, select, STATEMENT_ONCE, &parameters);
  struct family family = {.over = true};
  rows_text(&row, family.result.session_id, sizeof family.result.session_id);
  family.over = rows_bool(&row);
  family.spent = rows_bool(&row);
  family.reused_too_late = rows_bool(&row);
  rows_bytes(&row, family.result.sealed, sizeof family.result.sealed);
  family.result.seconds_left = rows_i64(&row);
  account_row_read(&row, &family.result.account);
  enum error error = rows_close_into(&row, ret_family, &family, sizeof family);
  return error == ERROR_NOT_FOUND ? ERROR_DENIED : error;
}

/* The event of each session of a query s. */
#define ADD_ENDED(origin, reason)                                                                                      \
  EVENT_ADD_SQL("'session.ended'", origin, "'session:' || s.id",                                                       \
                "jsonb_build_object('account_id', s.account_id, 'reason', '" reason "')", "s")

static enum error end_family(struct database *database, const char *session_id) {
  struct parameters parameters = {0};
  parameters_text(&parameters, session_id);
  static const char *const update =
      "with s as (update login_session set ended_at = now() where id = $1 and ended_at is null"
      "  returning id, account_id)"
      " " ADD_ENDED("$2::text", "a refresh token was used twice");
  parameters_text(&parameters, event_origin(database));
  return statement_change(database, update, STATEMENT_ONCE, &parameters, NULL);
}

static enum error spend_and_add(struct database *database, const struct rotation *rotation, const char *session_id,
                                int64_t ttl_seconds, const struct session_origin *origin) {
  static const char *const change =
      "with spent as (update refresh_token set spent_at = clock_timestamp(), successor = $5 where token_hash = $1),"
      " added as (insert into refresh_token (token_hash, session_id, expires_at)"
      "  values ($2, $3, now() + $4::int8 * interval '1 second') returning expires_at)"
      " update login_session s set expires_at = greatest(s.expires_at, added.expires_at), last_used_at = now(),"
      "  address = $6::inet, client = $7 from added where s.id = $3";
  struct parameters parameters = {0};
  parameters_hash(&parameters, rotation->old_hash);
  parameters_hash(&parameters, rotation->new_hash);
  parameters_text(&parameters, session_id);
  parameters_i64(&parameters, ttl_seconds);
  parameters_hash(&parameters, rotation->new_sealed);
  parameters_text_or_null(&parameters, origin->address);
  parameters_text_or_null(&parameters, origin->client);
  return statement_change(database, change, STATEMENT_ONCE, &parameters, NULL);
}

enum error session_store_rotate(struct database *database, const struct rotation *rotation,
                                const struct session_lives *lives, const struct session_origin *origin,
                                struct rotated *ret_rotated) {
  enum error error = statement_begin(database);
  if (error != ERROR_NONE) {
    return error;
  }
  struct family family = {0};
  struct rotated *result = &family.result;
  error = lock_family(database, rotation->old_hash, lives, &family);
  bool denied = error == ERROR_NONE && (family.over || family.reused_too_late);
  if (error == ERROR_NONE && family.reused_too_late) {
    error = end_family(database, result->session_id);
  } else if (error == ERROR_NONE && !family.over && !family.spent) {
    memcpy(result->sealed, rotation->new_sealed, sizeof result->sealed);
    error = spend_and_add(database, rotation, result->session_id,
                          lives->token < result->seconds_left ? lives->token : result->seconds_left, origin);
  }
  error = statement_end_transaction(database, error);
  if (error != ERROR_NONE || denied) {
    return error == ERROR_NONE ? ERROR_DENIED : error;
  }
  *ret_rotated = family.result;
  return ERROR_NONE;
}

enum error session_store_end(struct database *database, const unsigned char token_hash[DIGEST_SIZE],
                             int64_t *ret_account_id) {
  struct parameters parameters = {0};
  parameters_hash(&parameters, token_hash);
  /* Who has the refresh token acts for its account. */
  static const char *const update =
      "with s as (update login_session s set ended_at = now() from refresh_token t"
      "  where t.token_hash = $1 and s.id = t.session_id and s.ended_at is null returning s.id, s.account_id),"
      " added as (" ADD_ENDED("('account:' || s.account_id || ' ' || split_part($2::text, ' ', 2))",
                              "logout") ")"
                                        " select account_id from s";
  parameters_text(&parameters, event_origin(database));
  struct rows row = statement_row(database, update, STATEMENT_REPEATABLE, &parameters);
  int64_t account_id = rows_i64(&row);
  return rows_close_into(&row, ret_account_id, &account_id, sizeof account_id);
}

enum error session_store_end_one(struct database *database, int64_t account_id, const char *session_id) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, account_id);
  static const char *const update =
      "with s as (update login_session set ended_at = now() where account_id = $1 and id = $2::uuid"
      "  and ended_at is null returning id, account_id)"
      " " ADD_ENDED("$3::text", "a person ended it");
  parameters_text(&parameters, session_id);
  parameters_text(&parameters, event_origin(database));
  int64_t affected = 0;
  enum error error = statement_change(database, update, STATEMENT_ONCE, &parameters, &affected);
  return error == ERROR_NONE && affected == 0 ? ERROR_NOT_FOUND : error;
}

enum error session_store_end_others(struct database *database, int64_t account_id, const char *session_id,
                                    int64_t *ret_ended) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, account_id);
  static const char *const update =
      "with s as (update login_session set ended_at = now() where account_id = $1 and id <> $2::uuid"
      "  and ended_at is null returning id, account_id)"
      " " ADD_ENDED("$3::text", "a person ended it");
  parameters_text(&parameters, session_id);
  parameters_text(&parameters, event_origin(database));
  return statement_change(database, update, STATEMENT_ONCE, &parameters, ret_ended);
}

static void read_session(struct rows *rows, struct session *ret_session) {
  rows_text(rows, ret_session->id, sizeof ret_session->id);
  ret_session->number = rows_i64(rows);
  ret_session->created_at_us = rows_i64(rows);
  ret_session->last_used_at_us = rows_i64(rows);
  ret_session->expires_at_us = rows_i64(rows);
  rows_text(rows, ret_session->address, sizeof ret_session->address);
  rows_text(rows, ret_session->client, sizeof ret_session->client);
}

/* A session is over when its last refresh token is, or when it is as old as sessions get. */
enum error session_store_list(struct database *database, const struct session_filter *filter,
                              void (*row)(void *context, const struct session *session), void *context) {
  static const char *const select =
      "select id, number, " SQL_MICROSECONDS("created_at") ", " SQL_MICROSECONDS("last_used_at") ", " SQL_MICROSECONDS(
          "least(expires_at, created_at + $2::int8 * interval '1 second')") ", host(address), client from login_session"
                                                                            " where account_id = $1 and ended_at is "
                                                                            "null"
                                                                            " and least(expires_at, created_at + "
                                                                            "$2::int8 * interval '1 second') > now()"
                                                                            " and (created_at, number) < "
                                                                            "(coalesce(" SQL_TIMESTAMP(
                                                                                "$3") ", 'infinity'), coalesce($4, "
                                                                                      "9223372036854775807))"
                                                                                      " order by created_at desc, "
                                                                                      "number desc limit $5::int8";
  struct parameters parameters = {0};
  struct rows rows;
  parameters_i64(&parameters, filter->account_id);
  parameters_i64(&parameters, filter->max_seconds);
  parameters_i64_or_null(&parameters, filter->before_created_at_us);
  parameters_i64_or_null(&parameters, filter->before_number);
  parameters_i64(&parameters, filter->limit);
  enum error error = statement_execute(database, select, STATEMENT_REPEATABLE, &parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  while (rows_next(&rows)) {
    struct session session = {.id = ""};
    read_session(&rows, &session);
    if (rows.error == ERROR_NONE) {
      row(context, &session);
    }
  }
  return rows_close(&rows);
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
