/* SPDX-License-Identifier: ISC */
/*
 * Statements and transactions. Every statement of the program passes through exchange_run(), which waits no longer than
 * the deadline even where the network has fallen silent.
 */
#include "config.h"

#include "store/engine/statement.h"

#include <libpq-fe.h>
#include <string.h>

#include "base/clock.h"
#include "base/text_parse.h"
#include "store/engine/exchange.h"

/* It is committed where it ran, and a fail-over may lose it: nobody is told that it is done. */
static enum error unreplicated(PGresult **result) {
  if (result != NULL) {
    PQclear(*result);
    *result = NULL;
  }
  return ERROR_UNKNOWN_OUTCOME;
}

static enum error execute(struct database *database, const char *sql, bool prepared, enum statement_repeat repeat,
                          const struct parameters *parameters, PGresult **ret_result) {
  if (database->queueing) {
    enum fate queued = FATE_ANSWERED;
    return exchange_queue(database, sql, parameters, &queued);
  }
  enum error error = database_ensure(database);
  if (error != ERROR_NONE) {
    return error;
  }
  bool alone = database->transaction == TRANSACTION_NONE;
  enum fate fate = FATE_ANSWERED;
  error = exchange_run(database, sql, prepared, parameters, ret_result, &fate);
  bool again = fate == FATE_NOT_RUN || (fate == FATE_UNKNOWN && repeat == STATEMENT_REPEATABLE);
  if (alone && error == ERROR_UNAVAILABLE && again) {
    error = database_ensure(database);
    if (error == ERROR_NONE) {
      error = exchange_run(database, sql, prepared, parameters, ret_result, &fate);
    }
  }
  if (alone && error == ERROR_NONE && database->unreplicated) {
    return unreplicated(ret_result);
  }
  return alone && error != ERROR_NONE && fate == FATE_UNKNOWN && repeat == STATEMENT_ONCE ? ERROR_UNKNOWN_OUTCOME
                                                                                          : error;
}

static enum error execute_rows(struct database *database, const char *sql, bool prepared, enum statement_repeat repeat,
                               const struct parameters *parameters, struct rows *ret_rows) {
  PGresult *result = NULL;
  enum error error = execute(database, sql, prepared, repeat, parameters, ret_rows == NULL ? NULL : &result);
  if (error == ERROR_NONE && ret_rows != NULL) {
    *ret_rows = (struct rows){.result = result, .row = -1};
  }
  return error;
}

enum error statement_execute(struct database *database, const char *sql, enum statement_repeat repeat,
                             const struct parameters *parameters, struct rows *ret_rows) {
  return execute_rows(database, sql, database->prepared, repeat, parameters, ret_rows);
}

enum error statement_execute_planned(struct database *database, const char *sql, enum statement_repeat repeat,
                                     const struct parameters *parameters, struct rows *ret_rows) {
  return execute_rows(database, sql, false, repeat, parameters, ret_rows);
}

static struct rows execute_row(struct database *database, const char *sql, bool prepared, enum statement_repeat repeat,
                               const struct parameters *parameters) {
  struct rows rows = {.row = -1};
  enum error error = execute_rows(database, sql, prepared, repeat, parameters, &rows);
  if (error == ERROR_NONE && !rows_next(&rows)) {
    rows.row = -1;
    error = ERROR_NOT_FOUND;
  }
  rows.error = error;
  return rows;
}

struct rows statement_row(struct database *database, const char *sql, enum statement_repeat repeat,
                          const struct parameters *parameters) {
  return execute_row(database, sql, database->prepared, repeat, parameters);
}

struct rows statement_row_planned(struct database *database, const char *sql, enum statement_repeat repeat,
                                  const struct parameters *parameters) {
  return execute_row(database, sql, false, repeat, parameters);
}

