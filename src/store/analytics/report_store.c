/* SPDX-License-Identifier: ISC */
/* See the header. Each change is one statement and writes its event. */
#include "config.h"

#include "store/analytics/report_store.h"

#include <string.h>

#include "store/engine/event_add.h"
#include "store/engine/event_add.sql.h"
#include "store/engine/statement.h"

/* Today and the days before it begin by the clocks of the report's zone. */
#define BEGIN                                                                                                          \
  "case when r.last_days is null then r.begins_at else"                                                                \
  " (date_trunc('day', now() at time zone r.tz) - (r.last_days - 1) * interval '1 day') at time zone r.tz end"
#define FILTER                                                                                                         \
  "r.filter ->> 'country', r.filter ->> 'referrer', r.filter ->> 'viewer', r.filter ->> 'source',"                     \
  " r.filter ->> 'device', r.filter ->> 'system', r.filter ->> 'browser', r.filter ->> 'rendition'"
/* clang-format off */
#define REPORT_COLUMNS                                                                                                 \
  "r.id, r.title, r.account_id, r.created_by_key, encode(r.secret_hash, 'hex'), r.hashed_password, r.media_id,"        \
  " m.title, m.duration_seconds, " FILTER ", " SQL_MICROSECONDS(BEGIN) ", " SQL_MICROSECONDS("r.ends_at") ","          \
  " r.last_days, r.tz, r.robots, r.show_viewers, " SQL_MICROSECONDS("r.created_at") ","                                \
  " " SQL_MICROSECONDS("r.expires_at") ", r.deleted_at is not null, m.deleted_at is not null,"                         \
  " a.disabled_at is not null, a.role"
/* clang-format on */
#define OF_WHOM " join admin_user a on a.id = r.account_id left join media_asset m on m.id = r.media_id"

_Static_assert(VIEW_FILTER_COUNT_ == 8, "FILTER and the object that is inserted name each filter");

static void read_role(struct rows *rows, struct report *report) {
  char name[ROLE_NAME_SIZE];
  rows_text(rows, name, sizeof name);
  if (rows->error == ERROR_NONE && role_find(name, &report->maker_role) != ERROR_NONE) {
    rows->error = ERROR_INTERNAL;
  }
}

static void read_report(struct rows *rows, struct report *report) {
  report->id = rows_i64(rows);
  rows_text(rows, report->title, sizeof report->title);
  report->account_id = rows_i64(rows);
  report->created_by_key = rows_i64_or(rows, 0);
  rows_bytes(rows, report->hash, sizeof report->hash);
  rows_text(rows, report->hashed_password, sizeof report->hashed_password);
  report->media_id = rows_i64_or(rows, 0);
  rows_text(rows, report->media_title, sizeof report->media_title);
  report->media_seconds = rows_f64_or(rows, 0);
  for (int i = 0; i < VIEW_FILTER_COUNT_; i++) {
    rows_text(rows, report->filter[i], sizeof report->filter[i]);
  }
  report->from_us = rows_i64_or(rows, 0);
  report->to_us = rows_i64_or(rows, 0);
  report->last_days = rows_i64_or(rows, 0);
  rows_text(rows, report->tz, sizeof report->tz);
  report->robots = rows_bool(rows);
  report->show_viewers = rows_bool(rows);
  report->created_at_us = rows_i64(rows);
  report->expires_at_us = rows_i64(rows);
  report->deleted = rows_bool(rows);
  report->media_is_gone = rows_bool(rows);
  report->maker_is_gone = rows_bool(rows);
  read_role(rows, report);
}

static enum error execute_report(struct database *database, const char *sql, enum statement_repeat repeat,
                                 const struct parameters *parameters, struct report *ret_report) {
  struct rows row = statement_row(database, sql, repeat, parameters);
  struct report report = {.id = 0};
  if (row.error == ERROR_NONE) {
    read_report(&row, &report);
  }
  return rows_close_into(&row, ret_report, &report, sizeof report);
}

