/* SPDX-License-Identifier: ISC */
/*
 * JSON bodies by rows: what passes, what is refused, and at which byte for which reason.
 */
#include "config.h"

#include <check.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/json_body.h"
#include "http/response.h"

#define BYTES(literal) (literal), sizeof(literal) - 1

static const struct {
  const char *text;
  size_t size;
  const char *reason; /* NULL: passes */
  const char *description;
} rows[] = {
    {BYTES("{}"), NULL, "the empty object"},
    {BYTES(" \t\r\n{ \"a\" : 1 } \n"), NULL, "blanks everywhere"},
    {BYTES("{\"a\":\"\\u00e9\xC3\xA9\xF0\x9F\x8E\xAC\\ud83c\\udfac\"}"), NULL, "every length of character"},
    {BYTES("{\"a\":[1,-0,1.5,-2e3,1E+2,0.5e-7,9223372036854775807,-9223372036854775808]}"), NULL, "numbers"},
    {BYTES("{\"a\":[true,false,null,\"\",{},[]]}"), NULL, "every type"},
    {BYTES("{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":1}}"), NULL, "the same name in different objects"},
    {BYTES("{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}"), NULL, "every escape"},
    {BYTES("{\"a\":\"\x7F\"}"), NULL, "DEL is no control character of JSON"},
    {BYTES("{\"a\":[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]}"), NULL, "sixteen levels"},

    {BYTES(""), "byte 0: the text is empty", "nothing"},
    {BYTES(" \n "), "byte 3: the text is empty", "blanks alone"},
    {BYTES("[]"), "byte 0: an object is expected", "an array at the top"},
    {BYTES("\"a\""), "byte 0: an object is expected", "a string at the top"},
    {BYTES("null"), "byte 0: an object is expected", "null at the top"},
    {BYTES("{"), "byte 1: the text ends too early", "an open object"},
    {BYTES("{\"a\""), "byte 4: the text ends too early", "a name alone"},
    {BYTES("{\"a\":"), "byte 5: the text ends too early", "no value"},
    {BYTES("{\"a\":1"), "byte 6: the text ends too early", "no closing brace"},
    {BYTES("{\"a\":\"b"), "byte 7: the text ends too early", "an open string"},
    {BYTES("{\"a\":\"b\\"), "byte 8: the text ends too early", "an open escape"},
    {BYTES("{\"a\":\"\\u12"), "byte 10: the text ends too early", "an open \\u"},
    {BYTES("{\"a\":[1"), "byte 7: the text ends too early", "an open array"},
    {BYTES("{\"a\":-"), "byte 6: the text ends too early", "a sign alone at the end"},
    {BYTES("{}{}"), "byte 2: something follows the object", "two objects"},
    {BYTES("{} x"), "byte 3: something follows the object", "a letter behind"},
    {BYTES("{}\0"), "byte 2: something follows the object", "NUL behind"},
    {BYTES("{\"a\":1,}"), "byte 7: a member's name in quotes is expected", "a trailing comma"},
    {BYTES("{,}"), "byte 1: a member's name in quotes is expected", "a comma alone"},
    {BYTES("{a:1}"), "byte 1: a member's name in quotes is expected", "a bare name"},
    {BYTES("{'a':1}"), "byte 1: a member's name in quotes is expected", "single quotes"},
    {BYTES("{\"a\" 1}"), "byte 5: a colon is expected", "no colon"},
    {BYTES("{\"a\":1 \"b\":2}"), "byte 7: a comma or } is expected", "no comma"},
    {BYTES("{\"a\":[1 2]}"), "byte 8: a comma or ] is expected", "no comma in an array"},
    {BYTES("{\"a\":[1,]}"), "byte 8: a value is expected", "a trailing comma in an array"},
    {BYTES("{\"a\":[1}"), "byte 7: a comma or ] is expected", "the wrong bracket"},
    {BYTES("{\"a\":/*c*/1}"), "byte 5: a value is expected", "a comment"},
    {BYTES("{\"a\":NaN}"), "byte 5: a value is expected", "NaN"},
    {BYTES("{\"a\":Infinity}"), "byte 5: a value is expected", "Infinity"},
    {BYTES("{\"a\":-Infinity}"), "byte 6: a digit is missing", "-Infinity"},
    {BYTES("{\"a\":True}"), "byte 5: a value is expected", "True"},
    {BYTES("{\"a\":tru}"), "byte 5: a value is expected", "tru"},
    {BYTES("{\"a\":nulll}"), "byte 9: a comma or } is expected", "nulll"},
    {BYTES("{\"a\":01}"), "byte 5: a number must not begin with 0", "a leading zero"},
    {BYTES("{\"a\":-01}"), "byte 5: a number must not begin with 0", "a leading zero behind the sign"},
    {BYTES("{\"a\":+1}"), "byte 5: a value is expected", "a plus sign"},
    {BYTES("{\"a\":.5}"), "byte 5: a value is expected", "no digit before the point"},
    {BYTES("{\"a\":1.}"), "byte 7: a digit is missing", "no digit behind the point"},
    {BYTES("{\"a\":1e}"), "byte 7: a digit is missing", "no exponent"},
    {BYTES("{\"a\":1e+}"), "byte 8: a digit is missing", "a sign for exponent"},
    {BYTES("{\"a\":0x10}"), "byte 6: a comma or } is expected", "a hexadecimal number"},
    {BYTES("{\"a\":9223372036854775808}"), "byte 5: a number does not fit 64 bits", "2^63"},
    {BYTES("{\"a\":-9223372036854775809}"), "byte 5: a number does not fit 64 bits", "-2^63 - 1"},
    {BYTES("{\"a\":1e999}"), "byte 5: a number does not fit 64 bits", "an infinite exponent"},
    {BYTES("{\"a\":11111111111111111111111111111111111111111111111111111111111111111}"), "byte 5: a number is too long",
     "65 digits"},
    {BYTES("{\"a\":\"\0\"}"), "byte 6: NUL is not allowed", "NUL in a string"},
    {BYTES("{\"a\0\":1}"), "byte 3: NUL is not allowed", "NUL in a name"},
    {BYTES("{\"a\":\0}"), "byte 5: NUL is not allowed", "NUL for a value"},
    {BYTES("{\"a\":\"\\u0000\"}"), "byte 6: \\u0000 is not allowed", "NUL as an escape"},
    {BYTES("{\"a\\u0000b\":1}"), "byte 3: \\u0000 is not allowed", "NUL as an escape in a name"},
    {BYTES("{\"a\":\"\n\"}"), "byte 6: a control character must be escaped", "a newline in a string"},
    {BYTES("{\"a\":\"\x1F\"}"), "byte 6: a control character must be escaped", "U+001F in a string"},
    {BYTES("{\"a\":\"\\x41\"}"), "byte 7: no such escape", "\\x"},
    {BYTES("{\"a\":\"\\'\"}"), "byte 7: no such escape", "\\'"},
    {BYTES("{\"a\":\"\\u12G4\"}"), "byte 10: \\u needs four hexadecimal digits", "a bad \\u"},
    {BYTES("{\"a\":\"\\ud800\"}"), "byte 6: a surrogate escape stands alone", "a high surrogate alone"},
    {BYTES("{\"a\":\"\\udc00\"}"), "byte 6: a surrogate escape stands alone", "a low surrogate alone"},
    {BYTES("{\"a\":\"\\ud800\\ud800\"}"), "byte 6: a surrogate escape stands alone", "two high surrogates"},
    {BYTES("{\"a\":\"\\ud800x\"}"), "byte 6: a surrogate escape stands alone", "a high surrogate and a letter"},
    {BYTES("{\"a\":\"\xC0\x80\"}"), "byte 6: invalid UTF-8", "overlong NUL"},
    {BYTES("{\"a\":\"\xE0\x80\xAF\"}"), "byte 6: invalid UTF-8", "an overlong slash"},
    {BYTES("{\"a\":\"\xED\xA0\x80\"}"), "byte 6: invalid UTF-8", "an encoded surrogate"},
    {BYTES("{\"a\":\"\xF4\x90\x80\x80\"}"), "byte 6: invalid UTF-8", "beyond U+10FFFF"},
    {BYTES("{\"a\":\"\x80\"}"), "byte 6: invalid UTF-8", "a continuation byte alone"},
    {BYTES("{\"a\":\"\xC3\"}"), "byte 6: invalid UTF-8", "a cut character"},
    {BYTES("{\"a\":\"\xFF\"}"), "byte 6: invalid UTF-8", "a byte that never occurs"},
    {BYTES("{\"\xC3\":1}"), "byte 2: invalid UTF-8", "a cut character in a name"},
    {BYTES("\xEF\xBB\xBF{}"), "byte 0: a byte order mark is not allowed", "a byte order mark"},
    {BYTES("{\"a\":1,\"a\":2}"), "byte 7: a member occurs twice", "a duplicate"},
    {BYTES("{\"a\":1,\"\\u0061\":2}"), "byte 7: a member occurs twice", "a duplicate behind an escape"},
    {BYTES("{\"x\":{\"b\":1,\"c\":{\"b\":1},\"b\":2}}"), "byte 24: a member occurs twice", "a duplicate within"},
    {BYTES("{\"\":1,\"\":2}"), "byte 6: a member occurs twice", "two empty names"},
    {BYTES("{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}"), "byte 20: the nesting is too deep", "seventeen levels"},
};

