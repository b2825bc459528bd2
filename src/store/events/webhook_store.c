/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "store/events/webhook_store.h"

#include "store/engine/event_add.h"
#include "store/engine/event_add.sql.h"
#include "store/engine/statement.h"

#define WEBHOOK_COLUMNS                                                                                                                                                     \
  "w.id, w.url, array_to_json(w.events)::text, w.description, w.salt, w.secret_version, " SQL_MICROSECONDS(                                                                 \
      "case when w.previous_until > now() then w.previous_until end") ", w.created_by, " SQL_MICROSECONDS("w.created_"                                                      \
                                                                                                          "at") ","                                                         \
                                                                                                                " " SQL_MICROSECONDS("w.updated_at") ", " SQL_MICROSECONDS( \
                                                                                                                    "w.failing_since") ", w.disabled_at is not null, w.disabled_reason"
#define TEXTS(parameter) "(select array_agg(e) from jsonb_array_elements_text(" parameter "::jsonb) e)"

static void read_webhook(struct rows *rows, struct webhook *ret_webhook) {
  ret_webhook->id = rows_i64(rows);
  rows_text(rows, ret_webhook->url, sizeof ret_webhook->url);
  rows_text(rows, ret_webhook->events, sizeof ret_webhook->events);
  rows_text(rows, ret_webhook->description, sizeof ret_webhook->description);
  rows_text(rows, ret_webhook->salt, sizeof ret_webhook->salt);
  ret_webhook->secret_version = rows_i64(rows);
  ret_webhook->previous_until_us = rows_i64_or(rows, 0);
  ret_webhook->created_by = rows_i64_or(rows, 0);
  ret_webhook->created_at_us = rows_i64(rows);
  ret_webhook->updated_at_us = rows_i64(rows);
  ret_webhook->failing_since_us = rows_i64_or(rows, 0);
  ret_webhook->disabled = rows_bool(rows);
  rows_text(rows, ret_webhook->disabled_reason, sizeof ret_webhook->disabled_reason);
}

static enum error execute_one(struct database *database, const char *sql, enum statement_repeat repeat,
                              const struct parameters *parameters, struct webhook *ret_webhook) {
  struct rows row = statement_row(database, sql, repeat, parameters);
  struct webhook webhook = {.id = 0};
  read_webhook(&row, &webhook);
  return rows_close_into(&row, ret_webhook, &webhook, sizeof webhook);
}

enum error webhook_store_create(struct database *database, const struct webhook_change *fields, int64_t created_by,
                                struct webhook *ret_webhook) {
  static const char *const insert =
      "with w as (insert into webhook (url, events, description, created_by, first_position)"
      "  select $1, " TEXTS("$2") ", nullif($3, ''), $4, base + pg_current_xact_id()::text::int8 from event_base"
                                  "  returning *),"
                                  " added as (" EVENT_ADD_SQL("'webhook.created'", "$5::text", "'webhook:' || w.id",
                                                              "jsonb_build_object('events', w.events)",
                                                              "w") ")"
                                                                   " select " WEBHOOK_COLUMNS " from w";
  struct parameters parameters = {0};
  parameters_text(&parameters, fields->url);
  parameters_text(&parameters, fields->events);
  parameters_text(&parameters, fields->description);
  parameters_i64_or_null(&parameters, created_by);
  parameters_text(&parameters, event_origin(database));
  return execute_one(database, insert, STATEMENT_ONCE, &parameters, ret_webhook);
}

enum error webhook_store_find(struct database *database, int64_t id, struct webhook *ret_webhook) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, id);
  return execute_one(database, "select " WEBHOOK_COLUMNS " from webhook w where w.id = $1", STATEMENT_REPEATABLE,
                     &parameters, ret_webhook);
}