/* A medium that was deleted keeps its row, so the reference alone would take it. */
enum error report_store_create(struct database *database, const struct report *report, struct report *ret_report) {
  /* clang-format off */
  static const char *const insert =
      "with r as (insert into report (title, account_id, created_by_key, secret_hash, hashed_password, media_id,"
      "  begins_at, ends_at, last_days, tz, robots, show_viewers, expires_at, filter)"
      " select $1, $2, $3, $4, $5, $6::int8, case when $7::int8 > 0 then " SQL_TIMESTAMP("$7") " end,"
      "  case when $8::int8 > 0 then " SQL_TIMESTAMP("$8") " end, $9::int8, $10, $11, $12, " SQL_TIMESTAMP("$13") ","
      "  jsonb_strip_nulls(jsonb_build_object('country', $14::text, 'referrer', $15::text, 'viewer', $16::text,"
      "   'source', $17::text, 'device', $18::text, 'system', $19::text, 'browser', $20::text,"
      "   'rendition', $21::text))"
      " where $6::int8 is null or exists (select from media_asset where id = $6::int8 and deleted_at is null)"
      " returning *),"
      " added as (" EVENT_ADD_SQL("'report.created'", "$22::text", "'report:' || r.id",
                                  "jsonb_build_object('title', r.title, 'media_id', r.media_id,"
                                  " 'expires_at', r.expires_at, 'has_password', r.hashed_password is not null,"
                                  " 'show_viewers', r.show_viewers)", "r")
      ") select " REPORT_COLUMNS " from r" OF_WHOM;
  /* clang-format on */
  struct parameters parameters = {0};
  parameters_text(&parameters, report->title);
  parameters_i64(&parameters, report->account_id);
  parameters_i64_or_null(&parameters, report->created_by_key);
  parameters_hash(&parameters, report->hash);
  parameters_text_or_null(&parameters, report->hashed_password);
  parameters_i64_or_null(&parameters, report->media_id);
  parameters_i64(&parameters, report->last_days > 0 ? 0 : report->from_us);
  parameters_i64(&parameters, report->to_us);
  parameters_i64_or_null(&parameters, report->last_days);
  parameters_text(&parameters, report->tz);
  parameters_bool(&parameters, report->robots);
  parameters_bool(&parameters, report->show_viewers);
  parameters_i64(&parameters, report->expires_at_us);
  for (int i = 0; i < VIEW_FILTER_COUNT_; i++) {
    parameters_text_or_null(&parameters, report->filter[i]);
  }
  parameters_text(&parameters, event_origin(database));
  return execute_report(database, insert, STATEMENT_ONCE, &parameters, ret_report);
}

enum error report_store_find(struct database *database, int64_t id, struct report *ret_report) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, id);
  return execute_report(database, "select " REPORT_COLUMNS " from report r" OF_WHOM " where r.id = $1",
                        STATEMENT_REPEATABLE, &parameters, ret_report);
}

enum error report_store_delete(struct database *database, int64_t id, int64_t account_id) {
  /* clang-format off */
  static const char *const update =
      "with r as (update report set deleted_at = now() where id = $1 and deleted_at is null"
      "  and ($2::int8 = 0 or account_id = $2::int8) returning id)"
      " " EVENT_ADD_SQL("'report.deleted'", "$3::text", "'report:' || r.id", "'{}'::jsonb", "r");
  /* clang-format on */
  struct parameters parameters = {0};
  int64_t affected = 0;
  parameters_i64(&parameters, id);
  parameters_i64(&parameters, account_id);
  parameters_text(&parameters, event_origin(database));
  enum error error = statement_change(database, update, STATEMENT_ONCE, &parameters, &affected);
  return error == ERROR_NONE && affected == 0 ? ERROR_NOT_FOUND : error;
}

enum error report_store_local_time(struct database *database, const char *tz, int64_t *time_us) {
  /* PostgreSQL takes the last of two; clocks go back by four hours at the most. */
  /* clang-format off */
  static const char *const select =
      "select " SQL_MICROSECONDS("coalesce((select min(t) from (select w.wall at time zone $2 - step * interval '15 minutes' as t"
      " from generate_series(0, 16) step) s where t at time zone $2 = w.wall), w.wall at time zone $2)")
      " from (select " SQL_TIMESTAMP("$1") " at time zone 'UTC' as wall) w";
  /* clang-format on */
  struct parameters parameters = {0};
  parameters_i64(&parameters, *time_us);
  parameters_text(&parameters, tz);
  struct rows row = statement_row(database, select, STATEMENT_REPEATABLE, &parameters);
  int64_t found_us = rows_i64(&row);
  return rows_close_into(&row, time_us, &found_us, sizeof found_us);
}

enum error report_store_list(struct database *database, const struct report_list *list,
                             void (*row)(void *context, const struct report *report), void *context) {
  static const char *const select = "select " REPORT_COLUMNS " from report r" OF_WHOM " where r.deleted_at is null"
                                    " and ($1::int8 = 0 or r.id < $1::int8)"
                                    " and ($2::int8 = 0 or r.account_id = $2::int8)"
                                    " order by r.id desc limit $3::int8";
  struct parameters parameters = {0};
  struct rows rows;
  parameters_i64(&parameters, list->before);
  parameters_i64(&parameters, list->account_id);
  parameters_i64(&parameters, list->limit);
  enum error error = statement_execute(database, select, STATEMENT_REPEATABLE, &parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  while (rows_next(&rows)) {
    struct report report = {.id = 0};
    read_report(&rows, &report);
    if (rows.error == ERROR_NONE) {
      row(context, &report);
    }
  }
  return rows_close(&rows);
}

enum error report_store_sweep(struct database *database, int64_t grace_seconds, int64_t limit, int64_t *ret_deleted) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, grace_seconds);
  parameters_i64(&parameters, limit);
  return statement_change(database,
                          "delete from report where id in (select id from report"
                          " where least(expires_at, deleted_at) < now() - $1::int8 * interval '1 second'"
                          " order by expires_at limit $2::int8)",
                          STATEMENT_REPEATABLE, &parameters, ret_deleted);
}
