/* SPDX-License-Identifier: ISC */
/*
 * One connection: opened when first needed, found out when it broke, opened again with a backoff. Every statement of
 * the program passes through exchange_run(), which waits no longer than the deadline even where the network has fallen
 * silent.
 */
#include "config.h"

#include "store/engine/database.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "store/engine/exchange.h"
#include "store/engine/statement.h"

#define PAUSE_FIRST_MS 40
#define PAUSE_MAX_MS   800 /* with the connecting itself: back within 2 s of the database's return */

enum error database_open(const struct database_options *options, struct database **ret_database) {
  struct database *database = calloc(1, sizeof *database);
  if (database == NULL) {
    return ERROR_MEMORY;
  }
  database->connection_string = strdup(options->connection_string);
  database->application_name = strdup(options->application_name == NULL ? "mediagate" : options->application_name);
  database->prepared = options->prepared;
  database->statement_timeout_ms = options->statement_timeout_ms;
  database->beat = options->beat;
  database->beat_context = options->beat_context;
  if (database->connection_string == NULL || database->application_name == NULL) {
    database_close(database);
    return ERROR_MEMORY;
  }
  *ret_database = database;
  return ERROR_NONE;
}

void database_close(struct database *database) {
  if (database != NULL) {
    exchange_drop_connection(database);
    free(database->connection_string);
    free(database->application_name);
    free(database);
  }
}

const char *database_last_error(const struct database *database) {
  return database == NULL ? "" : database->last_error;
}

static void ignore_notice(void *context, const char *message) {
  (void)context;
  (void)message;
}

/* --- connecting ------------------------------------------------------------------------------ */

static enum error set_statement_timeout(struct database *database) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, database->statement_timeout_ms);
  enum fate fate = FATE_ANSWERED;
  return exchange_run(database, "select set_config('statement_timeout', $1, false)", false, &parameters, NULL, &fate);
}

bool database_is_connection_string(const char *text) {
  bool is_name = strchr(text, '=') == NULL && strstr(text, "://") == NULL;
  PQconninfoOption *options = is_name ? NULL : PQconninfoParse(text, NULL);
  bool parses = is_name || options != NULL;
  PQconninfoFree(options);
  return parses;
}

static enum error connect_now(struct database *database) {
  /* What stands before dbname yields to the connection string, what stands after it does not. */
  const char *const keywords[] = {"connect_timeout", "fallback_application_name", "dbname", "client_encoding", NULL};
  const char *const values[] = {"2", database->application_name, database->connection_string, "UTF8", NULL};
  exchange_beat(database);
  database->connection = PQconnectdbParams(keywords, values, 1);
  if (database->connection == NULL) {
    return ERROR_MEMORY;
  }
  enum error error = ERROR_NONE;
  if (PQstatus(database->connection) != CONNECTION_OK) {
    exchange_keep_message(database, "", PQerrorMessage(database->connection));
    error = ERROR_UNAVAILABLE;
  } else {
    PQsetNoticeProcessor(database->connection, ignore_notice, NULL);
    if (database->prepared && database->statement_timeout_ms > 0) {
      error = set_statement_timeout(database);
    }
  }
  if (error != ERROR_NONE) {
    exchange_drop_connection(database);
  }
  return error;
}

/* A server that went away has closed the idle connection: better found now than after something was sent. */
static void drop_when_closed(struct database *database) {
  for (int i = 0; i < 8 && database->connection != NULL; i++) {
    struct pollfd descriptor = {.fd = PQsocket(database->connection), .events = POLLIN};
    if (poll(&descriptor, 1, 0) <= 0) {
      return;
    }
    if (PQconsumeInput(database->connection) == 0 || PQstatus(database->connection) == CONNECTION_BAD) {
      exchange_drop_connection(database);
    }
  }
}

enum error database_ensure(struct database *database) {
  if (database->transaction == TRANSACTION_LOST) {
    return ERROR_UNAVAILABLE;
  }
  if (database->transaction == TRANSACTION_NONE) {
    drop_when_closed(database);
  }
  if (database->connection != NULL) {
    return ERROR_NONE;
  }
  if (clock_monotonic_ms() < database->next_attempt_ms) {
    return ERROR_UNAVAILABLE;
  }
  enum error error = connect_now(database);
  if (error == ERROR_NONE) {
    database->pause_ms = 0;
    database->next_attempt_ms = 0;
    database->last_error[0] = '\0';
    return ERROR_NONE;
  }
  int64_t pause = database->pause_ms == 0 ? PAUSE_FIRST_MS : database->pause_ms * 2;
  database->pause_ms = pause > PAUSE_MAX_MS ? PAUSE_MAX_MS : pause;
  database->next_attempt_ms =
      clock_monotonic_ms() + database->pause_ms / 2 + (int64_t)(random_u32() % (uint32_t)(database->pause_ms / 2));
  return error == ERROR_MEMORY ? ERROR_MEMORY : ERROR_UNAVAILABLE;
}

/* --- statements and transactions ------------------------------------------------------------- */

static enum error execute(struct database *database, const char *sql, bool prepared, enum statement_repeat repeat,
                          const struct parameters *parameters, PGresult **ret_result) {
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

enum error database_begin(struct database *database) {
  enum error error = execute(database, "begin", false, STATEMENT_REPEATABLE, NULL, NULL);
  if (error == ERROR_NONE) {
    database->transaction = TRANSACTION_OPEN;
  }
  return error;
}

enum error database_commit(struct database *database) {
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
  return committed ? ERROR_NONE : ERROR_INTERNAL;
}

void database_rollback(struct database *database) {
  enum transaction was = database->transaction;
  database->transaction = TRANSACTION_NONE;
  enum fate fate = FATE_ANSWERED;
  if (was == TRANSACTION_OPEN && exchange_run(database, "rollback", false, NULL, NULL, &fate) != ERROR_NONE) {
    exchange_drop_connection(database); /* the server rolls back what a lost connection began */
  }
}
