/* SPDX-License-Identifier: ISC */
/*
 * Common passwords and the account's own name are refused, all else is taken.
 */
#include "config.h"

#include "security/password_policy.h"

#include <stdbool.h>
#include <string.h>

#include "unit.h"

static const char *const listed[] = {
#include "security/common_passwords.list"
};

static const struct {
  const char *password;
  bool taken;
  const char *description;
} passwords[] = {
    {"correct horse battery", true, "words that nobody puts together"},
    {"kx7-wq2z", true, "eight bytes that are not common"},
    {"        ", true, "blanks, which nobody forbids"},
    {"p\xc3\xa4sswort", true, "an accent"},
    {"password", false, "the most used one"},
    {"PassWord", false, "in another case"},
    {"12345678", false, "digits"},
    {"qwertyuiop", false, "a row of the keyboard"},
    {"ada.lovelace@example.org", false, "the e-mail"},
    {"Ada.Lovelace@Example.org", false, "the e-mail in another case"},
    {"ada.lovelace", false, "its part before the at"},
    {"Ada.Lovelace1815!", false, "the same with digits behind it"},
    {"ada.lovelace@example.org1", false, "the e-mail with a digit behind it"},
    {"ada.lovelace and babbage", true, "more than the name"},
    {"mediagate", false, "the service"},
    {"Mediagate2026!", false, "the service and a year"},
    {"sieben7", false, "seven bytes"},
    {"aa\xcc\x88"
     "1234",
     false, "eight bytes that are seven in NFC"},
    {"\xff\xff\xff\xff\xff\xff\xff\xff", false, "not UTF-8"},
};

START_TEST(judges_passwords) {
  for (size_t i = 0; i < UNIT_ROWS(passwords); i++) {
    const char *complaint = NULL;
    enum error error = password_policy_check(passwords[i].password, 8, "ada.lovelace@example.org", &complaint);
    ck_assert_msg(error == (passwords[i].taken ? ERROR_NONE : ERROR_INVALID), "%s: %s", passwords[i].description,
                  error_strerror(error));
    ck_assert_msg((complaint == NULL) == passwords[i].taken, "%s", passwords[i].description);
  }
}
END_TEST

START_TEST(refuses_each_word_of_the_list) {
  ck_assert_uint_gt(UNIT_ROWS(listed), 10000);
  for (size_t i = 0; i < UNIT_ROWS(listed); i++) {
    const char *complaint = NULL;
    ck_assert_msg(password_policy_check(listed[i], 8, "ada@example.org", &complaint) == ERROR_INVALID, "%s", listed[i]);
  }
}
END_TEST

UNIT_MAIN("password_policy", judges_passwords, refuses_each_word_of_the_list)
