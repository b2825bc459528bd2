/* SPDX-License-Identifier: ISC */
/*
 * Refused logins are counted in a row a source (login_refusal), which becomes one event a minute. The row goes in the
 * transaction of the event.
 */
#include "config.h"

#include "store/events/event_store.h"

#include "store/engine/event_add.h"
#include "store/engine/event_add.sql.h"
#include "store/engine/statement.h"

enum error event_store_note(struct database *database, const char *type, const char *subject, const char *data) {
  static const char *const insert =
      EVENT_ADD_SQL("$1::text", "$4::text", "$2::text", "coalesce($3::jsonb, '{}')",
                    "(values (1)) v where not exists (select from event e where e.subject = $2 and e.type = $1)");
  struct parameters parameters = {0};
  parameters_text(&parameters, type);
  parameters_text(&parameters, subject);
  parameters_text(&parameters, data);
  parameters_text(&parameters, event_origin(database));
  return statement_change(database, insert, STATEMENT_REPEATABLE, &parameters, NULL);
}

enum error event_store_note_grant(struct database *database, const char *grant_id, int64_t media_id, const char *viewer,
                                  int64_t expires_at, bool renewed) {
  static const char *const insert = EVENT_ADD_SQL(
      "case when $5::bool then 'grant.renewed' else 'grant.issued' end", "$6::text", "'grant:' || $1::text",
      "jsonb_build_object('media_id', $2::int8, 'viewer', nullif($3::text, '-'), 'expires_at',"
      " to_timestamp($4::int8))",
      "(values (1)) v");
  struct parameters parameters = {0};
  parameters_text(&parameters, grant_id);
  parameters_i64(&parameters, media_id);
  parameters_text(&parameters, viewer);
  parameters_i64(&parameters, expires_at);
  parameters_bool(&parameters, renewed);
  parameters_text(&parameters, event_origin(database));
  return statement_change(database, insert, STATEMENT_ONCE, &parameters, NULL);
}

enum error event_store_count_refusal(struct database *database, int64_t account_id, bool limited) {
  static const char *const upsert =
      "insert into login_refusal as r (source, refused, limited, accounts)"
      " values (split_part($1, ' ', 2), case when $2 then 0 else 1 end, case when $2 then 1 else 0 end,"
      "  array_remove(array[$3::int8], null))"
      " on conflict (source) do update set refused = r.refused + excluded.refused,"
      "  limited = r.limited + excluded.limited,"
      "  accounts = case when r.accounts @> excluded.accounts or cardinality(r.accounts) >= 16 then r.accounts"
      "   else r.accounts || excluded.accounts end";
  struct parameters parameters = {0};
  parameters_text(&parameters, event_origin(database));
  parameters_bool(&parameters, limited);
  parameters_i64_or_null(&parameters, account_id);
  return statement_change(database, upsert, STATEMENT_ONCE, &parameters, NULL);
}

enum error event_store_tell_refusals(struct database *database) {
  static const char *const tell =
      "with r as (delete from login_refusal where source = any(array(select source from login_refusal"
      "  where began_at < now() - interval '1 minute' limit 1000 for update skip locked)) returning *)"
      " " EVENT_ADD_SQL("'login.refused'", "('anyone ' || r.source)", "null::text",
                        "jsonb_build_object('since', r.began_at, 'refused', r.refused, 'limited', r.limited,"
                        " 'accounts', r.accounts)",
                        "r");
  return statement_change(database, tell, STATEMENT_REPEATABLE, NULL, NULL);
}
