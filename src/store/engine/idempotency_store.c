/* SPDX-License-Identifier: ISC */
/*
 * One advisory lock a key tells whether a request is under way: it ends with the transaction, so a worker that dies
 * leaves nothing behind.
 */
#include "config.h"

#include "store/engine/idempotency_store.h"

#include <stdlib.h>
#include <string.h>

#include "store/engine/statement.h"

void idempotent_request_free(struct idempotent_request *request) {
  free((char *)request->sealed);
  request->sealed = NULL;
}

/* ERROR_CONFLICT: another transaction has the lock. */
static enum error lock_key(struct database *database, const unsigned char key[DIGEST_SIZE]) {
  int32_t words[2];
  struct parameters parameters = {0};
  memcpy(words, key, sizeof words);
  parameters_i64(&parameters, words[0]);
  parameters_i64(&parameters, words[1]);
  struct rows row =
      statement_row(database, "select pg_try_advisory_xact_lock($1::int4, $2::int4)", STATEMENT_ONCE, &parameters);
  bool locked = rows_bool(&row);
  enum error error = rows_close(&row);
  return error == ERROR_NONE && !locked ? ERROR_CONFLICT : error;
}

static enum error find(struct database *database, const unsigned char key[DIGEST_SIZE],
                       struct idempotent_request *ret_request) {
  static const char *const select = "select encode(key, 'hex'), encode(request, 'hex'), status, sealed"
                                    " from idempotent_request where key = $1";
  struct parameters parameters = {0};
  struct idempotent_request found;
  parameters_hash(&parameters, key);
  struct rows row = statement_row(database, select, STATEMENT_ONCE, &parameters);
  rows_bytes(&row, found.key, sizeof found.key);
  rows_bytes(&row, found.request, sizeof found.request);
  found.status = (int)rows_i64(&row);
  found.sealed = rows_text_copy(&row);
  enum error error = rows_close_into(&row, ret_request, &found, sizeof found);
  if (error != ERROR_NONE) {
    idempotent_request_free(&found);
  }
  return error;
}

enum error idempotency_store_begin(struct database *database, const unsigned char key[DIGEST_SIZE], bool *ret_found,
                                   struct idempotent_request *ret_request) {
  enum error error = statement_enclose(database);
  if (error != ERROR_NONE) {
    return error;
  }
  error = lock_key(database, key);
  if (error == ERROR_NONE) { /* a statement of its own, so that it sees what whoever had the lock has stored */
    error = find(database, key, ret_request);
  }
  *ret_found = error == ERROR_NONE;
  if (error == ERROR_NOT_FOUND) {
    return ERROR_NONE;
  }
  idempotency_store_abandon(database);
  return error;
}

enum error idempotency_store_finish(struct database *database, const struct idempotent_request *request) {
  struct parameters parameters = {0};
  parameters_hash(&parameters, request->key);
  parameters_hash(&parameters, request->request);
  parameters_i64(&parameters, request->status);
  parameters_text(&parameters, request->sealed);
  enum error error = statement_change(
      database, "insert into idempotent_request (key, request, status, sealed) values ($1, $2, $3, $4)", STATEMENT_ONCE,
      &parameters, NULL);
  return statement_end_enclosure(database, error);
}

void idempotency_store_abandon(struct database *database) {
  enum error error = statement_end_enclosure(database, ERROR_DENIED);
  (void)error; /* the one that was passed */
}

enum error idempotency_store_sweep(struct database *database, int64_t keep_seconds, int64_t limit,
                                   int64_t *ret_deleted) {
  static const char *const sweep =
      "delete from idempotent_request where ctid = any(array(select ctid from idempotent_request"
      " where created_at < now() - $1::int8 * interval '1 second' limit $2 for update skip locked))";
  struct parameters parameters = {0};
  parameters_i64(&parameters, keep_seconds);
  parameters_i64(&parameters, limit);
  return statement_change(database, sweep, STATEMENT_REPEATABLE, &parameters, ret_deleted);
}
