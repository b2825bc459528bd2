/* SPDX-License-Identifier: ISC */
/* The fields of an API key: read from JSON, held against what its maker has, and written as JSON. */
#ifndef MEDIAGATE_API_ACCOUNTS_KEY_FIELDS_H
#define MEDIAGATE_API_ACCOUNTS_KEY_FIELDS_H

#include <stdbool.h>

#include "api/call.h"
#include "base/text.h"
#include "store/accounts/key_store.h"

struct json_object;

/* Reads what the caller wants of a new key; its name stays in the object. A restriction that is left out, or null, is
 * as the caller's own key has it. False: the response has the 422. */
bool key_fields_read(struct call *call, struct json_object *object, struct api_key *ret_key) MUST_CHECK;
/* Has the caller all that the key has: its scopes, and for a key no looser restrictions? The first field that goes
 * beyond that; NULL: none does. Pure. */
const char *key_fields_beyond(uint32_t caller_scopes, const struct api_key *caller_or_null, const struct api_key *key);
/* Appends the members of the key to an object that is open. Its secret is not among them. */
void key_fields_append(struct text *body, const struct api_key *key);

#endif
