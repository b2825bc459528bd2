/* SPDX-License-Identifier: ISC */
/*
 * Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a request that is sent again with the key of one that
 * was answered gets that answer once more, and changes nothing. Routes switch it on in their table.
 */
#ifndef MEDIAGATE_API_IDEMPOTENCY_H
#define MEDIAGATE_API_IDEMPOTENCY_H

#include <stdbool.h>

#include "api/call.h"

bool idempotency_key_is_sent(const struct call *call);
/* Runs the handler of an admitted caller in one transaction with the storing of its answer; or answers what was
 * answered, 409 while that is under way, 422 to another request with the same key. Only answers of success are stored:
 * whatever else the handler changed is taken back, and the request may be sent again. */
void idempotency_run(struct call *call, void (*handler)(struct call *call));

#endif
