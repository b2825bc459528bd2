/* SPDX-License-Identifier: ISC */
/*
 * The connection: opened when first needed, found out when it broke, opened again with a backoff. What runs on it is in
 * statement.c.
 */
#include "config.h"

#include "store/engine/database.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "metrics/metric.h"
#include "store/engine/connect.h"
#include "domain/address.h"
#include "store/engine/exchange.h"

_Static_assert(sizeof((struct database *)0)->origin > DATABASE_ACTOR_MAX + ADDRESS_TEXT_SIZE, "both fit");

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
  database->standby_serves = options->standby_serves;
  database->connect_wait_ms = options->connect_wait_ms;
  database->beat = options->beat;
  database->beat_context = options->beat_context;
  database_set_origin(database, options->actor == NULL ? "system" : options->actor, NULL);
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

void database_set_origin(struct database *database, const char *actor, const char *address) {
  (void)snprintf(database->origin, sizeof database->origin, "%.*s %s", DATABASE_ACTOR_MAX, actor,
                 address == NULL ? "" : address);
}

void database_set_trace(struct database *database, const char *traceparent) {
  size_t length = strspn(traceparent, "0123456789abcdef-");
  bool fits = length < sizeof database->trace && traceparent[length] == '\0';
  memcpy(database->trace, fits ? traceparent : "", fits ? length + 1 : 1);
}

const char *database_last_error(const struct database *database) {
  return database == NULL ? "" : database->last_error;
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

/* The next attempt comes after a pause that grows, with jitter. */
static void put_off(struct database *database) {
  int64_t pause = database->pause_ms == 0 ? PAUSE_FIRST_MS : database->pause_ms * 2;
  database->pause_ms = pause > PAUSE_MAX_MS ? PAUSE_MAX_MS : pause;
  database->next_attempt_ms =
      clock_monotonic_ms() + database->pause_ms / 2 + (int64_t)(random_u32() % (uint32_t)(database->pause_ms / 2));
}

/* A primary may become a standby, or read only, while we are connected. */
static void drop_when_standby(struct database *database) {
  if (database->connection != NULL && !database->connecting.going_on && !connect_is_good(database)) {
    exchange_drop_connection(database);
    put_off(database);
  }
}

static void count_attempt(const struct database *database, enum error error) {
  if (error == ERROR_NONE || !database->connecting.going_on) {
    metric_note_database(error == ERROR_NONE);
    metric_add(METRIC_CONNECTS, metric_pool(), error == ERROR_NONE ? METRIC_OUTCOME_OK : METRIC_OUTCOME_FAILED, 1);
  }
}

void database_begin_request(struct database *database) {
  database->in_request = true;
  database->waited_in_vain = false;
}

void database_end_request(struct database *database) {
  database->in_request = false;
}

/* Not yet connected is no failure: that attempt has a bound of its own, see connect_go_on. */
static void note_failure(struct database *database) {
  if (!database->connecting.going_on) {
    database->waited_in_vain = true;
    put_off(database);
  }
}

static bool may_connect(const struct database *database) {
  bool given_up = database->in_request && database->waited_in_vain;
  return database->connecting.going_on || (!given_up && clock_monotonic_ms() >= database->next_attempt_ms);
}

enum error database_ensure(struct database *database) {
  if (database->transaction == TRANSACTION_LOST) {
    return ERROR_UNAVAILABLE;
  }
  if (database->transaction == TRANSACTION_NONE && !database->connecting.going_on) {
    drop_when_closed(database);
    drop_when_standby(database);
  }
  if (database->connection != NULL && !database->connecting.going_on) {
    return ERROR_NONE;
  }
  if (!may_connect(database)) {
    return ERROR_UNAVAILABLE;
  }
  enum error error = connect_go_on(database);
  count_attempt(database, error);
  if (error == ERROR_NONE) {
    database->pause_ms = 0;
    database->next_attempt_ms = 0;
    database->last_error[0] = '\0';
    database->generation++;
  } else {
    note_failure(database);
  }
  return error == ERROR_NONE || error == ERROR_MEMORY ? error : ERROR_UNAVAILABLE;
}

void database_tick(struct database *database) {
  if (database->connecting.going_on) {
    enum error error = database_ensure(database);
    (void)error; /* the next statement tells */
  }
}

uint64_t database_generation(const struct database *database) {
  return database->generation;
}

enum error database_check_primary(struct database *database) {
  enum error error = database_ensure(database);
  if (error != ERROR_NONE || database->prepared) {
    return error;
  }
  error = connect_ask_role(database);
  if (error != ERROR_NONE) {
    exchange_drop_connection(database);
    put_off(database);
  }
  return error;
}
