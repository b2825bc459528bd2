/* SPDX-License-Identifier: ISC */
/*
 * Requests that were sent with an Idempotency-Key, and their answers (table idempotent_request). An answer is stored in
 * the transaction of what the request changed.
 */
#ifndef MEDIAGATE_STORE_ENGINE_IDEMPOTENCY_STORE_H
#define MEDIAGATE_STORE_ENGINE_IDEMPOTENCY_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/digest.h"
#include "store/engine/database.h"

struct idempotent_request {
  unsigned char key[DIGEST_SIZE];     /* of the caller and its key */
  unsigned char request[DIGEST_SIZE]; /* of what was asked for */
  int status;
  const char *sealed; /* the answer, so that only who has the key can read it */
};

void idempotent_request_free(struct idempotent_request *request); /* of one that was read */
/* Begins: from here on all that is changed is stored with the answer, or not at all. ERROR_CONFLICT: a request with
 * this key is under way. *ret_found: it was answered, and *ret_request has the answer; nothing was begun. After an
 * error nothing was begun either. */
enum error idempotency_store_begin(struct database *database, const unsigned char key[DIGEST_SIZE], bool *ret_found,
                                   struct idempotent_request *ret_request) MUST_CHECK;
/* Stores the answer, and with it what was changed. */
enum error idempotency_store_finish(struct database *database, const struct idempotent_request *request) MUST_CHECK;
/* Takes back what was changed. */
void idempotency_store_abandon(struct database *database);
/* Forgets up to `limit` answers that are older than this. */
enum error idempotency_store_sweep(struct database *database, int64_t keep_seconds, int64_t limit,
                                   int64_t *ret_deleted) MUST_CHECK;

#endif
