/* SPDX-License-Identifier: ISC */
/*
 * The work is done by functions of the schema, which ingest and reports call too, should nobody have been here in time.
 */
#include "config.h"

#include "store/views/view_partitions.h"

#include <string.h>

#include "store/engine/statement.h"
#include "store/views/view_sql.h"

enum error view_partitions_make_ahead(struct database *database) {
  return statement_execute(
      database,
      "select media_view_log_partition(now()), media_view_log_partition((date_trunc('month', now() at time"
      " zone 'UTC') + interval '1 month') at time zone 'UTC') from " SQL_ISO_DATES,
      STATEMENT_REPEATABLE, NULL, NULL);
}

/* Mostly there is nothing to do, and nobody is to wait for a turn to learn that. */
static enum error find_expired(struct database *database, int64_t before_us, bool *ret_found) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, before_us);
  int64_t found = 0;
  enum error error =
      statement_change(database,
                       "select from pg_catalog.pg_tables where schemaname = current_schema()"
                       " and tablename ~ '^media_view_log_[0-9]{6}$' and tablename <"
                       " 'media_view_log_' || to_char(" SQL_TIMESTAMP("$1") " at time zone 'UTC', 'YYYYMM') limit 1",
                       STATEMENT_REPEATABLE, &parameters, &found);
  *ret_found = found > 0;
  return error;
}

/* In a transaction. The turn keeps out those who count: who waits for a lock on all of the table while they hold theirs
 * would make everybody else wait too. */
static enum error expire(struct database *database, int64_t before_us, char ret_name[VIEW_PARTITION_NAME_SIZE]) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, before_us);
  enum error error = statement_execute(database, "set local lock_timeout = '1s'", STATEMENT_ONCE, NULL, NULL);
  if (error == ERROR_NONE) {
    error = statement_execute(database, SQL_TAKE_TURN, STATEMENT_ONCE, NULL, NULL);
  }
  if (error != ERROR_NONE) {
    return error;
  }
  struct rows row =
      statement_row(database, "select media_view_log_expire(" SQL_TIMESTAMP("$1") ")", STATEMENT_ONCE, &parameters);
  char name[VIEW_PARTITION_NAME_SIZE] = "";
  rows_text(&row, name, sizeof name);
  return rows_close_into(&row, ret_name, name, sizeof name);
}

enum error view_partitions_expire(struct database *database, int64_t before_us,
                                  char ret_name[VIEW_PARTITION_NAME_SIZE]) {
  bool found = false;
  enum error error = find_expired(database, before_us, &found);
  if (error == ERROR_NONE && !found) {
    ret_name[0] = '\0';
    return ERROR_NONE;
  }
  if (error == ERROR_NONE) {
    error = statement_begin(database);
  }
  if (error != ERROR_NONE) {
    return error;
  }
  return statement_end_transaction(database, expire(database, before_us, ret_name));
}
