/* SPDX-License-Identifier: ISC */
/*
 * Revocations: kept until nothing lives any more that they refuse.
 */
#include "config.h"

#include "store/accounts/grant_store.h"

#include "base/random.h"
#include "domain/digest.h"
#include "store/engine/event_add.h"
#include "store/engine/event_add.sql.h"
#include "store/engine/statement.h"

enum error grant_store_revoke(struct database *database, const char *name, int64_t revoked_by, int64_t expires_at_us) {
  struct parameters parameters = {0};
  parameters_text(&parameters, name);
  parameters_i64_or_null(&parameters, revoked_by);
  parameters_i64(&parameters, expires_at_us);
  parameters_text(&parameters, event_origin(database));
  /* clang-format off */
  static const char *const upsert =
      "with r as (insert into revoked_grant as r (name, revoked_by, expires_at) values ($1, $2, " SQL_TIMESTAMP("$3") ")"
      " on conflict (name) do update set expires_at = greatest(r.expires_at, excluded.expires_at)"
      " returning name, xmax = 0 as is_new)"
      " " EVENT_ADD_SQL("'grant.revoked'", "$4::text", "'grant:' || r.name", "'{}'::jsonb", "r where is_new");
  /* clang-format on */
  return statement_change(database, upsert, STATEMENT_REPEATABLE, &parameters, NULL);
}

enum error grant_store_restore(struct database *database, const char *name, int64_t expires_at_us) {
  struct parameters parameters = {0};
  parameters_text(&parameters, name);
  parameters_i64(&parameters, expires_at_us);
  parameters_i64(&parameters, random_u32());
  /* clang-format off */
  static const char *const restore =
      "with fresh as (select $3::int8 as tag where not exists (select from admin_user where issuer_tag = $3::int8)"
      " and not exists (select from api_key where issuer_tag = $3::int8)"
      " and not exists (select from revoked_grant where name = lpad(to_hex($3::int8), 8, '0'))),"
      " of_account as (update admin_user set issuer_tag = tag from fresh"
      " where length($1::text) = 8 and issuer_tag = ('x' || $1::text)::bit(32)::int8),"
      " of_key as (update api_key set issuer_tag = tag from fresh"
      " where length($1::text) = 8 and issuer_tag = ('x' || $1::text)::bit(32)::int8)"
      " insert into revoked_grant as r (name, expires_at) values ($1::text, " SQL_TIMESTAMP("$2") ")"
      " on conflict (name) do update set expires_at = greatest(r.expires_at, excluded.expires_at)";
  /* clang-format on */
  return statement_change(database, restore, STATEMENT_REPEATABLE, &parameters, NULL);
}

enum error grant_store_is_revoked(struct database *database, const char *grant_id, bool *ret_revoked) {
  struct parameters parameters = {0};
  parameters_text(&parameters, grant_id);
  struct rows row = statement_row(database,
                                  "select exists (select from revoked_grant"
                                  " where name in ($1::text, right($1::text, 8)) and expires_at > now())",
                                  STATEMENT_REPEATABLE, &parameters);
  bool revoked = rows_bool(&row);
  return rows_close_into(&row, ret_revoked, &revoked, sizeof revoked);
}

enum error grant_store_list_revoked(struct database *database,
                                    void (*row)(void *context, const char *name, int64_t expires_at_us),
                                    void *context) {
  struct rows rows;
  enum error error = statement_execute(
      database,
      "select name, " SQL_MICROSECONDS("expires_at") " from revoked_grant where expires_at > now() order by name",
      STATEMENT_REPEATABLE, NULL, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  while (rows_next(&rows)) {
    char name[UNIQUE_NAME_SIZE];
    rows_text(&rows, name, sizeof name);
    int64_t expires_at_us = rows_i64(&rows);
    if (rows.error == ERROR_NONE) {
      row(context, name, expires_at_us);
    }
  }
  return rows_close(&rows);
}

enum error grant_store_sweep(struct database *database, int64_t *ret_deleted) {
  return statement_change(database, "delete from revoked_grant where expires_at <= now()", STATEMENT_REPEATABLE, NULL,
                          ret_deleted);
}
