/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "store/events/delivery_queue.h"

#include <stdlib.h>

#include "store/engine/event_add.h"
#include "store/engine/event_add.sql.h"
#include "store/engine/statement.h"

#define DEAD_AFTER "interval '3 days'"

/* --- events become deliveries ------------------------------------------------------------------- */

/* Who has the row gives out; others find it locked and leave it. Events at or above the oldest open transaction wait.
 */
enum error delivery_queue_give_out(struct database *database, int64_t limit, int64_t *ret_count) {
  static const char *const give =
      "with progress as (select position, event_id from webhook_progress for update skip locked),"
      " batch as (select e.id, e.position, e.type from progress p join lateral (select id, position, type from event"
      "  where position < (select base from event_base) + pg_snapshot_xmin(pg_current_snapshot())::text::int8"
      "  and (position, id) > (p.position, p.event_id) order by position, id limit $1::int8) e on true),"
      " given as (insert into webhook_delivery (webhook_id, event_id, event_position, event_type)"
      "  select w.id, b.id, b.position, b.type from batch b join webhook w on w.disabled_at is null"
      "   and b.position >= w.first_position and b.type <> 'webhook.tested'"
      "   and exists (select from unnest(w.events) p where p = '*' or p = b.type"
      "    or (p like '%.*' and starts_with(b.type, left(p, -1))))"
      "  on conflict (webhook_id, event_id) do nothing),"
      " moved as (update webhook_progress p set position = l.position, event_id = l.id"
      "  from (select position, id from batch order by position desc, id desc limit 1) l)"
      " select count(*) from batch";
  struct parameters parameters = {0};
  parameters_i64(&parameters, limit);
  struct rows row = statement_row(database, give, STATEMENT_ONCE, &parameters);
  int64_t count = rows_i64(&row);
  return rows_close_into(&row, ret_count, &count, sizeof count);
}

/* --- attempts ----------------------------------------------------------------------------------- */

static void read_delivery(struct rows *rows, struct webhook_delivery *delivery) {
  delivery->id = rows_i64(rows);
  rows_text(rows, delivery->claim, sizeof delivery->claim);
  delivery->attempts = (int)rows_i64(rows);
  delivery->webhook_id = rows_i64(rows);
  rows_text(rows, delivery->url, sizeof delivery->url);
  rows_text(rows, delivery->salt, sizeof delivery->salt);
  delivery->secret_version = rows_i64(rows);
  delivery->sign_previous = rows_bool(rows);
  rows_text(rows, delivery->event_id, sizeof delivery->event_id);
  delivery->body = rows_text_copy(rows);
}

