/* SPDX-License-Identifier: ISC */
/*
 * Revocation files: names, durability of the folder's contents, rebuilding from rows.
 */
#include "config.h"

#include "files/revocation.h"

#include "library_fixture.h"
#include "unit.h"

#define GRANT_A "0198aaaaaaaa7aaa8aaaaaaaaaaaaaaa"
#define GRANT_B "0198bbbbbbbb7bbb8bbbbbbbbbbbbbbb"
#define ISSUER  "00c0ffee"

static struct library_fixture fixture;

static const struct {
  const char *name;
  enum error expected;
} name_rows[] = {
    {GRANT_A, ERROR_NONE},
    {GRANT_A, ERROR_NONE}, /* again */
    {ISSUER, ERROR_NONE},
    {"", ERROR_INVALID},
    {"..", ERROR_INVALID},
    {"0198AAAAAAAA7AAA8AAAAAAAAAAAAAAA", ERROR_INVALID},
    {"0198aaaaaaaa7aaa8aaaaaaaaaaaaaa", ERROR_INVALID},
    {"0198aaaaaaaa7aaa8aaaaaaaaaaaaaaa0", ERROR_INVALID},
    {"../../aaaaaaaaaaaaaaaaaaaaaaaaaa", ERROR_INVALID},
    {"00c0ffe", ERROR_INVALID},
};

START_TEST(writes_names_of_grants_and_issuers_only) {
  library_fixture_set_up(&fixture);
  for (size_t i = 0; i < UNIT_ROWS(name_rows); i++) {
    enum error error = revocation_write(fixture.data, name_rows[i].name);
    ck_assert_msg(error == name_rows[i].expected, "%s: %s", name_rows[i].name, error_strerror(error));
  }
  ck_assert_int_eq(library_fixture_count(&fixture, "data/revoked"), 2);
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(rebuilds_what_the_rows_say) {
  const char *const names[] = {ISSUER, GRANT_B, GRANT_A};
  const char *const bad[] = {"../x"};
  library_fixture_set_up(&fixture);
  ck_assert_int_eq(revocation_check(fixture.data), ERROR_NOT_FOUND);
  ck_assert_int_eq(revocation_write(fixture.data, GRANT_A), ERROR_NONE);
  ck_assert_int_eq(revocation_check(fixture.data), ERROR_NOT_FOUND); /* one file says nothing of the others */
  ck_assert_int_eq(revocation_rebuild(fixture.data, names, 3), ERROR_NONE);
  ck_assert_int_eq(revocation_check(fixture.data), ERROR_NONE);
  ck_assert_int_eq(library_fixture_count(&fixture, "data/revoked"), 4); /* and .present */
  ck_assert_int_eq(revocation_rebuild(fixture.data, names, 1), ERROR_NONE);
  ck_assert_int_eq(library_fixture_count(&fixture, "data/revoked"), 4); /* young: their rows may be about to commit */
  library_fixture_age(&fixture, "data/revoked/" GRANT_A, 61);
  library_fixture_write(&fixture, "data/revoked/README", "not ours");
  library_fixture_age(&fixture, "data/revoked/README", 61);
  ck_assert_int_eq(revocation_rebuild(fixture.data, names, 2), ERROR_NONE);
  ck_assert(!library_fixture_exists(&fixture, "data/revoked/" GRANT_A));
  ck_assert(library_fixture_exists(&fixture, "data/revoked/" GRANT_B));
  ck_assert(library_fixture_exists(&fixture, "data/revoked/README"));
  ck_assert_int_eq(revocation_rebuild(fixture.data, bad, 1), ERROR_INVALID);
  ck_assert_int_eq(revocation_rebuild(fixture.data, NULL, 0), ERROR_NONE);
  library_fixture_tear_down(&fixture);
}
END_TEST

/* A file of an earlier revocation, whose row was lost, must not be swept between the new row's commit and its rebuild.
 */
START_TEST(revoking_again_makes_the_file_young) {
  library_fixture_set_up(&fixture);
  ck_assert_int_eq(revocation_write(fixture.data, GRANT_A), ERROR_NONE);
  library_fixture_age(&fixture, "data/revoked/" GRANT_A, 61);
  ck_assert_int_eq(revocation_write(fixture.data, GRANT_A), ERROR_NONE);
  ck_assert_int_eq(revocation_rebuild(fixture.data, NULL, 0), ERROR_NONE);
  ck_assert(library_fixture_exists(&fixture, "data/revoked/" GRANT_A));
  library_fixture_tear_down(&fixture);
}
END_TEST

UNIT_MAIN("revocation", writes_names_of_grants_and_issuers_only, rebuilds_what_the_rows_say,
          revoking_again_makes_the_file_young)
