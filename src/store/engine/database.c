/* SPDX-License-Identifier: ISC */
/*
 * The connection: opened when first needed, found out when it broke, opened again with a backoff. What runs on it is in
 * statement.c.
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
#include "store/engine/parameters.h"

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

static enum error set_statement_timeout(struct database *database) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, database->statement_timeout_ms);
  enum fate fate = FATE_ANSWERED;
  return exchange_run(database, "select set_config('statement_timeout', $1, false)", false, &parameters, NULL, &fate);
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