START_TEST(parse_row) {
  struct json_object *object = NULL;
  char reason[JSON_REASON_SIZE] = "";
  enum error error = json_body_parse(rows[_i].text, rows[_i].size, &object, reason);
  if (rows[_i].reason == NULL) {
    ck_assert_msg(error == ERROR_NONE && object != NULL, "%s: %s", rows[_i].description, reason);
    json_object_put(object);
  } else {
    ck_assert_msg(error == ERROR_INVALID, "%s: error %d", rows[_i].description, error);
    ck_assert_msg(strcmp(reason, rows[_i].reason) == 0, "%s: %s", rows[_i].description, reason);
  }
}
END_TEST

START_TEST(many_members_are_refused_and_256_are_not) {
  for (int count = 256; count <= 257; count++) {
    struct text text = {0};
    for (int i = 0; i < count; i++) {
      text_appendf(&text, "%c\"m%d\":%d", i == 0 ? '{' : ',', i, i);
    }
    text_append(&text, "}");
    struct json_object *object = NULL;
    char reason[JSON_REASON_SIZE] = "";
    enum error error = json_body_parse(text.data, text.length, &object, reason);
    ck_assert_int_eq(error, count == 256 ? ERROR_NONE : ERROR_INVALID);
    ck_assert(count == 256 || strstr(reason, "too many members") != NULL);
    json_object_put(object);
    text_free(&text);
  }
}
END_TEST

