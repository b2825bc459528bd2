/* SPDX-License-Identifier: ISC */
/*
 * Rows for command/connection_mask: no spelling of a password is shown.
 */
#include "config.h"

#include "command/connection_mask.h"

#include <string.h>

#include "unit.h"

START_TEST(masks_passwords) {
  static const struct {
    const char *input, *expected, *description;
  } rows[] = {
      {"", "", "empty"},
      {"dbname=x user=y", "dbname=x user=y", "no password"},
      {"user=y password=secret dbname=x", "user=y password=*** dbname=x", "a plain value"},
      {"password=secret", "password=***", "at the end"},
      {"PASSWORD = secret host=h", "PASSWORD = *** host=h", "blanks and capitals"},
      {"password='a b\\'c' host=h", "password=*** host=h", "quotes with an escape"},
      {"password='open", "password=***", "a quote that is never closed"},
      {"password='end\\", "password=***", "an escape of nothing"},
      {"sslpassword=k passfile=/p", "sslpassword=*** passfile=/p", "the key's password"},
      {"postgresql://u:p@h/d", "postgresql://u:***@h/d", "a URI"},
      {"postgres://u:p@q:r@h:5/d", "postgres://u:***@h:5/d", "a URI with an unescaped at sign"},
      {"postgresql://h:5432/d", "postgresql://h:5432/d", "a port is no password"},
      {"postgresql://u@h:5432/d", "postgresql://u@h:5432/d", "a user without a password"},
      {"postgresql://h/d?password=p&sslmode=require", "postgresql://h/d?password=***&sslmode=require", "a parameter"},
      {"password=a password=b", "password=*** password=***", "twice"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct text text = {0};
    text_append(&text, "");
    connection_mask_append(&text, rows[i].input);
    ck_assert_msg(strcmp(text.data, rows[i].expected) == 0, "%s: %s", rows[i].description, text.data);
    text_free(&text);
  }
}
END_TEST

UNIT_MAIN("connection_mask", masks_passwords)
