/* SPDX-License-Identifier: ISC */
/*
 * Who calls: reads the bearer token (RFC 6750), and lets only enabled accounts in, with a token of
 * their present epoch or a key that was not revoked; and what the caller may do.
 */
#ifndef MEDIAGATE_API_GUARD_H
#define MEDIAGATE_API_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include "api/call.h"
#include "domain/scope.h"
#include "security/access_token.h"
#include "store/analytics/report_store.h"
#include "store/media/upload_url_store.h"

struct guard_identity {
  struct account account; /* with the issuer tag of the key, where a key was sent */
  struct access_token token;
  struct api_key key;
  struct upload_capability upload;
  struct report report;
};

/* Pure. The token of "Bearer <token>" points into the header. ERROR_NOT_FOUND: no header, or
 * another scheme. ERROR_INVALID: not of RFC 6750's form. */
enum error guard_parse_bearer(const char *authorization, const char **ret_token, size_t *ret_length) MUST_CHECK;
/* Did it come from this machine, without a proxy in between (nginx says so) and without saying who calls? */
bool guard_is_local(const struct request *request);
/* Finds who calls, sees that they have the second factor where all must (but for a call that enrols), and sets the
 * call's account, and its token or key, to point into `storage`, and its scopes. False: the response has the answer
 * (401, 403, 503). */
bool guard_admit(struct call *call, struct guard_identity *storage) MUST_CHECK;
/* Does the caller, who was admitted, have this scope? False: the response has the 403 that names it (RFC 6750 section
 * 3.1: insufficient_scope). */
bool guard_permit(struct call *call, enum scope scope) MUST_CHECK;
/* Does the caller have all that this role permits? Nobody gives another more. False: the response has the 403 that
 * names a scope that is missing. */
bool guard_permit_role(struct call *call, enum role role) MUST_CHECK;
/* May the caller let others in? A key that is restricted (in time, networks, TTL or viewers) may not: who it let in
 * would not be. False: the response has the 403. */
bool guard_permit_unrestricted(struct call *call) MUST_CHECK;
/* Is the caller, who was admitted, a person with an access token, and no key? False: the response has the 403. */
bool guard_permit_person(struct call *call) MUST_CHECK;
/* The challenge alone, for a 401 whose body has a type of its own. */
void guard_add_challenge(struct response *response);
/* 401 with the challenge of RFC 6750. `token_was_sent` adds error="invalid_token". */
void guard_challenge(struct response *response, bool token_was_sent, const char *detail);

#endif
