/* SPDX-License-Identifier: ISC */
/* Rows for src/objects: key files, the elements that are read of answers, and which names are keys. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "objects/object_credentials.h"
#include "objects/object_store.h"
#include "objects/object_xml.h"
#include "unit.h"

START_TEST(reads_key_pairs) {
  static const struct {
    const char *input;
    enum error error;
    const char *description;
  } rows[] = {
      {"access_key A;\nsecret_key b/c+d=;\n", ERROR_NONE, "two lines"},
      {"# both\n\nsecret_key s; # why\n  access_key\tA ;", ERROR_INVALID, "a blank before the semicolon"},
      {"# both\n\nsecret_key s; # why\n  access_key\tA;", ERROR_NONE, "comments and blanks"},
      {"access_key A;\r\nsecret_key s;\r\n", ERROR_NONE, "lines of another system"},
      {"access_key A;\n", ERROR_INVALID, "no secret"},
      {"secret_key s;\n", ERROR_INVALID, "no access key"},
      {"access_key A;\naccess_key B;\nsecret_key s;\n", ERROR_INVALID, "twice"},
      {"access_key A\nsecret_key s;\n", ERROR_INVALID, "no semicolon"},
      {"access_key A; secret_key s;\n", ERROR_INVALID, "two on a line"},
      {"access_key A;\nsecret_key s\"t;\n", ERROR_INVALID, "a quote"},
      {"access_key A;\nsecret_key ;\n", ERROR_INVALID, "an empty one"},
      {"access_keyA;\nsecret_key s;\n", ERROR_INVALID, "no blank"},
      {"k1 secret;\n", ERROR_INVALID, "a file of other keys"},
      {"", ERROR_INVALID, "empty"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct object_credentials credentials = {.access_key = "-", .secret_key = "-"};
    enum error error = object_credentials_parse(rows[i].input, strlen(rows[i].input), &credentials);
    ck_assert_msg(error == rows[i].error, "%s", rows[i].description);
    ck_assert_msg((credentials.access_key[0] == 'A') == (error == ERROR_NONE), "%s: key", rows[i].description);
    ck_assert_msg((credentials.secret_key[0] != '-') == (error == ERROR_NONE), "%s: secret", rows[i].description);
  }
}
END_TEST

START_TEST(refuses_keys_that_do_not_fit) {
  char text[600];
  struct object_credentials credentials;
  snprintf(text, sizeof text, "access_key %0200d;\nsecret_key s;\n", 1);
  ck_assert_int_eq(object_credentials_parse(text, strlen(text), &credentials), ERROR_INVALID);
  ck_assert_int_eq(object_credentials_parse("access_key A;\0secret_key s;", 27, &credentials), ERROR_INVALID);
}
END_TEST

START_TEST(finds_elements) {
  static const struct {
    const char *xml;
    enum error error;
    const char *text, *description;
  } rows[] = {
      {"<A><Key>media/1/x.mp4</Key></A>", ERROR_NONE, "media/1/x.mp4", "one"},
      {"<Key>a</Key><Key>b</Key>", ERROR_NONE, "a", "the first of two"},
      {"<Key>&lt;&amp;&gt;&quot;&apos;</Key>", ERROR_NONE, "<&>\"'", "entities"},
      {"<Key>&#xE4;</Key>", ERROR_INVALID, "", "an entity of another kind"},
      {"<Key>a<b/></Key>", ERROR_INVALID, "", "an element within"},
      {"<Key></Key>", ERROR_NONE, "", "an empty one"},
      {"<Key>a", ERROR_NOT_FOUND, "", "cut"},
      {"<key>a</key>", ERROR_NOT_FOUND, "", "another name"},
      {"", ERROR_NOT_FOUND, "", "nothing"},
      {"<Key>0123456789abcdef</Key>", ERROR_TOO_LARGE, "", "too long"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    char text[16] = "";
    enum error error = object_xml_find(rows[i].xml, "Key", text, sizeof text);
    ck_assert_msg(error == rows[i].error, "%s", rows[i].description);
    ck_assert_msg(error != ERROR_NONE || strcmp(text, rows[i].text) == 0, "%s: text", rows[i].description);
  }
}
END_TEST

START_TEST(goes_from_element_to_element) {
  const char *xml = "<L><Key>a</Key><Size>1</Size><Key>b</Key></L>", *position = NULL;
  char text[8];
  ck_assert_int_eq(object_xml_next(xml, "Key", &position, text, sizeof text), ERROR_NONE);
  ck_assert_str_eq(text, "a");
  ck_assert_int_eq(object_xml_next(xml, "Key", &position, text, sizeof text), ERROR_NONE);
  ck_assert_str_eq(text, "b");
  ck_assert_int_eq(object_xml_next(xml, "Key", &position, text, sizeof text), ERROR_NOT_FOUND);
}
END_TEST

START_TEST(knows_keys) {
  static const struct {
    const char *key;
    bool good;
  } rows[] = {
      {"media/1/0198.mp4", true},
      {"media/1/0198/video-0.m4s", true},
      {"", false},
      {"/media/1", false},
      {"media//1", false},
      {"media/../1", false},
      {"media/1/a b", false},
      {"media/1/%41", false},
      {"media/1/a\"b", false},
      {"media/1/..", false},
      {"media/1/", true},
      {"media/1/\xc3\xa4", false},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    ck_assert_msg(object_store_is_key(rows[i].key) == rows[i].good, "%s", rows[i].key);
  }
}
END_TEST

UNIT_MAIN("objects", reads_key_pairs, refuses_keys_that_do_not_fit, finds_elements, goes_from_element_to_element,
          knows_keys)
