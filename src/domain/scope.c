/* SPDX-License-Identifier: ISC */
/* The list of scopes and roles; see the header. */
#include "config.h"

#include "domain/scope.h"

#include <assert.h>
#include <string.h>

static const char *const scope_names[] = {
    [SCOPE_MEDIA_READ] = "media:read",           [SCOPE_MEDIA_WRITE] = "media:write",
    [SCOPE_MEDIA_DELETE] = "media:delete",       [SCOPE_UPLOADS_WRITE] = "uploads:write",
    [SCOPE_STREAMS_ISSUE] = "streams:issue",     [SCOPE_STREAMS_REVOKE] = "streams:revoke",
    [SCOPE_PACKAGES_WRITE] = "packages:write",   [SCOPE_SUBTITLES_WRITE] = "subtitles:write",
    [SCOPE_VIEWS_REPORT] = "views:report",       [SCOPE_ANALYTICS_READ] = "analytics:read",
    [SCOPE_EXPORT_READ] = "export:read",         [SCOPE_REPORTS_MANAGE] = "reports:manage",
    [SCOPE_ACCOUNTS_MANAGE] = "accounts:manage", [SCOPE_KEYS_MANAGE] = "keys:manage",
    [SCOPE_WEBHOOKS_MANAGE] = "webhooks:manage", [SCOPE_AUDIT_READ] = "audit:read",
    [SCOPE_METRICS_READ] = "metrics:read",
};
_Static_assert(sizeof scope_names / sizeof *scope_names == SCOPE_COUNT, "each scope has a name");
_Static_assert(SCOPE_COUNT < 32, "a set of scopes has 32 bits");

#define READS (SCOPE_BIT(SCOPE_MEDIA_READ) | SCOPE_BIT(SCOPE_ANALYTICS_READ) | SCOPE_BIT(SCOPE_EXPORT_READ))
#define CHANGES                                                                                                        \
  (SCOPE_BIT(SCOPE_MEDIA_WRITE) | SCOPE_BIT(SCOPE_MEDIA_DELETE) | SCOPE_BIT(SCOPE_UPLOADS_WRITE) |                     \
   SCOPE_BIT(SCOPE_STREAMS_ISSUE) | SCOPE_BIT(SCOPE_STREAMS_REVOKE) | SCOPE_BIT(SCOPE_PACKAGES_WRITE) |                \
   SCOPE_BIT(SCOPE_SUBTITLES_WRITE) | SCOPE_BIT(SCOPE_VIEWS_REPORT) | SCOPE_BIT(SCOPE_REPORTS_MANAGE))

static const struct {
  const char *name;
  uint32_t scopes;
} roles[] = {
    [ROLE_OWNER] = {"owner", SCOPE_ALL},
    [ROLE_EDITOR] = {"editor", READS | CHANGES},
    [ROLE_ANALYST] = {"analyst", READS},
};
_Static_assert(sizeof roles / sizeof *roles == ROLE_COUNT, "each role has its scopes");

const char *scope_name(enum scope scope) {
  return scope == SCOPE_NONE ? "-" : scope_names[scope];
}

static enum error find_scope(const char *name, size_t length, enum scope *ret_scope) {
  for (size_t i = 0; i < SCOPE_COUNT; i++) {
    if (strlen(scope_names[i]) == length && memcmp(scope_names[i], name, length) == 0) {
      *ret_scope = (enum scope)i;
      return ERROR_NONE;
    }
  }
  return ERROR_NOT_FOUND;
}

enum error scope_find(const char *name, enum scope *ret_scope) {
  return find_scope(name, strlen(name), ret_scope);
}

bool scope_is_in(enum scope scope, uint32_t set) {
  return scope == SCOPE_NONE || (set & SCOPE_BIT(scope)) != 0;
}

void scope_set_format(uint32_t set, char ret_text[SCOPE_SET_TEXT_SIZE]) {
  size_t used = 0;
  ret_text[0] = '\0';
  for (size_t i = 0; i < SCOPE_COUNT; i++) {
    if ((set & SCOPE_BIT(i)) != 0) {
      size_t length = strlen(scope_names[i]);
      assert(used + length + 2 <= SCOPE_SET_TEXT_SIZE);
      if (used > 0) {
        ret_text[used++] = ' ';
      }
      memcpy(ret_text + used, scope_names[i], length + 1);
      used += length;
    }
  }
}

uint32_t scope_set_parse(const char *text) {
  uint32_t set = 0;
  while (*text != '\0') {
    size_t length = strcspn(text, " ");
    enum scope scope;
    if (find_scope(text, length, &scope) == ERROR_NONE) {
      set |= SCOPE_BIT(scope);
    }
    text += length + strspn(text + length, " ");
  }
  return set;
}

const char *role_name(enum role role) {
  return roles[role].name;
}

enum error role_find(const char *name, enum role *ret_role) {
  for (size_t i = 0; i < ROLE_COUNT; i++) {
    if (strcmp(roles[i].name, name) == 0) {
      *ret_role = (enum role)i;
      return ERROR_NONE;
    }
  }
  return ERROR_NOT_FOUND;
}

uint32_t role_scopes(enum role role) {
  return roles[role].scopes;
}
