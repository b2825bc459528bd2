/* SPDX-License-Identifier: ISC */
/*
 * See connect.h. Looking up a host's name blocks in every mode, since libpq does it so: addresses, or a resolver on the
 * machine, keep that short.
 */
#include "config.h"

#include "store/engine/connect.h"

#include <libpq-fe.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "store/engine/parameters.h"

#define ATTEMPT_MS    10000 /* of one that goes on beside other work, over all hosts */
#define WAIT_AGAIN_MS 50    /* after a failure: the server may be dark still */

static const char standby_words[] = "the server is a standby or read only: it is not asked";

/* Whoever gave up the wait for a standby, the statement has an unknown outcome: sqlstate and text tell less than the
 * function that warns. */
static void take_notice(void *context, const PGresult *notice) {
  struct database *database = context;
  const char *function = PQresultErrorField(notice, PG_DIAG_SOURCE_FUNCTION);
  database->unreplicated = database->unreplicated || (function != NULL && strcmp(function, "SyncRepWaitForLSN") == 0);
}

/* What stands before dbname yields to the connection string, what stands after it does not. A machine that fell silent
 * costs seconds: without tcp_user_timeout and keepalives the kernel waits for minutes. */
static PGconn *begin(const struct database *database) {
  const char *const keywords[] = {
      "connect_timeout",           "tcp_user_timeout",     "keepalives_idle", "keepalives_interval", "keepalives_count",
      "fallback_application_name", "target_session_attrs", "dbname",          "client_encoding",     NULL};
  const char *const values[] = {"2",
                                "3000",
                                "5",
                                "2",
                                "2",
                                database->application_name,
                                database->prepared && !database->standby_serves ? "read-write" : "any",
                                database->connection_string,
                                "UTF8",
                                NULL};
  return database->connect_wait_ms == 0 ? PQconnectdbParams(keywords, values, 1)
                                        : PQconnectStartParams(keywords, values, 1);
}

static bool says_on(const struct database *database, const char *parameter) {
  const char *value = PQparameterStatus(database->connection, parameter);
  return value != NULL && strcmp(value, "on") == 0;
}

/* A pooler repeats what its server said when that connected, which may be long ago. */
bool connect_is_good(struct database *database) {
  bool is_standby = database->prepared && !database->standby_serves &&
                    (says_on(database, "in_hot_standby") || says_on(database, "default_transaction_read_only"));
  if (is_standby) {
    exchange_keep_message(database, "", standby_words);
  }
  return !is_standby;
}

enum error connect_ask_role(struct database *database) {
  PGresult *result = NULL;
  enum fate fate = FATE_ANSWERED;
  if (database->standby_serves) {
    return ERROR_NONE;
  }
  enum error error =
      exchange_run(database, "select pg_is_in_recovery() or current_setting('default_transaction_read_only')::bool",
                   false, NULL, &result, &fate);
  if (error == ERROR_NONE && strcmp(PQgetvalue(result, 0, 0), "f") != 0) {
    exchange_keep_message(database, "", standby_words);
    error = ERROR_UNAVAILABLE;
  }
  PQclear(result);
  return error;
}

static enum error set_statement_timeout(struct database *database) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, database->statement_timeout_ms);
  enum fate fate = FATE_ANSWERED;
  return exchange_run(database, "select set_config('statement_timeout', $1, false)", false, &parameters, NULL, &fate);
}

static enum error fail(struct database *database, enum error error) {
  exchange_drop_connection(database);
  return error;
}

/* The connection stands or never will. */
static enum error finish(struct database *database) {
  database->connecting.going_on = false;
  if (PQstatus(database->connection) != CONNECTION_OK) {
    exchange_keep_message(database, "", PQerrorMessage(database->connection));
    return fail(database, ERROR_UNAVAILABLE);
  }
  (void)PQsetNoticeReceiver(database->connection, take_notice, database);
  enum error error = connect_is_good(database) ? ERROR_NONE : ERROR_UNAVAILABLE;
  if (error == ERROR_NONE && !database->prepared) {
    error = connect_ask_role(database);
  }
  if (error == ERROR_NONE && database->prepared && database->statement_timeout_ms > 0) {
    error = set_statement_timeout(database);
  }
  return error == ERROR_NONE ? ERROR_NONE : fail(database, error);
}

/* Has libpq something to do? Waits for it as long as this attempt may wait at all. */
static bool wait_for_socket(struct database *database) {
  struct pollfd descriptor = {.fd = PQsocket(database->connection),
                              .events = database->connecting.wants == PGRES_POLLING_WRITING ? POLLOUT : POLLIN};
  int64_t began_ms = clock_monotonic_ms();
  int ready = poll(&descriptor, 1, (int)database->connecting.wait_ms);
  int64_t waited_ms = clock_monotonic_ms() - began_ms;
  database->connecting.wait_ms -= waited_ms < database->connecting.wait_ms ? waited_ms : database->connecting.wait_ms;
  return ready > 0;
}

static enum error step(struct database *database) {
  while (database->connecting.wants != PGRES_POLLING_OK && database->connecting.wants != PGRES_POLLING_FAILED) {
    if (clock_monotonic_ms() > database->connecting.until_ms) {
      exchange_keep_message(database, "", "cannot connect within the time of one attempt");
      return fail(database, ERROR_UNAVAILABLE);
    }
    if (!wait_for_socket(database)) {
      exchange_keep_message(database, "", "still connecting");
      return ERROR_UNAVAILABLE;
    }
    database->connecting.wants = PQconnectPoll(database->connection);
  }
  return finish(database);
}

enum error connect_go_on(struct database *database) {
  if (database->connecting.going_on) {
    return step(database);
  }
  exchange_beat(database);
  database->connection = begin(database);
  if (database->connection == NULL) {
    return ERROR_MEMORY;
  }
  if (database->connect_wait_ms == 0 || PQstatus(database->connection) == CONNECTION_BAD) {
    return finish(database);
  }
  database->connecting.going_on = true;
  database->connecting.wants = PGRES_POLLING_WRITING; /* as PQconnectPoll wants it to begin with */
  database->connecting.until_ms = clock_monotonic_ms() + ATTEMPT_MS;
  database->connecting.wait_ms = database->pause_ms == 0 ? database->connect_wait_ms : WAIT_AGAIN_MS;
  return step(database);
}
