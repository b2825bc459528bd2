/* SPDX-License-Identifier: ISC */
/* Sessions of readers of a shared report: good for one report, one link and one password, and for a while. */
#include "config.h"

#include "security/report_token.h"

#include <string.h>

#include "unit.h"

#define KEYS     "k1 MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE;\n"
#define NEW      "k2 MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI;\n"
#define PASSWORD "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"
#define REPORT   17
#define END      1000

static const unsigned char link_hash[DIGEST_SIZE] = {1, 2, 3};

static struct keyring *keys_of(const char *text) {
  struct keyring *keys = NULL;
  char problem[KEYRING_PROBLEM_SIZE];
  ck_assert_int_eq(keyring_parse(text, strlen(text), &keys, problem), ERROR_NONE);
  return keys;
}

static struct text issue(const struct keyring *keys) {
  struct text session = {0};
  ck_assert_int_eq(report_session_issue(keys, REPORT, link_hash, PASSWORD, END, &session), ERROR_NONE);
  ck_assert_uint_lt(session.length, REPORT_SESSION_MAX_BYTES);
  return session;
}

START_TEST(a_session_is_good_until_its_end) {
  struct keyring *keys = keys_of(KEYS), *rotated = keys_of(NEW KEYS), *later = keys_of(NEW);
  struct text session = issue(keys);
  int64_t id = 0;
  ck_assert(report_session_is_meant(session.data, session.length));
  ck_assert_int_eq(report_session_id(session.data, session.length, &id), ERROR_NONE);
  ck_assert_int_eq(id, REPORT);
  const struct {
    const struct keyring *keys;
    int64_t now;
    enum error expected;
    const char *description;
  } rows[] = {
      {keys, END - 1, ERROR_NONE, "in time"},
      {keys, END, ERROR_EXPIRED, "over"},
      {rotated, 0, ERROR_NONE, "the key was rotated"},
      {later, 0, ERROR_DENIED, "its key is gone"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    ck_assert_msg(report_session_verify(rows[i].keys, session.data, session.length, REPORT, link_hash, PASSWORD,
                                        rows[i].now) == rows[i].expected,
                  "%s", rows[i].description);
  }
  text_free(&session);
  keyring_free(keys);
  keyring_free(rotated);
  keyring_free(later);
}
END_TEST

START_TEST(a_session_is_of_one_report_link_and_password) {
  struct keyring *keys = keys_of(KEYS);
  struct text session = issue(keys), moved = {0};
  static const unsigned char another[DIGEST_SIZE] = {1, 2, 4};
  ck_assert_int_eq(report_session_verify(keys, session.data, session.length, REPORT, another, PASSWORD, 0),
                   ERROR_DENIED);
  ck_assert_int_eq(report_session_verify(keys, session.data, session.length, REPORT, link_hash, PASSWORD "x", 0),
                   ERROR_DENIED);
  ck_assert_int_eq(report_session_verify(keys, session.data, session.length, REPORT + 1, link_hash, PASSWORD, 0),
                   ERROR_DENIED);
  text_appendf(&moved, "mgs_18_%s", session.data + strlen("mgs_17_"));
  ck_assert_int_eq(report_session_verify(keys, moved.data, moved.length, 18, link_hash, PASSWORD, 0), ERROR_DENIED);
  text_free(&session);
  text_free(&moved);
  keyring_free(keys);
}
END_TEST

START_TEST(every_other_byte_makes_no_session) {
  struct keyring *keys = keys_of(KEYS);
  struct text session = issue(keys);
  for (size_t i = 0; i < session.length; i++) {
    const char kept = session.data[i];
    for (int byte = 0; byte < 256; byte++) {
      session.data[i] = (char)byte;
      ck_assert(session.data[i] == kept || report_session_verify(keys, session.data, session.length, REPORT, link_hash,
                                                                 PASSWORD, 0) == ERROR_DENIED);
    }
    session.data[i] = kept;
    ck_assert_int_eq(report_session_verify(keys, session.data, i, REPORT, link_hash, PASSWORD, 0), ERROR_DENIED);
  }
  text_free(&session);
  keyring_free(keys);
}
END_TEST

START_TEST(what_is_no_session) {
  static const char *const texts[] = {"",
                                      "mgs_",
                                      "mgs_17",
                                      "mgs__k1.AAAA",
                                      "mgs_x_k1.AAAA",
                                      "mgs_017_k1.AAAA",
                                      "mgs_99999999999999999999_k1.AAAA",
                                      "mgr_17_k1.AAAA",
                                      "mgs_17_",
                                      "mgs_17_k1."};
  struct keyring *keys = keys_of(KEYS);
  for (size_t i = 0; i < UNIT_ROWS(texts); i++) {
    ck_assert_msg(report_session_verify(keys, texts[i], strlen(texts[i]), REPORT, link_hash, PASSWORD, 0) ==
                      ERROR_DENIED,
                  "%s", texts[i]);
  }
  keyring_free(keys);
}
END_TEST

UNIT_MAIN("report_token", a_session_is_good_until_its_end, a_session_is_of_one_report_link_and_password,
          every_other_byte_makes_no_session, what_is_no_session)
