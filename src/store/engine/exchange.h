/* SPDX-License-Identifier: ISC */
/*
 * One exchange with the server: a statement is sent, its result collected, SQLSTATE mapped. Private to the files of the
 * store that must see libpq's connection.
 */
#ifndef MEDIAGATE_STORE_ENGINE_EXCHANGE_H
#define MEDIAGATE_STORE_ENGINE_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/engine/parameters.h"
#include "store/engine/sqlstate.h"

#define EXCHANGE_PREPARED_MAX 128

/* A transaction whose connection broke is lost: nothing more may run in it, and surely not outside it. */
enum transaction { TRANSACTION_NONE, TRANSACTION_OPEN, TRANSACTION_LOST };

struct pg_conn;
struct pg_result;

struct database {
  struct pg_conn *connection; /* PGconn; NULL: none */
  char *connection_string;
  char *application_name;
  bool prepared;
  int64_t statement_timeout_ms; /* 0: none */
  void (*beat)(void *context);  /* may be NULL */
  void *beat_context;
  bool standby_serves;
  int64_t connect_wait_ms; /* 0: connecting blocks */
  struct {
    bool going_on;    /* `connection` is not ready yet */
    int wants;        /* PostgresPollingStatusType */
    int64_t until_ms; /* then this attempt is given up */
    int64_t wait_ms;  /* what it may wait yet */
  } connecting;
  uint64_t generation;
  bool queueing;     /* between pipeline_begin and pipeline_end */
  size_t queued;     /* statements sent in it */
  bool unreplicated; /* the server gave up waiting for its standby: what was committed may be lost in a fail-over */
  const char *prepared_sql[EXCHANGE_PREPARED_MAX]; /* what this connection has prepared; the index is the name */
  size_t prepared_count;
  enum transaction transaction;
  int enclosures; /* not 0: transactions that begin now are savepoints of the one that is open */
  int depth;      /* so many of them have begun */
  int64_t pause_ms;
  int64_t next_attempt_ms;
  bool in_request;     /* see database_begin_request */
  bool waited_in_vain; /* since it began */
  char trace[56];      /* see database_set_trace */
  char last_error[300];
  char first_error[300]; /* of a pipeline */
  char origin[128];      /* "ACTOR ADDRESS"; see event_add.h */
};

/* Sends one statement and waits no longer than the statement's deadline, even where the network has fallen silent.
 * `prepared`: under a name, once a connection. *ret_result is NULL on failure; ret_result may be NULL. *ret_fate is set
 * in every case; unless it is FATE_ANSWERED the connection was dropped. */
enum error exchange_run(struct database *database, const char *sql, bool prepared, const struct parameters *parameters,
                        struct pg_result **ret_result, enum fate *ret_fate) MUST_CHECK;
/* What comes back for what was sent already; deadline_ms 0: for ever. */
enum error exchange_collect(struct database *database, int64_t deadline_ms, struct pg_result **ret_result,
                            enum fate *ret_fate) MUST_CHECK;
/* Within a pipeline: sends a statement, whose answer comes with the others'. */
enum error exchange_queue(struct database *database, const char *sql, const struct parameters *parameters,
                          enum fate *ret_fate) MUST_CHECK;
/* The next answer of a pipeline, within a statement's deadline; to be cleared by the caller. */
enum error exchange_next_result(struct database *database, struct pg_result **ret_result,
                                enum fate *ret_fate) MUST_CHECK;
/* The error of a result that failed; a connection of no more use is dropped. */
enum error exchange_judge(struct database *database, const struct pg_result *result, enum fate *ret_fate) MUST_CHECK;
/* The connection is gone: keeps libpq's words, drops it, and is ERROR_UNAVAILABLE with FATE_UNKNOWN. */
enum error exchange_lost_connection(struct database *database, enum fate *ret_fate);
void exchange_drop_connection(struct database *database);
/* For database_last_error. `state` is the SQLSTATE or "". */
void exchange_keep_message(struct database *database, const char *state, const char *message);
void exchange_beat(const struct database *database);

#endif
