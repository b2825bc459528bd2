/* SPDX-License-Identifier: ISC */
/*
 * One connection: opened when first needed, found out when it broke, opened again with a backoff. Every statement of
 * the program passes through attempt(), which waits no longer than the deadline even where the network has fallen
 * silent.
 */
#include "config.h"

#include "store/database.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "store/sqlstate.h"
#include "store/statement.h"

#define PREPARED_MAX      128
#define PAUSE_FIRST_MS    40
#define PAUSE_MAX_MS      800  /* with the connecting itself: back within 2 s of the database's return */
#define DEADLINE_SLACK_MS 1000 /* the server's own statement timeout comes first */

/* A transaction whose connection broke is lost: nothing more may run in it, and surely not outside it. */
enum transaction { TRANSACTION_NONE, TRANSACTION_OPEN, TRANSACTION_LOST };

struct database {
  PGconn *connection; /* NULL: none */
  char *connection_string;
  char *application_name;
  bool prepared;
  int64_t statement_timeout_ms; /* 0: none */
  void (*beat)(void *context);  /* may be NULL */
  void *beat_context;
  const char *prepared_sql[PREPARED_MAX]; /* what this connection has prepared; the index is the name */
  size_t prepared_count;
  enum transaction transaction;
  int64_t pause_ms;
  int64_t next_attempt_ms;
  char last_error[300];
};

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

static void drop_connection(struct database *database) {
  PQfinish(database->connection); /* NULL is fine */
  database->connection = NULL;
  database->prepared_count = 0;
  if (database->transaction == TRANSACTION_OPEN) {
    database->transaction = TRANSACTION_LOST;
  }
}

void database_close(struct database *database) {
  if (database != NULL) {
    drop_connection(database);
    free(database->connection_string);
    free(database->application_name);
    free(database);
  }
}

const char *database_last_error(const struct database *database) {
  return database == NULL ? "" : database->last_error;
}

bool database_is_connected(const struct database *database) {
  return database->connection != NULL;
}

static void keep_message(struct database *database, const char *state, const char *message) {
  snprintf(database->last_error, sizeof database->last_error, "%s%s%s", state, state[0] == '\0' ? "" : ": ", message);
  size_t length = strcspn(database->last_error, "\n");
  database->last_error[length] = '\0';
}

static void ignore_notice(void *context, const char *message) {
  (void)context;
  (void)message;
}

/* --- errors ---------------------------------------------------------------------------------- */

static enum error lost_connection(struct database *database, enum fate *ret_fate) {
  keep_message(database, "", PQerrorMessage(database->connection));
  drop_connection(database);
  *ret_fate = FATE_UNKNOWN;
  return ERROR_UNAVAILABLE;
}

/* The error of a result; a connection of no more use is dropped. The message never holds what was passed as a value:
 * class 22 repeats it. */
static enum error judge(struct database *database, const PGresult *result, enum fate *ret_fate) {
  const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  if (state == NULL) { /* made by libpq itself: the connection is gone */
    return lost_connection(database, ret_fate);
  }
  const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  keep_message(database, state, strncmp(state, "22", 2) == 0 || message == NULL ? "data exception" : message);
  enum error error = sqlstate_error(state, ret_fate);
  if (*ret_fate == FATE_ANSWERED && PQstatus(database->connection) == CONNECTION_BAD) {
    *ret_fate = FATE_NOT_RUN;
  }
  if (*ret_fate != FATE_ANSWERED) {
    drop_connection(database);
  }
  return error;
}

/* --- one exchange ---------------------------------------------------------------------------- */

/* Waits until PQgetResult would not block. */
static enum error wait_for_result(struct database *database, int64_t deadline_ms, enum fate *ret_fate) {
  while (PQisBusy(database->connection)) {
    int64_t left = deadline_ms == 0 ? -1 : deadline_ms - clock_monotonic_ms();
    if (deadline_ms != 0 && left <= 0) {
      keep_message(database, "", "no answer within the deadline");
      drop_connection(database);
      *ret_fate = FATE_UNKNOWN;
      return ERROR_TIMEOUT;
    }
    struct pollfd descriptor = {.fd = PQsocket(database->connection), .events = POLLIN};
    if (poll(&descriptor, 1, (int)left) > 0 && PQconsumeInput(database->connection) == 0) {
      return lost_connection(database, ret_fate);
    }
  }
  return ERROR_NONE;
}

/* Collects what was sent for. An error may follow a result (a deferred check fails at the end), so all of them are
 * read, and the first error counts. ret_result may be NULL. */