START_TEST(a_text_above_the_limit_is_refused) {
  char *text = malloc(JSON_BODY_MAX_BYTES + 1);
  ck_assert_ptr_nonnull(text);
  memset(text, ' ', JSON_BODY_MAX_BYTES + 1);
  memcpy(text, "{}", 2);
  struct json_object *object = NULL;
  char reason[JSON_REASON_SIZE] = "";
  ck_assert_int_eq(json_body_parse(text, JSON_BODY_MAX_BYTES + 1, &object, reason), ERROR_INVALID);
  ck_assert_int_eq(json_body_parse(text, JSON_BODY_MAX_BYTES, &object, reason), ERROR_NONE);
  json_object_put(object);
  free(text);
}
END_TEST

/* Fields: one object with a member of every kind, and what each accessor says of it. */
static const char fields_text[] = "{\"word\":\"\xC3\xA9t\xC3\xA9\",\"empty\":\"\",\"line\":\"a\\nb\",\"number\":12,"
                                  "\"digits\":\"12\",\"real\":1.5,\"nothing\":null,\"a/b~c\":1}";

static const struct {
  const char *name;
  char accessor; /* s string, o optional string, p password of 2..8 bytes */
  const char *string;
  const char *error; /* "pointer: detail" or NULL */
} field_rows[] = {
    {"word", 's', "\xC3\xA9t\xC3\xA9", NULL},
    {"word", 'p', "\xC3\xA9t\xC3\xA9", NULL},
    {"empty", 's', NULL, "/empty: must have 1 to 3 characters"},
    {"line", 's', NULL, "/line: must not contain control characters"},
    {"line", 'p', "a\nb", NULL},
    {"number", 's', NULL, "/number: must be a string"},
    {"number", 'p', NULL, "/number: must be a string"},
    {"nothing", 's', NULL, "/nothing: is required"},
    {"absent", 's', NULL, "/absent: is required"},
    {"absent", 'p', NULL, "/absent: is required"},
    {"absent", 'o', NULL, NULL},
    {"nothing", 'o', NULL, NULL},
    {"real", 'o', NULL, "/real: must be a string"},
    {"empty", 'p', NULL, "/empty: must have 2 to 8 bytes and no NUL"},
    {"a/b~c", 's', NULL, "/a~1b~0c: must be a string"},
};

