/* SPDX-License-Identifier: ISC */
/* API keys as callers: "Bearer mgk_…", or HTTP Basic with the key's id and the key (RFC 7617). A part of the guard. */
#ifndef MEDIAGATE_API_GUARD_KEY_H
#define MEDIAGATE_API_GUARD_KEY_H

#include <stdbool.h>

#include "api/call.h"
#include "api/guard.h"

/* Does the header send a key, good or not? */
bool guard_key_is_sent(const char *authorization);
/* As guard_admit, for such a header. The caller's scopes are those of the key as far as the account's role has them. */
bool guard_key_admit(struct call *call, struct guard_identity *storage) MUST_CHECK;

#endif
