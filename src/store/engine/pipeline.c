/* SPDX-License-Identifier: ISC */
/*
 * libpq's pipeline mode (PostgreSQL 14; any server). Each statement has a synchronisation point of its own: in between
 * the server knows that it is idle within a transaction, so that its timeout for that holds where the rest never comes.
 * After an error the others fail too, and the commit rolls back.
 */
#include "config.h"

#include "store/engine/pipeline.h"

#include <libpq-fe.h>
#include <string.h>

#include "store/engine/exchange.h"
#include "store/engine/statement.h"

enum error pipeline_begin(struct database *database) {
  enum error error = database_ensure(database);
  if (error != ERROR_NONE) {
    return error;
  }
  if (database->transaction != TRANSACTION_NONE || PQenterPipelineMode(database->connection) != 1) {
    return ERROR_INTERNAL;
  }
  database->queueing = true;
  database->queued = 0;
  database->unreplicated = false;
  return statement_begin(database);
}

/* The error of one statement's answer. */
static enum error judge(struct database *database, const PGresult *result, enum fate *ret_fate) {
  switch (PQresultStatus(result)) {
  case PGRES_COMMAND_OK:
  case PGRES_TUPLES_OK:
    return ERROR_NONE;
  default:
    return exchange_judge(database, result, ret_fate);
  }
}

/* The answer of one statement, and of the synchronisation behind it. */
static enum error take_answer(struct database *database, bool *ret_committed, enum fate *ret_fate) {
  PGresult *result = NULL;
  enum error error = exchange_next_result(database, &result, ret_fate);
  if (error == ERROR_NONE) {
    *ret_committed = PQresultStatus(result) == PGRES_COMMAND_OK && strcmp(PQcmdStatus(result), "COMMIT") == 0;
    error = judge(database, result, ret_fate);
  }
  PQclear(result);
  if (database->connection != NULL) {
    PGresult *sync = NULL;
    enum error missing = exchange_next_result(database, &sync, ret_fate);
    PQclear(sync);
    error = error == ERROR_NONE ? missing : error;
  }
  return error;
}

/* The first error counts; what follows it only says that the transaction has failed. */
static enum error take_answers(struct database *database, bool *ret_committed, enum fate *ret_fate) {
  enum error first = ERROR_NONE;
  for (size_t i = 0; i < database->queued && database->connection != NULL; i++) {
    enum error error = take_answer(database, ret_committed, ret_fate);
    if (first == ERROR_NONE && error != ERROR_NONE) {
      first = error;
      memcpy(database->first_error, database->last_error, sizeof database->first_error);
    }
  }
  if (first != ERROR_NONE) {
    memcpy(database->last_error, database->first_error, sizeof database->last_error);
  }
  return first;
}

static enum error finish(struct database *database) {
  bool committed = false;
  enum fate fate = FATE_ANSWERED;
  enum error error = take_answers(database, &committed, &fate);
  database->queueing = false;
  database->transaction = TRANSACTION_NONE;
  if (database->connection == NULL || PQexitPipelineMode(database->connection) != 1) {
    exchange_drop_connection(database);
    return error != ERROR_NONE && fate != FATE_UNKNOWN ? error : ERROR_UNKNOWN_OUTCOME;
  }
  if (error == ERROR_NONE && committed) {
    return database->unreplicated ? ERROR_UNKNOWN_OUTCOME : ERROR_NONE;
  }
  return error == ERROR_NONE ? ERROR_INTERNAL : error;
}

enum error pipeline_end(struct database *database, enum error error) {
  enum fate fate = FATE_ANSWERED;
  if (!database->queueing) { /* it did not begin */
    return error == ERROR_NONE ? ERROR_INTERNAL : error;
  }
  if (error == ERROR_NONE) {
    error = exchange_queue(database, "commit", NULL, &fate);
    error = error == ERROR_NONE ? ERROR_NONE : ERROR_UNKNOWN_OUTCOME;
  }
  if (error != ERROR_NONE) {
    exchange_drop_connection(database); /* the server rolls back what it began */
    database->queueing = false;
    database->transaction = TRANSACTION_NONE;
    return error;
  }
  return finish(database);
}
