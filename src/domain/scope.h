/* SPDX-License-Identifier: ISC */
/*
 * Scopes: what a route asks for. A role is a named set of scopes; each account has one role. The list of scopes stands
 * here and in scope.c, nowhere else in the program; docs/openapi.yaml names the scope of each call.
 *
 * A set of scopes is the bits of its members: SCOPE_BIT(SCOPE_MEDIA_READ) | SCOPE_BIT(SCOPE_MEDIA_WRITE).
 */
#ifndef MEDIAGATE_DOMAIN_SCOPE_H
#define MEDIAGATE_DOMAIN_SCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* The order of the names in scope.c. SCOPE_NONE: nothing is asked for; it is no member of any set. */
enum scope {
  SCOPE_MEDIA_READ,
  SCOPE_MEDIA_WRITE,
  SCOPE_MEDIA_DELETE,
  SCOPE_UPLOADS_WRITE,
  SCOPE_STREAMS_ISSUE,
  SCOPE_STREAMS_REVOKE,
  SCOPE_PACKAGES_WRITE,
  SCOPE_SUBTITLES_WRITE,
  SCOPE_VIEWS_REPORT,
  SCOPE_ANALYTICS_READ,
  SCOPE_EXPORT_READ,
  SCOPE_REPORTS_MANAGE,
  SCOPE_ACCOUNTS_MANAGE,
  SCOPE_KEYS_MANAGE,
  SCOPE_WEBHOOKS_MANAGE,
  SCOPE_AUDIT_READ,
  SCOPE_METRICS_READ,
  SCOPE_COUNT,
  SCOPE_NONE = SCOPE_COUNT
};

#define SCOPE_BIT(scope)    (UINT32_C(1) << (scope))
#define SCOPE_ALL           (SCOPE_BIT(SCOPE_COUNT) - 1)
#define SCOPE_SET_TEXT_SIZE 320 /* all names with a blank between them, and a NUL */

/* "media:read", …; "-" for SCOPE_NONE. Static storage. */
const char *scope_name(enum scope scope);
/* ERROR_NOT_FOUND: no scope has this name. */
enum error scope_find(const char *name, enum scope *ret_scope) MUST_CHECK;
/* Is the scope in the set? SCOPE_NONE is in each. */
bool scope_is_in(enum scope scope, uint32_t set);
/* The names in the order of the list, with one blank between them. */
void scope_set_format(uint32_t set, char ret_text[SCOPE_SET_TEXT_SIZE]);
/* The set of names with one blank between them. A name that is none of the list is left out, since it permits nothing
 * here. */
uint32_t scope_set_parse(const char *text);

/* The order of the names in scope.c and of the setting signup_role. */
enum role { ROLE_OWNER, ROLE_EDITOR, ROLE_ANALYST, ROLE_COUNT };

#define ROLE_NAME_SIZE 16

/* "owner", …; static storage. */
const char *role_name(enum role role);
/* ERROR_NOT_FOUND: no role has this name. */
enum error role_find(const char *name, enum role *ret_role) MUST_CHECK;
/* What the role permits. */
uint32_t role_scopes(enum role role);

#endif
