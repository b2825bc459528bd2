/* SPDX-License-Identifier: ISC */
/* Scopes, sets of them, and roles. */
#include "config.h"

#include "domain/scope.h"

#include <string.h>

#include "unit.h"

START_TEST(names_are_found_again) {
  for (int i = 0; i < SCOPE_COUNT; i++) {
    enum scope scope = SCOPE_NONE;
    ck_assert_int_eq(scope_find(scope_name((enum scope)i), &scope), ERROR_NONE);
    ck_assert_int_eq((int)scope, i);
  }
  for (int i = 0; i < ROLE_COUNT; i++) {
    enum role role = ROLE_COUNT;
    ck_assert_int_eq(role_find(role_name((enum role)i), &role), ERROR_NONE);
    ck_assert_int_eq((int)role, i);
    ck_assert_uint_lt(strlen(role_name(role)), ROLE_NAME_SIZE);
  }
  static const char *const others[] = {
      "", "-", "media", "media:", "media:rea", "media:reads", "Media:read", "media:read "};
  for (size_t i = 0; i < UNIT_ROWS(others); i++) {
    enum scope scope;
    enum role role;
    ck_assert_msg(scope_find(others[i], &scope) == ERROR_NOT_FOUND, "%s", others[i]);
    ck_assert_msg(role_find(others[i], &role) == ERROR_NOT_FOUND, "%s", others[i]);
  }
}
END_TEST

START_TEST(sets_are_written_and_read) {
  static const struct {
    const char *input;
    const char *expected;
    const char *description;
  } rows[] = {
      {"", "", "empty"},
      {"media:read", "media:read", "one"},
      {"media:write media:read", "media:read media:write", "in the order of the list"},
      {"media:read media:read", "media:read", "twice"},
      {"media:fly media:read x", "media:read", "unknown names permit nothing"},
      {" media:read  metrics:read ", "media:read metrics:read", "blanks"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    char text[SCOPE_SET_TEXT_SIZE];
    scope_set_format(scope_set_parse(rows[i].input), text);
    ck_assert_msg(strcmp(text, rows[i].expected) == 0, "%s: %s", rows[i].description, text);
  }
  char all[SCOPE_SET_TEXT_SIZE];
  scope_set_format(SCOPE_ALL, all);
  ck_assert_uint_eq(scope_set_parse(all), SCOPE_ALL);
}
END_TEST

START_TEST(nothing_is_in_every_set) {
  ck_assert(scope_is_in(SCOPE_NONE, 0));
  for (int i = 0; i < SCOPE_COUNT; i++) {
    ck_assert(!scope_is_in((enum scope)i, SCOPE_ALL & ~SCOPE_BIT(i)));
    ck_assert(scope_is_in((enum scope)i, SCOPE_BIT(i)));
  }
}
END_TEST

/* What only owners may do is what lets a caller get more than it has, or see what others do. */
START_TEST(roles_hold_one_another) {
  const uint32_t owner = role_scopes(ROLE_OWNER), editor = role_scopes(ROLE_EDITOR),
                 analyst = role_scopes(ROLE_ANALYST);
  char text[SCOPE_SET_TEXT_SIZE];
  ck_assert_uint_eq(owner, SCOPE_ALL);
  ck_assert_uint_eq(editor & owner, editor);
  ck_assert_uint_eq(analyst & editor, analyst);
  scope_set_format(owner & ~editor, text);
  ck_assert_str_eq(text, "accounts:manage keys:manage webhooks:manage audit:read metrics:read");
  scope_set_format(analyst, text);
  ck_assert_str_eq(text, "media:read analytics:read export:read");
}
END_TEST

UNIT_MAIN("scope", names_are_found_again, sets_are_written_and_read, nothing_is_in_every_set, roles_hold_one_another)