enum error statement_change(struct database *database, const char *sql, enum statement_repeat repeat,
                            const struct parameters *parameters, int64_t *ret_affected) {
  struct rows rows;
  if (database->queueing) {
    return statement_execute(database, sql, repeat, parameters, NULL);
  }
  enum error error = statement_execute(database, sql, repeat, parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  uint64_t affected = 0;
  const char *text = PQcmdTuples(rows.result);
  enum error parsed = text_parse_u64(text, strlen(text), INT64_MAX, &affected);
  error = rows_close(&rows);
  if (error == ERROR_NONE && ret_affected != NULL) {
    error = parsed == ERROR_NONE ? ERROR_NONE : ERROR_INTERNAL;
    *ret_affected = error == ERROR_NONE ? (int64_t)affected : *ret_affected;
  }
  return error;
}

enum error statement_clock_offset(struct database *database, int64_t *ret_offset_us) {
  struct rows rows;
  enum error error = database_ensure(database); /* connecting is not to count as the database's answer */
  int64_t asked_us = clock_now_us();
  if (error == ERROR_NONE) {
    error =
        statement_execute(database, "select " SQL_MICROSECONDS("clock_timestamp()"), STATEMENT_REPEATABLE, NULL, &rows);
  }
  if (error != ERROR_NONE) {
    return error;
  }
  int64_t answered_us = clock_now_us();
  int64_t theirs_us = rows_next(&rows) ? rows_i64(&rows) : 0;
  error = rows_close(&rows);
  if (error == ERROR_NONE) {
    *ret_offset_us = asked_us + (answered_us - asked_us) / 2 - theirs_us;
  }
  return error;
}

enum error statement_lag(struct database *database, int64_t *ret_seconds) {
  struct rows row = statement_row(
      database,
      "select case when pg_is_in_recovery()"
      " then coalesce(ceil(extract(epoch from now() - pg_last_xact_replay_timestamp()))::int8, 2147483647) else 0 end",
      STATEMENT_REPEATABLE, NULL);
  int64_t seconds = rows_i64(&row);
  seconds = seconds < 0 ? 0 : seconds; /* its clock is behind the primary's */
  return rows_close_into(&row, ret_seconds, &seconds, sizeof seconds);
}

enum error statement_run_script(struct database *database, const char *sql) {
  if (database->transaction != TRANSACTION_OPEN) {
    return ERROR_UNAVAILABLE;
  }
  enum fate fate = FATE_ANSWERED;
  if (PQsendQuery(database->connection, sql) == 0) {
    return exchange_lost_connection(database, &fate);
  }
  return exchange_collect(database, 0, NULL, &fate);
}

/* --- transactions ----------------------------------------------------------------------------- */

static enum error begin_inner(struct database *database) {
  enum error error = execute(database, "savepoint inner_transaction", false, STATEMENT_ONCE, NULL, NULL);
  if (error == ERROR_NONE) {
    database->depth++;
  }
  return error;
}

static enum error commit_inner(struct database *database) {
  database->depth--;
  return execute(database, "release savepoint inner_transaction", false, STATEMENT_ONCE, NULL, NULL);
}

static void rollback_inner(struct database *database) {
  enum fate fate = FATE_ANSWERED;
  database->depth--;
  if (database->transaction == TRANSACTION_OPEN &&
      exchange_run(database, "rollback to savepoint inner_transaction", false, NULL, NULL, &fate) != ERROR_NONE) {
    exchange_drop_connection(database);
  }
}

enum error statement_begin(struct database *database) {
  if (database->enclosures > 0) {
    return begin_inner(database);
  }
  enum error error = execute(database, "begin", false, STATEMENT_REPEATABLE, NULL, NULL);
  if (error == ERROR_NONE) {
    database->transaction = TRANSACTION_OPEN;
  }
  return error;
}

enum error statement_commit(struct database *database) {
  if (database->depth > 0) {
    return commit_inner(database);
  }
  enum transaction was = database->transaction;
  database->transaction = TRANSACTION_NONE;
  if (was != TRANSACTION_OPEN) {
    return was == TRANSACTION_LOST ? ERROR_UNAVAILABLE : ERROR_INTERNAL;
  }
  PGresult *result = NULL;
  enum fate fate = FATE_ANSWERED;
  enum error error = exchange_run(database, "commit", false, NULL, &result, &fate);
  if (error != ERROR_NONE) {
    return fate == FATE_UNKNOWN ? ERROR_UNKNOWN_OUTCOME : error;
  }
  bool committed = strcmp(PQcmdStatus(result), "COMMIT") == 0; /* a failed transaction answers ROLLBACK */
  PQclear(result);
  if (committed && database->unreplicated) {
    return ERROR_UNKNOWN_OUTCOME;
  }
  return committed ? ERROR_NONE : ERROR_INTERNAL;
}

void statement_rollback(struct database *database) {
  if (database->depth > 0) {
    rollback_inner(database);
    return;
  }
  enum transaction was = database->transaction;
  database->transaction = TRANSACTION_NONE;
  enum fate fate = FATE_ANSWERED;
  if (was == TRANSACTION_OPEN && exchange_run(database, "rollback", false, NULL, NULL, &fate) != ERROR_NONE) {
    exchange_drop_connection(database); /* the server rolls back what a lost connection began */
  }
}

enum error statement_end_transaction(struct database *database, enum error error) {
  if (error == ERROR_NONE) {
    return statement_commit(database);
  }
  statement_rollback(database);
  return error;
}

enum error statement_enclose(struct database *database) {
  enum error error = statement_begin(database);
  database->enclosures += error == ERROR_NONE;
  return error;
}

enum error statement_end_enclosure(struct database *database, enum error error) {
  database->enclosures--;
  if (database->enclosures == 0) {
    database->depth = 0; /* what was left open ends with the whole */
  }
  return statement_end_transaction(database, error);
}
