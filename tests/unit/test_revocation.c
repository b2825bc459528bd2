/* SPDX-License-Identifier: ISC */
/*
 * Revocation files: names, durability of the folder's contents, rebuilding from rows.
 */
#include "config.h"

#include "files/revocation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "domain/grant.h"

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
    {"m4711", ERROR_NONE}, /* a deleted medium */
    {"m", ERROR_INVALID},
    {"m1x", ERROR_INVALID},
    {"m99999999999999999999", ERROR_INVALID},
    {"", ERROR_INVALID},
    {"..", ERROR_INVALID},
    {"0198AAAAAAAA7AAA8AAAAAAAAAAAAAAA", ERROR_INVALID},
    {"0198aaaaaaaa7aaa8aaaaaaaaaaaaaa", ERROR_INVALID},
    {"0198aaaaaaaa7aaa8aaaaaaaaaaaaaaa0", ERROR_INVALID},
    {"../../aaaaaaaaaaaaaaaaaaaaaaaaaa", ERROR_INVALID},
    {"00c0ffe", ERROR_INVALID},
};

static enum error revoke(const char *name, int64_t seconds) {
  const struct revocation revocation = {.name = name, .expires_at = clock_now_seconds() + seconds};
  return revocation_write(fixture.data, &revocation);
}

START_TEST(writes_names_of_grants_and_issuers_only) {
  library_fixture_set_up(&fixture);
  for (size_t i = 0; i < UNIT_ROWS(name_rows); i++) {
    enum error error = revoke(name_rows[i].name, 0);
    ck_assert_msg(error == name_rows[i].expected, "%s: %s", name_rows[i].name, error_strerror(error));
  }
  ck_assert_int_eq(library_fixture_count(&fixture, "data/revoked"), 3);
  library_fixture_tear_down(&fixture);
}
END_TEST

struct lost {
  char names[128];
  int64_t expires_at; /* of the last */
};

static void note_lost(void *context, const struct revocation *revocation) {
  struct lost *lost = context;
  size_t length = strlen(lost->names);
  snprintf(lost->names + length, sizeof lost->names - length, "%s ", revocation->name);
  lost->expires_at = revocation->expires_at;
}

static struct lost rebuild(const char *const *names, size_t count) {
  struct lost lost = {.names = ""};
  struct revocation rows[4];
  for (size_t i = 0; i < count; i++) {
    rows[i] = (struct revocation){.name = names[i], .expires_at = clock_now_seconds() + 3600};
  }
  ck_assert_int_eq(revocation_rebuild(fixture.data, rows, count, note_lost, &lost), ERROR_NONE);
  return lost;
}

START_TEST(rebuilds_what_the_rows_say) {
  const char *const names[] = {ISSUER, GRANT_B, GRANT_A};
  const struct revocation bad = {.name = "../x"};
  struct lost lost = {.names = ""};
  library_fixture_set_up(&fixture);
  ck_assert_int_eq(revocation_check(fixture.data), ERROR_NOT_FOUND);
  ck_assert_int_eq(revoke(GRANT_A, 3600), ERROR_NONE);
  ck_assert_int_eq(revocation_check(fixture.data), ERROR_NOT_FOUND); /* one file says nothing of the others */
  ck_assert_str_eq(rebuild(names, 3).names, "");
  ck_assert_int_eq(revocation_check(fixture.data), ERROR_NONE);
  ck_assert_int_eq(library_fixture_count(&fixture, "data/revoked"), 4); /* and .present */
  library_fixture_age(&fixture, "data/revoked/" GRANT_A, GRANT_REVOKED_SECONDS + 1);
  library_fixture_write(&fixture, "data/revoked/README", "not ours");
  library_fixture_age(&fixture, "data/revoked/README", GRANT_REVOKED_SECONDS + 1);
  ck_assert_str_eq(rebuild(names, 2).names, "");
  ck_assert(!library_fixture_exists(&fixture, "data/revoked/" GRANT_A));
  ck_assert(library_fixture_exists(&fixture, "data/revoked/" GRANT_B));
  ck_assert(library_fixture_exists(&fixture, "data/revoked/README"));
  ck_assert_int_eq(revocation_rebuild(fixture.data, &bad, 1, note_lost, &lost), ERROR_INVALID);
  ck_assert_int_eq(revocation_rebuild(fixture.data, NULL, 0, note_lost, &lost), ERROR_NONE);
  library_fixture_tear_down(&fixture);
}
END_TEST

/* A database that went back in time must not make a revoked grant play again. */
START_TEST(a_file_without_a_row_stays_and_is_told_until_its_time_is_over) {
  int64_t expires_at = clock_now_seconds() + 3600;
  library_fixture_set_up(&fixture);
  ck_assert_int_eq(revoke(GRANT_A, 3600), ERROR_NONE);
  ck_assert_int_eq(revoke(GRANT_A, 60), ERROR_NONE); /* the later end counts */
  for (int i = 0; i < 2; i++) {
    struct lost lost = rebuild(NULL, 0);
    ck_assert_str_eq(lost.names, GRANT_A " ");
    ck_assert_int_le(llabs(lost.expires_at - expires_at), 1);
    ck_assert(library_fixture_exists(&fixture, "data/revoked/" GRANT_A));
  }
  ck_assert_int_eq(revoke(GRANT_B, -1), ERROR_NONE); /* over */
  ck_assert_str_eq(rebuild(NULL, 0).names, GRANT_A " ");
  ck_assert(!library_fixture_exists(&fixture, "data/revoked/" GRANT_B));
  library_fixture_tear_down(&fixture);
}
END_TEST

/* Else a row given back by one machine's younger file would live on for ever. */
START_TEST(a_file_that_was_made_from_a_row_ends_with_it) {
  const char *const names[] = {GRANT_A};
  library_fixture_set_up(&fixture);
  rebuild(names, 1); /* for an hour */
  struct lost lost = rebuild(NULL, 0);
  ck_assert_int_le(llabs(lost.expires_at - (clock_now_seconds() + 3600)), 1);
  library_fixture_tear_down(&fixture);
}
END_TEST

/* The database has the medium again, after a restore. */
START_TEST(a_tombstone_without_a_row_goes) {
  library_fixture_set_up(&fixture);
  ck_assert_int_eq(revocation_write_tombstone(fixture.data, 4711, clock_now_seconds() + 3600), ERROR_NONE);
  const char *const names[] = {"m4711"};
  ck_assert_str_eq(rebuild(names, 1).names, "");
  ck_assert_int_eq(library_fixture_count(&fixture, "data/revoked"), 2); /* and .present */
  ck_assert_str_eq(rebuild(NULL, 0).names, "");
  ck_assert_int_eq(library_fixture_count(&fixture, "data/revoked"), 1);
  library_fixture_tear_down(&fixture);
}
END_TEST

UNIT_MAIN("revocation", a_tombstone_without_a_row_goes, writes_names_of_grants_and_issuers_only,
          rebuilds_what_the_rows_say, a_file_without_a_row_stays_and_is_told_until_its_time_is_over,
          a_file_that_was_made_from_a_row_ends_with_it)