enum error delivery_queue_claim(struct database *database, int64_t limit, int64_t each, int64_t lease_seconds,
                                void (*row)(void *context, const struct webhook_delivery *delivery), void *context) {
  static const char *const claim =
      /* By chance, so that no webhook always comes before another. */
      "with due as (select d.id from (select id from webhook where disabled_at is null order by gen_random_uuid()) w"
      "  cross join lateral (select id from webhook_delivery"
      "   where webhook_id = w.id and state = 'waiting' and next_at <= now() and (lease_until is null or lease_until <="
      "    now()) order by next_at limit greatest(0, $2::int8 - (select count(*) from webhook_delivery"
      "     where webhook_id = w.id and lease_until > now()))"
      "   for update skip locked) d limit $1::int8),"
      " d as (update webhook_delivery d set claim = gen_random_uuid(), attempts = attempts + 1,"
      "  lease_until = now() + $3::int8 * interval '1 second' from due where d.id = due.id returning d.*)"
      " select d.id, d.claim, d.attempts, w.id, w.url, w.salt, w.secret_version,"
      "  coalesce(w.previous_until > now(), false), d.event_id,"
      "  (json_build_object('id', e.id, 'type', e.type, 'timestamp',"
      "   to_char(e.\"time\" at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), 'actor', e.actor,"
      "   'subject', e.subject, 'data', e.data))::text"
      " from d join webhook w on w.id = d.webhook_id"
      " left join event e on e.position = d.event_position and e.id = d.event_id";
  struct parameters parameters = {0};
  struct rows rows;
  parameters_i64(&parameters, limit);
  parameters_i64(&parameters, each);
  parameters_i64(&parameters, lease_seconds);
  enum error error = statement_execute(database, claim, STATEMENT_ONCE, &parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  while (rows_next(&rows)) {
    struct webhook_delivery delivery = {.body = NULL};
    read_delivery(&rows, &delivery);
    if (rows.error == ERROR_NONE) {
      row(context, &delivery);
    }
    free(delivery.body);
  }
  return rows_close(&rows);
}

enum error delivery_queue_settle(struct database *database, const struct delivery_outcome *outcome) {
  static const char *const settle =
      "with d as (update webhook_delivery d set claim = null, lease_until = null, status = $3, latency_ms = $4,"
      "  error = $5, state = case when $5::text is null then 'delivered' when $6::int8 < 0 then 'failed'"
      "   else 'waiting' end, next_at = now() + greatest($6::int8, 0) * interval '1 second',"
      "  ended_at = case when $5::text is null or $6::int8 < 0 then now() end"
      "  where id = $1 and claim = $2::uuid and state = 'waiting' returning webhook_id),"
      " w as (update webhook w set failing_since = case when $5::text is null then null"
      "   else coalesce(w.failing_since, now()) end,"
      "  disabled_at = case when $7::bool or ($5::text is not null and w.failing_since < now() - " DEAD_AFTER ")"
      "   then coalesce(w.disabled_at, now()) else w.disabled_at end,"
      "  disabled_reason = case when w.disabled_at is not null then w.disabled_reason when $7::bool"
      "   then 'the receiver answered 410 Gone' when $5::text is not null and w.failing_since < now() - " DEAD_AFTER
      "   then 'each attempt of the last three days failed' end"
      "  from d where w.id = d.webhook_id and (w.failing_since is not null or $5::text is not null) returning w.*),"
      " added as (" EVENT_ADD_SQL("'webhook.disabled'", "$8::text", "'webhook:' || w.id",
                                  "jsonb_build_object('reason', w.disabled_reason)",
                                  "w join webhook before on before.id = w.id and before.disabled_at is null"
                                  " and w.disabled_at is not null") ")"
                                                                    " select from d";
  struct parameters parameters = {0};
  parameters_i64(&parameters, outcome->id);
  parameters_text(&parameters, outcome->claim);
  parameters_i64_or_null(&parameters, outcome->status);
  parameters_i64(&parameters, outcome->latency_ms);
  parameters_text(&parameters, outcome->error);
  parameters_i64(&parameters, outcome->retry_seconds);
  parameters_bool(&parameters, outcome->gone);
  parameters_text(&parameters, event_origin(database));
  return statement_change(database, settle, STATEMENT_REPEATABLE, &parameters, NULL);
}

/* --- what people ask for ------------------------------------------------------------------------ */

enum error delivery_queue_test(struct database *database, int64_t webhook_id, int64_t *ret_id) {
  static const char *const test =
      "with w as (select id from webhook where id = $1 for share),"
      " e as (" EVENT_ADD_SQL(
          "'webhook.tested'", "$2::text", "'webhook:' || w.id", "'{}'::jsonb",
          "w") " returning id, position, type)"
               " insert into webhook_delivery as d (webhook_id, event_id, event_position, event_type)"
               " select $1, id, position, type from e returning d.id";
  struct parameters parameters = {0};
  parameters_i64(&parameters, webhook_id);
  parameters_text(&parameters, event_origin(database));
  struct rows row = statement_row(database, test, STATEMENT_ONCE, &parameters);
  int64_t id = rows_i64(&row);
  return rows_close_into(&row, ret_id, &id, sizeof id);
}

enum error delivery_queue_resend(struct database *database, int64_t webhook_id, int64_t id) {
  static const char *const resend =
      "with d as (update webhook_delivery set state = 'waiting', attempts = 0, next_at = now(), claim = null,"
      "  lease_until = null, ended_at = null where id = $2 and webhook_id = $1 returning id, webhook_id, event_id)"
      " " EVENT_ADD_SQL("'webhook.resent'", "$3::text", "'webhook:' || d.webhook_id",
                        "jsonb_build_object('delivery', d.id, 'event', d.event_id)", "d");
  struct parameters parameters = {0};
  int64_t affected = 0;
  parameters_i64(&parameters, webhook_id);
  parameters_i64(&parameters, id);
  parameters_text(&parameters, event_origin(database));
  enum error error = statement_change(database, resend, STATEMENT_ONCE, &parameters, &affected);
  return error == ERROR_NONE && affected == 0 ? ERROR_NOT_FOUND : error;
}

static void read_row(struct rows *rows, struct delivery_row *row) {
  row->id = rows_i64(rows);
  rows_text(rows, row->event_id, sizeof row->event_id);
  rows_text(rows, row->event_type, sizeof row->event_type);
  rows_text(rows, row->state, sizeof row->state);
  row->attempts = (int)rows_i64(rows);
  row->next_at_us = rows_i64_or(rows, 0);
  row->status = (int)rows_i64_or(rows, 0);
  row->latency_ms = rows_i64_or(rows, -1);
  rows_text(rows, row->error, sizeof row->error);
  row->created_at_us = rows_i64(rows);
  row->ended_at_us = rows_i64_or(rows, 0);
}

enum error delivery_queue_page(struct database *database, int64_t webhook_id, int64_t before_id, int64_t limit,
                               void (*row)(void *context, const struct delivery_row *delivery), void *context) {
  static const char *const select = "select id, event_id, event_type, state, attempts, " SQL_MICROSECONDS(
      "case when state = 'waiting' then "
      "next_at end") ", status, latency_ms, "
                     "left(error, "
                     "250),"
                     " " SQL_MICROSECONDS("cr"
                                          "ea"
                                          "te"
                                          "d_"
                                          "a"
                                          "t") ", " SQL_MICROSECONDS("ended_at") " from "
                                                                                 "webhook"
                                                                                 "_delive"
                                                                                 "ry "
                                                                                 "where "
                                                                                 "webhook"
                                                                                 "_id = "
                                                                                 "$1"
                                                                                 " and "
                                                                                 "($2::"
                                                                                 "int8 "
                                                                                 "is "
                                                                                 "null "
                                                                                 "or id "
                                                                                 "< "
                                                                                 "$2::"
                                                                                 "int8) "
                                                                                 "order "
                                                                                 "by id "
                                                                                 "desc "
                                                                                 "limit "
                                                                                 "$3::"
                                                                                 "int8";
  struct parameters parameters = {0};
  struct rows rows;
  parameters_i64(&parameters, webhook_id);
  parameters_i64_or_null(&parameters, before_id);
  parameters_i64(&parameters, limit);
  enum error error = statement_execute(database, select, STATEMENT_REPEATABLE, &parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  while (rows_next(&rows)) {
    struct delivery_row delivery = {.id = 0};
    read_row(&rows, &delivery);
    if (rows.error == ERROR_NONE) {
      row(context, &delivery);
    }
  }
  return rows_close(&rows);
}

enum error delivery_queue_sweep(struct database *database, int64_t kept_seconds, int64_t limit, int64_t *ret_deleted) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, kept_seconds);
  parameters_i64(&parameters, limit);
  return statement_change(database,
                          "delete from webhook_delivery where id in (select id from webhook_delivery"
                          " where ended_at < now() - $1::int8 * interval '1 second' limit $2 for update skip locked)",
                          STATEMENT_REPEATABLE, &parameters, ret_deleted);
}