static enum error collect(struct database *database, int64_t deadline_ms, PGresult **ret_result, enum fate *ret_fate) {
  PGresult *kept = NULL;
  enum error error = ERROR_NONE;
  while (true) {
    error = wait_for_result(database, deadline_ms, ret_fate);
    PGresult *result = error == ERROR_NONE ? PQgetResult(database->connection) : NULL;
    if (result == NULL) {
      break;
    }
    ExecStatusType status = PQresultStatus(kept);
    bool kept_failed = kept != NULL && status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK;
    PQclear(kept_failed ? result : kept);
    kept = kept_failed ? kept : result;
  }
  if (error == ERROR_NONE && kept == NULL) {
    error = lost_connection(database, ret_fate);
  }
  if (error == ERROR_NONE && PQresultStatus(kept) != PGRES_COMMAND_OK && PQresultStatus(kept) != PGRES_TUPLES_OK) {
    error = judge(database, kept, ret_fate);
  }
  if (error != ERROR_NONE || ret_result == NULL) {
    PQclear(kept);
  } else {
    *ret_result = kept;
  }
  return error;
}

static void beat(const struct database *database) {
  if (database->beat != NULL) {
    database->beat(database->beat_context);
  }
}

static int64_t deadline_from_now(const struct database *database) {
  return database->statement_timeout_ms == 0
             ? 0
             : clock_monotonic_ms() + database->statement_timeout_ms + DEADLINE_SLACK_MS;
}

/* The name of the statement on this connection, preparing it when it is new. */
static enum error prepare(struct database *database, const char *sql, int64_t deadline_ms, char ret_name[16],
                          enum fate *ret_fate) {
  size_t index = 0;
  while (index < database->prepared_count && database->prepared_sql[index] != sql) {
    index++;
  }
  snprintf(ret_name, 16, "s%zu", index);
  if (index < database->prepared_count) {
    return ERROR_NONE;
  }
  if (index == PREPARED_MAX) {
    return ERROR_INTERNAL;
  }
  if (PQsendPrepare(database->connection, ret_name, sql, 0, NULL) == 0) {
    return lost_connection(database, ret_fate);
  }
  enum error error = collect(database, deadline_ms, NULL, ret_fate);
  if (error == ERROR_NONE) {
    database->prepared_sql[database->prepared_count++] = sql;
  } else if (*ret_fate == FATE_UNKNOWN) {
    *ret_fate = FATE_NOT_RUN; /* preparing runs nothing */
  }
  return error;
}

static enum error attempt(struct database *database, const char *sql, bool prepared,
                          const struct parameters *parameters, PGresult **ret_result, enum fate *ret_fate) {
  static const struct parameters none = {0};
  const struct parameters *given = parameters == NULL ? &none : parameters;
  int64_t deadline_ms = deadline_from_now(database);
  int sent = 0;
  *ret_fate = FATE_ANSWERED;
  beat(database);
  if (prepared) {
    char name[16];
    enum error error = prepare(database, sql, deadline_ms, name, ret_fate);
    if (error != ERROR_NONE) {
      return error;
    }
    sent = PQsendQueryPrepared(database->connection, name, given->count, given->values, NULL, NULL, 0);
  } else {
    sent = PQsendQueryParams(database->connection, sql, given->count, NULL, given->values, NULL, NULL, 0);
  }
  if (sent == 0) {
    return lost_connection(database, ret_fate);
  }
  return collect(database, deadline_ms, ret_result, ret_fate);
}

/* --- connecting ------------------------------------------------------------------------------ */

static enum error set_statement_timeout(struct database *database) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, database->statement_timeout_ms);
  enum fate fate = FATE_ANSWERED;
  return attempt(database, "select set_config('statement_timeout', $1, false)", false, &parameters, NULL, &fate);
}

static enum error connect_now(struct database *database) {
  /* What stands before dbname yields to the connection string, what stands after it does not. */
  const char *const keywords[] = {"connect_timeout", "fallback_application_name", "dbname", "client_encoding", NULL};
  const char *const values[] = {"2", database->application_name, database->connection_string, "UTF8", NULL};
  beat(database);
  database->connection = PQconnectdbParams(keywords, values, 1);
  if (database->connection == NULL) {
    return ERROR_MEMORY;
  }
  enum error error = ERROR_NONE;
  if (PQstatus(database->connection) != CONNECTION_OK) {
    keep_message(database, "", PQerrorMessage(database->connection));
    error = ERROR_UNAVAILABLE;
  } else {
    PQsetNoticeProcessor(database->connection, ignore_notice, NULL);
    if (database->prepared && database->statement_timeout_ms > 0) {
      error = set_statement_timeout(database);
    }
  }
  if (error != ERROR_NONE) {
    drop_connection(database);
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
      drop_connection(database);
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
  error = attempt(database, sql, prepared, parameters, ret_result, &fate);
  bool again = fate == FATE_NOT_RUN || (fate == FATE_UNKNOWN && repeat == STATEMENT_REPEATABLE);
  if (alone && error == ERROR_UNAVAILABLE && again) {
    error = database_ensure(database);
    if (error == ERROR_NONE) {
      error = attempt(database, sql, prepared, parameters, ret_result, &fate);
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
    return lost_connection(database, &fate);
  }
  return collect(database, 0, NULL, &fate);
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
  enum error error = attempt(database, "commit", false, NULL, &result, &fate);
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
  if (was == TRANSACTION_OPEN && attempt(database, "rollback", false, NULL, NULL, &fate) != ERROR_NONE) {
    drop_connection(database); /* the server rolls back what a lost connection began */
  }
}