enum error webhook_store_page(struct database *database, int64_t before_id, int64_t limit,
                              void (*row)(void *context, const struct webhook *webhook), void *context) {
  static const char *const select =
      "select " WEBHOOK_COLUMNS " from webhook w where $1::int8 is null or w.id < $1::int8"
      " order by w.id desc limit $2::int8";
  struct parameters parameters = {0};
  struct rows rows;
  parameters_i64_or_null(&parameters, before_id);
  parameters_i64(&parameters, limit);
  enum error error = statement_execute(database, select, STATEMENT_REPEATABLE, &parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  while (rows_next(&rows)) {
    struct webhook webhook = {.id = 0};
    read_webhook(&rows, &webhook);
    if (rows.error == ERROR_NONE) {
      row(context, &webhook);
    }
  }
  return rows_close(&rows);
}

enum error webhook_store_change(struct database *database, int64_t id, const struct webhook_change *change,
                                struct webhook *ret_webhook) {
  static const char *const update =
      "with old as (select * from webhook where id = $1 for update),"
      " w as (update webhook w set url = coalesce($2, w.url), events = coalesce(" TEXTS(
          "$3") ", w.events),"
                "  description = case when $4::text is null then w.description else nullif($4, '') end,"
                "  disabled_at = case when $5::bool then coalesce(w.disabled_at, now()) when not $5::bool then null"
                "   else w.disabled_at end,"
                "  disabled_reason = case when not $5::bool then null else w.disabled_reason end,"
                "  failing_since = case when not $5::bool then null else w.failing_since end, updated_at = now()"
                "  from old where w.id = old.id returning w.*),"
                " added as (" EVENT_ADD_SQL(
                    "'webhook.updated'", "$6::text", "'webhook:' || w.id",
                    "jsonb_build_object('events', w.events, 'disabled', w.disabled_at is not null)",
                    "w join old on (w.url, w.events, w.description, w.disabled_at) is distinct from"
                    " (old.url, old.events, old.description, old.disabled_at)") ")"
                                                                                " select " WEBHOOK_COLUMNS " from w";
  struct parameters parameters = {0};
  parameters_i64(&parameters, id);
  parameters_text(&parameters, change->url);
  parameters_text(&parameters, change->events);
  parameters_text(&parameters, change->description);
  parameters_text(&parameters, !change->sets_disabled ? NULL : change->disabled ? "true" : "false");
  parameters_text(&parameters, event_origin(database));
  return execute_one(database, update, STATEMENT_REPEATABLE, &parameters, ret_webhook);
}

enum error webhook_store_delete(struct database *database, int64_t id) {
  static const char *const delete =
      "with w as (delete from webhook where id = $1 returning id)"
      " " EVENT_ADD_SQL("'webhook.deleted'", "$2::text", "'webhook:' || w.id", "'{}'::jsonb", "w");
  struct parameters parameters = {0};
  int64_t affected = 0;
  parameters_i64(&parameters, id);
  parameters_text(&parameters, event_origin(database));
  enum error error = statement_change(database, delete, STATEMENT_ONCE, &parameters, &affected);
  return error == ERROR_NONE && affected == 0 ? ERROR_NOT_FOUND : error;
}

enum error webhook_store_rotate(struct database *database, int64_t id, int64_t overlap_seconds,
                                struct webhook *ret_webhook) {
  static const char *const update =
      "with w as (update webhook set secret_version = secret_version + 1, updated_at = now(),"
      "  previous_until = now() + $2::int8 * interval '1 second' where id = $1 returning *),"
      " added as (" EVENT_ADD_SQL("'webhook.rotated'", "$3::text", "'webhook:' || w.id", "'{}'::jsonb",
                                  "w") ")"
                                       " select " WEBHOOK_COLUMNS " from w";
  struct parameters parameters = {0};
  parameters_i64(&parameters, id);
  parameters_i64(&parameters, overlap_seconds);
  parameters_text(&parameters, event_origin(database));
  return execute_one(database, update, STATEMENT_ONCE, &parameters, ret_webhook);
}
