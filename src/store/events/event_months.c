/* SPDX-License-Identifier: ISC */
/*
 * The work is done by functions of the schema. Mostly there is nothing to do, and a look takes no lock.
 */
#include "config.h"

#include "store/events/event_months.h"

#include <string.h>

#include "store/engine/statement.h"

#define CUTOFF "(now() - $1::int8 * interval '1 day')"

/* Bounds of partitions are written as the database shows times: only the ISO style tells the zone beyond doubt. */
static enum error begin_patiently(struct database *database) {
  enum error error = statement_begin(database);
  if (error == ERROR_NONE) {
    error = statement_execute(database,
                              "select set_config('lock_timeout', '1s', true),"
                              " set_config('datestyle', 'ISO', true)",
                              STATEMENT_ONCE, NULL, NULL);
  }
  return error;
}

static enum error find(struct database *database, const char *sql, const struct parameters *parameters,
                       bool *ret_found) {
  struct rows row = statement_row(database, sql, STATEMENT_REPEATABLE, parameters);
  bool found = rows_bool(&row);
  return rows_close_into(&row, ret_found, &found, sizeof found);
}

enum error event_months_make_ahead(struct database *database) {
  static const char *const look =
      "select to_regclass('event_' || to_char(now() at time zone 'UTC', 'YYYYMM')) is null"
      " or to_regclass('event_' || to_char((now() at time zone 'UTC') + interval '1 month', 'YYYYMM')) is null"
      " or exists (select from event e, event_base b"
      "  where e.position >= b.base + pg_snapshot_xmax(pg_current_snapshot())::text::int8)";
  static const char *const make =
      "select event_partition(now()), event_partition((date_trunc('month', now() at time zone 'UTC')"
      " + interval '1 month') at time zone 'UTC'), event_base_raise()";
  bool missing = false;
  enum error error = find(database, look, NULL, &missing);
  if (error != ERROR_NONE || !missing) {
    return error;
  }
  error = begin_patiently(database);
  if (error == ERROR_NONE) {
    error = statement_execute(database, make, STATEMENT_ONCE, NULL, NULL);
  }
  return statement_end_transaction(database, error);
}

static enum error expire(struct database *database, const struct parameters *parameters,
                         char ret_name[EVENT_MONTH_NAME_SIZE]) {
  struct rows row = statement_row(database, "select event_expire(" CUTOFF ")", STATEMENT_ONCE, parameters);
  char name[EVENT_MONTH_NAME_SIZE] = "";
  rows_text(&row, name, sizeof name);
  return rows_close_into(&row, ret_name, name, sizeof name);
}

enum error event_months_expire(struct database *database, int64_t kept_days, char ret_name[EVENT_MONTH_NAME_SIZE]) {
  static const char *const look = "select exists (select from pg_catalog.pg_tables where schemaname = current_schema()"
                                  "  and tablename ~ '^event_[0-9]{6}$'"
                                  "  and tablename < 'event_' || to_char(" CUTOFF " at time zone 'UTC', 'YYYYMM'))"
                                  " or exists (select from event_default where \"time\" < " CUTOFF ")";
  struct parameters parameters = {0};
  parameters_i64(&parameters, kept_days);
  bool found = false;
  enum error error = find(database, look, &parameters, &found);
  if (error != ERROR_NONE || !found) {
    ret_name[0] = '\0';
    return error;
  }
  error = begin_patiently(database);
  if (error == ERROR_NONE) {
    error = expire(database, &parameters, ret_name);
  }
  return statement_end_transaction(database, error);
}
