/* SPDX-License-Identifier: ISC */
/*
 * Capabilities of upload URLs as callers: whoever has the URL may upload its one file, for the account that made it.
 * nginx passes what stands in the path as UPLOAD_CAPABILITY. A part of the guard.
 */
#ifndef MEDIAGATE_API_GUARD_UPLOAD_H
#define MEDIAGATE_API_GUARD_UPLOAD_H

#include <stdbool.h>

#include "api/call.h"
#include "api/guard.h"

#define GUARD_UPLOAD_BEGINNING "mgu_" /* a capability: this, and a secret token */

bool guard_upload_is_sent(const struct request *request);
/* As guard_admit. The caller's only scope is uploads:write, and call->upload says for which upload. Pages of the URL's
 * cors_origin may read the answer. */
bool guard_upload_admit(struct call *call, struct guard_identity *storage) MUST_CHECK;
/* The answer to a preflight request (Fetch, CORS protocol) of a page of the URL's cors_origin; nothing for others. */
void guard_upload_answer_preflight(struct call *call);

#endif
