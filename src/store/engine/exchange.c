/* SPDX-License-Identifier: ISC */
/*
 * Every statement of the program passes through exchange_run(). See exchange.h.
 */
#include "config.h"

#include "store/engine/exchange.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "metrics/metric.h"

#define DEADLINE_SLACK_MS 1000 /* the server's own statement timeout comes first */

void exchange_drop_connection(struct database *database) {
  PQfinish(database->connection); /* NULL is fine */
  database->connection = NULL;
  database->connecting.going_on = false;
  database->prepared_count = 0;
  if (database->transaction == TRANSACTION_OPEN) {
    database->transaction = TRANSACTION_LOST;
  }
}

void exchange_keep_message(struct database *database, const char *state, const char *message) {
  snprintf(database->last_error, sizeof database->last_error, "%s%s%s", state, state[0] == '\0' ? "" : ": ", message);
  size_t length = strcspn(database->last_error, "\n");
  database->last_error[length] = '\0';
}

void exchange_beat(const struct database *database) {
  if (database->beat != NULL) {
    database->beat(database->beat_context);
  }
}

/* --- errors ---------------------------------------------------------------------------------- */

enum error exchange_lost_connection(struct database *database, enum fate *ret_fate) {
  exchange_keep_message(database, "", PQerrorMessage(database->connection));
  exchange_drop_connection(database);
  *ret_fate = FATE_UNKNOWN;
  return ERROR_UNAVAILABLE;
}

/* The error of a result; a connection of no more use is dropped. The message never holds what was passed as a value:
 * class 22 repeats it. */
enum error exchange_judge(struct database *database, const PGresult *result, enum fate *ret_fate) {
  const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  if (state == NULL) { /* made by libpq itself: the connection is gone */
    return exchange_lost_connection(database, ret_fate);
  }
  const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  exchange_keep_message(database, state, strncmp(state, "22", 2) == 0 || message == NULL ? "data exception" : message);
  enum error error = sqlstate_error(state, ret_fate);
  if (*ret_fate == FATE_ANSWERED && PQstatus(database->connection) == CONNECTION_BAD) {
    *ret_fate = FATE_NOT_RUN;
  }
  if (*ret_fate != FATE_ANSWERED) {
    exchange_drop_connection(database);
  }
  return error;
}

/* --- one exchange ---------------------------------------------------------------------------- */

/* Waits until PQgetResult would not block. */
static enum error wait_for_result(struct database *database, int64_t deadline_ms, enum fate *ret_fate) {
  while (PQisBusy(database->connection)) {
    int64_t left = deadline_ms == 0 ? -1 : deadline_ms - clock_monotonic_ms();
    if (deadline_ms != 0 && left <= 0) {
      exchange_keep_message(database, "", "no answer within the deadline");
      database->waited_in_vain = true;
      exchange_drop_connection(database);
      *ret_fate = FATE_UNKNOWN;
      return ERROR_TIMEOUT;
    }
    struct pollfd descriptor = {.fd = PQsocket(database->connection), .events = POLLIN};
    if (poll(&descriptor, 1, (int)left) > 0 && PQconsumeInput(database->connection) == 0) {
      return exchange_lost_connection(database, ret_fate);
    }
  }
  return ERROR_NONE;
}

/* Collects what was sent for. An error may follow a result (a deferred check fails at the end), so all of them are
 * read, and the first error counts. ret_result may be NULL. */
enum error exchange_collect(struct database *database, int64_t deadline_ms, PGresult **ret_result,
                            enum fate *ret_fate) {
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
    error = exchange_lost_connection(database, ret_fate);
  }
  if (error == ERROR_NONE && PQresultStatus(kept) != PGRES_COMMAND_OK && PQresultStatus(kept) != PGRES_TUPLES_OK) {
    error = exchange_judge(database, kept, ret_fate);
  }
  if (error != ERROR_NONE || ret_result == NULL) {
    PQclear(kept);
  } else {
    *ret_result = kept;
  }
  return error;
}

static int64_t deadline_from_now(const struct database *database) {
  return database->statement_timeout_ms == 0
             ? 0
             : clock_monotonic_ms() + database->statement_timeout_ms + DEADLINE_SLACK_MS;
}