START_TEST(field_row) {
  struct json_object *object = NULL;
  struct response response;
  char reason[JSON_REASON_SIZE] = "";
  char noted[300] = "";
  const char *name = field_rows[_i].name;
  ck_assert_int_eq(json_body_parse(fields_text, sizeof fields_text - 1, &object, reason), ERROR_NONE);
  response_init(&response, NULL);
  const char *string = NULL;
  switch (field_rows[_i].accessor) {
  case 's':
    string = json_body_string(object, name, 1, 3, &response);
    break;
  case 'o':
    string = json_body_string_optional(object, name, 1, 3, &response);
    break;
  default:
    string = json_body_password(object, name, 2, 8, &response);
    break;
  }
  if (response_has_field_errors(&response)) {
    (void)snprintf(noted, sizeof noted, "%s: %s", response.field_errors[0].pointer, response.field_errors[0].detail);
  }
  ck_assert_str_eq(noted, field_rows[_i].error == NULL ? "" : field_rows[_i].error);
  ck_assert_pstr_eq(string, field_rows[_i].string);
  response_free(&response);
  json_object_put(object);
}
END_TEST

START_TEST(unknown_members_are_all_noted) {
  static const char *const known[] = {"a", NULL};
  struct json_object *object = NULL;
  struct response response;
  char reason[JSON_REASON_SIZE] = "";
  static const char text[] = "{\"a\":1,\"ttl\":2,\"A\":3}";
  ck_assert_int_eq(json_body_parse(text, sizeof text - 1, &object, reason), ERROR_NONE);
  response_init(&response, NULL);
  json_body_refuse_unknown(object, known, &response);
  ck_assert_uint_eq(response.field_error_count, 2);
  ck_assert_str_eq(response.field_errors[0].pointer, "/ttl");
  ck_assert_str_eq(response.field_errors[1].pointer, "/A");
  response_free(&response);
  json_object_put(object);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("json_body");
  TCase *test = tcase_create("json_body");
  tcase_add_loop_test(test, parse_row, 0, sizeof rows / sizeof rows[0]);
  tcase_add_loop_test(test, field_row, 0, sizeof field_rows / sizeof field_rows[0]);
  tcase_add_test(test, many_members_are_refused_and_256_are_not);
  tcase_add_test(test, a_text_above_the_limit_is_refused);
  tcase_add_test(test, unknown_members_are_all_noted);
  suite_add_tcase(suite, test);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
