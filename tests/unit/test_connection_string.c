/* SPDX-License-Identifier: ISC */
/*
 * Rows for store/engine/connection_string: what libpq would take, and that no spelling of a password is shown.
 */
#include "config.h"

#include "store/engine/connection_string.h"

#include <string.h>

#include "unit.h"

START_TEST(knows_what_libpq_takes) {
  static const struct {
    const char *input;
    bool valid;
    const char *description;
  } rows[] = {
      {"", true, "empty: libpq's defaults"},
      {"mediagate", true, "the name of a database"},
      {"dbname=x user=y", true, "keywords"},
      {"postgresql://u@h:5432/d", true, "a URI"},
      {"dbnme=x", false, "a misspelt keyword"},
      {"dbname='x", false, "a quote that is never closed"},
      {"postgresql://h/d?sslmod=require", false, "a misspelt parameter"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    ck_assert_msg(connection_string_is_valid(rows[i].input) == rows[i].valid, "%s", rows[i].description);
  }
}
END_TEST

START_TEST(reads_one_value) {
  static const struct {
    const char *input, *keyword, *expected, *description;
  } rows[] = {
      {"", "host", "", "empty"},
      {"media", "dbname", "media", "the name of a database"},
      {"mediagate", "host", "", "a name has nothing else"},
      {"dbname=x user='a b'", "user", "a b", "a quoted value"},
      {"postgresql://u@h:5432/d", "port", "5432", "a URI"},
      {"dbname=x", "user", "", "one that is not given"},
      {"dbname='x", "dbname", NULL, "what libpq refuses"},
      {"dbname=123456789", "dbname", NULL, "more than the room"},
      {"123456789", "dbname", NULL, "a name of more than the room"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    char value[9] = "";
    bool fits = connection_string_get(rows[i].input, rows[i].keyword, value, sizeof value);
    ck_assert_msg(fits == (rows[i].expected != NULL), "%s", rows[i].description);
    ck_assert_msg(!fits || strcmp(value, rows[i].expected) == 0, "%s: %s", rows[i].description, value);
  }
}
END_TEST

START_TEST(masks_passwords) {
  static const struct {
    const char *input, *expected, *description;
  } rows[] = {
      {"", "", "empty"},
      {"mediagate", "mediagate", "the name of a database"},
      {"dbname=x  user=y", "dbname=x  user=y", "no password: as it was written"},
      {"postgresql://u@h:5432/d", "postgresql://u@h:5432/d", "a URI without a password"},
      {"user=y password=secret dbname=x", "user=y password=*** dbname=x", "a plain value"},
      {"password=secret", "password=***", "at the end"},
      {"password = secret host=h", "password=*** host=h", "blanks"},
      {"password='a b\\'c' host=h", "password=*** host=h", "quotes with an escape"},
      {"password=a\\ secret host=h", "password=*** host=h", "an escaped blank"},
      {"password=a&secret host=h", "password=*** host=h", "what would end it in a URI"},
      {"password=a#secret host=h", "password=*** host=h", "a hash"},
      {"password='open", "***", "a quote that is never closed"},
      {"PASSWORD=secret", "***", "a keyword that libpq does not know"},
      {"sslpassword=k passfile=/p", "passfile=/p sslpassword=***", "the key's password"},
      {"postgresql://u:p@h/d", "user=u password=*** dbname=d host=h", "a URI"},
      {"postgresql://u:p%40q@h:5/d", "user=u password=*** dbname=d host=h port=5", "a URI with an escaped at sign"},
      {"postgresql://h/d?password=p&sslmode=require", "password=*** dbname=d host=h sslmode=require", "a parameter"},
      {"postgresql://h/d?%70assword=p", "password=*** dbname=d host=h", "a parameter whose name is escaped"},
      {"password=a password=b", "password=***", "twice"},
      {"password=p host=''", "password=*** host=''", "an empty value"},
      {"password=p options='-c a=\\'b\\''", "password=*** options='-c a=\\'b\\''", "another value that needs quotes"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct text text = {0};
    text_append(&text, "");
    connection_string_append_masked(&text, rows[i].input);
    ck_assert_msg(strcmp(text.data, rows[i].expected) == 0, "%s: %s", rows[i].description, text.data);
    text_free(&text);
  }
}
END_TEST

UNIT_MAIN("connection_string", knows_what_libpq_takes, masks_passwords, reads_one_value)