enum error exchange_queue(struct database *database, const char *sql, const struct parameters *parameters,
                          enum fate *ret_fate) {
  static const struct parameters none = {0};
  const struct parameters *given = parameters == NULL ? &none : parameters;
  exchange_beat(database);
  if (database->connection == NULL ||
      PQsendQueryParams(database->connection, sql, given->count, NULL, given->values, NULL, NULL, 0) == 0 ||
      PQpipelineSync(database->connection) == 0) {
    return exchange_lost_connection(database, ret_fate);
  }
  database->queued++;
  return ERROR_NONE;
}

enum error exchange_next_result(struct database *database, PGresult **ret_result, enum fate *ret_fate) {
  exchange_beat(database);
  PGresult *result = NULL;
  for (int ends = 0; result == NULL; ends++) { /* each answer ends with a NULL, the sync's does not */
    enum error error = wait_for_result(database, deadline_from_now(database), ret_fate);
    if (error != ERROR_NONE) {
      return error;
    }
    result = PQgetResult(database->connection);
    if (result == NULL && ends > 1) {
      return exchange_lost_connection(database, ret_fate);
    }
  }
  *ret_result = result;
  return ERROR_NONE;
}

/* The name of the statement on this connection, preparing it when it is new. */
static enum error prepare_statement(struct database *database, const char *sql, int64_t deadline_ms, char ret_name[16],
                                    enum fate *ret_fate) {
  size_t index = 0;
  while (index < database->prepared_count && database->prepared_sql[index] != sql) {
    index++;
  }
  snprintf(ret_name, 16, "s%zu", index);
  if (index < database->prepared_count) {
    return ERROR_NONE;
  }
  if (index == EXCHANGE_PREPARED_MAX) {
    return ERROR_INTERNAL;
  }
  if (PQsendPrepare(database->connection, ret_name, sql, 0, NULL) == 0) {
    return exchange_lost_connection(database, ret_fate);
  }
  enum error error = exchange_collect(database, deadline_ms, NULL, ret_fate);
  if (error == ERROR_NONE) {
    database->prepared_sql[database->prepared_count++] = sql;
  } else if (*ret_fate == FATE_UNKNOWN) {
    *ret_fate = FATE_NOT_RUN; /* preparing runs nothing */
  }
  return error;
}

/* 0 as PQsendQueryParams has it: nothing was sent. */
static int send_traced(struct database *database, const char *sql, const struct parameters *given) {
  struct text text = {0};
  text_appendf(&text, "/*traceparent='%s'*/ %s", database->trace, sql);
  int sent = text.failed
                 ? 0
                 : PQsendQueryParams(database->connection, text.data, given->count, NULL, given->values, NULL, NULL, 0);
  text_free(&text);
  return sent;
}

static enum error run_once(struct database *database, const char *sql, bool prepared,
                           const struct parameters *parameters, PGresult **ret_result, enum fate *ret_fate) {
  static const struct parameters none = {0};
  const struct parameters *given = parameters == NULL ? &none : parameters;
  int64_t deadline_ms = deadline_from_now(database);
  int sent = 0;
  *ret_fate = FATE_ANSWERED;
  database->unreplicated = false;
  exchange_beat(database);
  if (database->trace[0] != '\0') {
    sent = send_traced(database, sql, given);
  } else if (prepared) {
    char name[16];
    enum error error = prepare_statement(database, sql, deadline_ms, name, ret_fate);
    if (error != ERROR_NONE) {
      return error;
    }
    sent = PQsendQueryPrepared(database->connection, name, given->count, given->values, NULL, NULL, 0);
  } else {
    sent = PQsendQueryParams(database->connection, sql, given->count, NULL, given->values, NULL, NULL, 0);
  }
  if (sent == 0) {
    return exchange_lost_connection(database, ret_fate);
  }
  return exchange_collect(database, deadline_ms, ret_result, ret_fate);
}

enum error exchange_run(struct database *database, const char *sql, bool prepared, const struct parameters *parameters,
                        PGresult **ret_result, enum fate *ret_fate) {
  int64_t begun_us = clock_monotonic_us();
  enum error error = run_once(database, sql, prepared, parameters, ret_result, ret_fate);
  bool answered = *ret_fate == FATE_ANSWERED;
  metric_observe(METRIC_STATEMENT_DURATION, metric_pool(), clock_monotonic_us() - begun_us);
  metric_add(METRIC_STATEMENTS, metric_pool(), error == ERROR_NONE ? METRIC_OUTCOME_OK : METRIC_OUTCOME_FAILED, 1);
  metric_note_database(answered);
  return error;
}
