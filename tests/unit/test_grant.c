/* SPDX-License-Identifier: ISC */
/* Ids of grants, and names of viewers. */
#include "config.h"

#include "domain/grant.h"

#include "unit.h"

START_TEST(makes_grants) {
  char grant_id[GRANT_ID_SIZE];
  char other[GRANT_ID_SIZE];
  int64_t time_ms;
  uint32_t tag;
  grant_id_new(INT64_C(1700000000123456), 0xdeadbeef, grant_id);
  grant_id_new(INT64_C(1700000000123456), 0xdeadbeef, other);
  ck_assert_str_ne(grant_id, other);
  ck_assert_int_eq(grant_id_parse(grant_id, &time_ms, &tag), ERROR_NONE);
  ck_assert_int_eq(time_ms, INT64_C(1700000000123));
  ck_assert_uint_eq(tag, 0xdeadbeef);
  ck_assert_str_eq(grant_id + 24, "deadbeef");
}
END_TEST

START_TEST(refuses_what_is_no_grant) {
  static const struct {
    const char *input, *description;
  } rows[] = {
      {"", "nothing"},
      {"018bcfe568007ea88d17291cdeadbee", "a digit short"},
      {"018bcfe568007ea88d17291cdeadbeef0", "a digit more"},
      {"018BCFE568007EA88D17291CDEADBEEF", "upper case: one spelling"},
      {"018bcfe5-6800-7ea8-8d17-291cdeadbeef", "with hyphens"},
      {"018bcfe568004ea88d17291cdeadbeef", "version 4"},
      {"018bcfe568007ea8cd17291cdeadbeef", "another variant"},
      {"018bcfe568007ea88d17291cdeadbeeg", "no hex digit"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    int64_t time_ms = 1;
    uint32_t tag = 2;
    ck_assert_msg(grant_id_parse(rows[i].input, &time_ms, &tag) == ERROR_INVALID, "%s", rows[i].description);
    ck_assert_msg(time_ms == 1 && tag == 2, "%s: results stay as they were", rows[i].description);
  }
}
END_TEST

START_TEST(knows_viewers) {
  static const struct {
    const char *viewer;
    bool valid;
  } rows[] = {
      {"a", true},
      {"User_42-x", true},
      {"--", true},
      {"0123456789012345678901234567890123456789012345678901234567890123", true},
      {"01234567890123456789012345678901234567890123456789012345678901234", false},
      {"", false},
      {"-", false},
      {"a b", false},
      {"a|b", false},
      {"a/b", false},
      {"a.b", false},
      {"\xc3\xa4", false},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    ck_assert_msg(grant_viewer_is_valid(rows[i].viewer) == rows[i].valid, "%s", rows[i].viewer);
  }
}
END_TEST

UNIT_MAIN("grant", makes_grants, refuses_what_is_no_grant, knows_viewers)
