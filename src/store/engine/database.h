/* SPDX-License-Identifier: ISC */
/*
 * One PostgreSQL connection of one process: connected when it is needed, and again when it broke. It is a connection to
 * the primary: what a standby says is old, and it takes no writes.
 */
#ifndef MEDIAGATE_STORE_ENGINE_DATABASE_H
#define MEDIAGATE_STORE_ENGINE_DATABASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct database;

struct database_options {
  const char *connection_string;
  bool prepared; /* named prepared statements; off behind a transaction pooler */
  /* 0: none. Told to the server after connecting when prepared, else left to the role (ALTER ROLE … SET
   * statement_timeout), since a transaction pooler keeps no session settings. In both cases we wait a second longer at
   * most, then give the connection up. */
  int64_t statement_timeout_ms;
  const char *application_name;
  bool standby_serves; /* reads only, which may come from a standby */
  /* 0: connecting blocks until it succeeds or fails, for seconds where a host is dark. Else it goes on beside the
   * process's other work: all calls of one attempt together wait so long at most, and are ERROR_UNAVAILABLE then. */
  int64_t connect_wait_ms;
  /* Called before each statement and each attempt to connect, so that a watchdog measures one of them and not a whole
   * request of several. May be NULL. */
  void (*beat)(void *context);
  void *beat_context;
  const char *actor; /* who changes rows, as in database_set_origin; NULL: "system" */
};

/* Makes the handle without connecting; the first use connects. Options are copied. */
enum error database_open(const struct database_options *options, struct database **ret_database) MUST_CHECK;
void database_close(struct database *database);
/* Who changes rows over this connection from now on, for their events: "account:17", "key:ID", "operator:COMMAND",
 * "system:PROCESS" or "anyone"; without blanks, of at most DATABASE_ACTOR_MAX bytes. `address` is the client's as it
 * may be kept (setting view_ip); NULL or "": there is none. Both are copied. */
#define DATABASE_ACTOR_MAX 79
void database_set_origin(struct database *database, const char *actor, const char *address);
/* A request waits in vain once at most: when no answer came within a statement's deadline, or connecting failed, all
 * that is asked until the request ends fails at once, and nothing connects. So a database that fell silent costs a
 * request one wait, not one for each statement. To begin again is to allow one more wait: where the client took its
 * time, or where the answer is worth it. */
void database_begin_request(struct database *database);
void database_end_request(struct database *database);
/* Connected, or ERROR_UNAVAILABLE. After a failure attempts are spaced by capped backoff with jitter: within the pause
 * it fails at once. */
enum error database_ensure(struct database *database) MUST_CHECK;
/* Goes on with connecting that was begun; blocks as little. */
void database_tick(struct database *database);
/* Counts the connections that were made. What is remembered of a database ends with the connection that it came from:
 * the next one may be to another server, or to one that went back in time. */
uint64_t database_generation(const struct database *database);
/* Is it the primary still? Asks behind a pooler, which keeps a connection while servers change roles; elsewhere the
 * server tells by itself. ERROR_UNAVAILABLE: a standby. */
enum error database_check_primary(struct database *database) MUST_CHECK;
/* From now on statements carry this traceparent of W3C's Trace Context as a comment, for the server's log and
 * pg_stat_activity; "" for none. They are not prepared then. Anything longer than 55 characters, or with
 * other characters than hexadecimal digits and "-", is left out. */
void database_set_trace(struct database *database, const char *traceparent);
/* The last error's text from the server or libpq, for the log; "" for none. Never holds parameters. */
const char *database_last_error(const struct database *database);

#endif
