/* SPDX-License-Identifier: ISC */
/*
 * Rows for base/text: what each parser takes, refuses, and the encoders' exact output.
 */
#include "config.h"

#include "base/text.h"
#include "base/text_parse.h"

#include <string.h>

#include "domain/address.h"
#include "unit.h"

#define MAX_U64 UINT64_C(18446744073709551615)

START_TEST(parses_decimals) {
  static const struct {
    const char *input;
    uint64_t max;
    enum error error;
    uint64_t value;
    const char *description;
  } rows[] = {
      {"0", 10, ERROR_NONE, 0, "zero"},
      {"10", 10, ERROR_NONE, 10, "the maximum"},
      {"11", 10, ERROR_INVALID, 0, "above the maximum"},
      {"18446744073709551615", MAX_U64, ERROR_NONE, MAX_U64, "the largest"},
      {"18446744073709551616", MAX_U64, ERROR_INVALID, 0, "one more overflows"},
      {"99999999999999999999999", MAX_U64, ERROR_INVALID, 0, "far too long"},
      {"5", 3, ERROR_INVALID, 0, "a digit above a small maximum"},
      {"", 10, ERROR_INVALID, 0, "empty"},
      {"00", 10, ERROR_INVALID, 0, "leading zero"},
      {"07", 10, ERROR_INVALID, 0, "leading zero before a digit"},
      {"+1", 10, ERROR_INVALID, 0, "plus"},
      {"-1", 10, ERROR_INVALID, 0, "minus"},
      {" 1", 10, ERROR_INVALID, 0, "leading blank"},
      {"1 ", 10, ERROR_INVALID, 0, "trailing blank"},
      {"0x1", 100, ERROR_INVALID, 0, "hexadecimal"},
      {"1e1", 100, ERROR_INVALID, 0, "exponent"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    uint64_t value = 77;
    enum error error = text_parse_u64(rows[i].input, strlen(rows[i].input), rows[i].max, &value);
    ck_assert_msg(error == rows[i].error, "%s", rows[i].description);
    ck_assert_msg(value == (error == ERROR_NONE ? rows[i].value : 77), "%s: value", rows[i].description);
  }
}
END_TEST

START_TEST(knows_utf8) {
  static const struct {
    const char *input;
    bool valid;
    bool control;
    size_t length;
    const char *description;
  } rows[] = {
      {"", true, false, 0, "empty"},
      {"abc", true, false, 3, "ASCII"},
      {"\xC3\xA4", true, false, 1, "two bytes"},
      {"\xE2\x82\xAC", true, false, 1, "three bytes"},
      {"\xF0\x9F\x8E\xAC!", true, false, 2, "four bytes"},
      {"\xF4\x8F\xBF\xBF", true, false, 1, "U+10FFFF"},
      {"\xF4\x90\x80\x80", false, true, 0, "above U+10FFFF"},
      {"\xC0\x80", false, true, 0, "overlong NUL"},
      {"\xC1\xBF", false, true, 0, "overlong two bytes"},
      {"\xE0\x9F\xBF", false, true, 0, "overlong three bytes"},
      {"\xF0\x8F\xBF\xBF", false, true, 0, "overlong four bytes"},
      {"\xED\xA0\x80", false, true, 0, "surrogate"},
      {"\xC3", false, true, 0, "cut after the lead byte"},
      {"\xE2\x82", false, true, 0, "cut in the middle"},
      {"\xE2\x28\xA1", false, true, 0, "bad continuation"},
      {"\x80", false, true, 0, "lone continuation"},
      {"\xFF", false, true, 0, "never a byte of UTF-8"},
      {"a\tb", true, true, 3, "C0 control"},
      {"a\x7F", true, true, 2, "DEL"},
      {"\xC2\x9B", true, true, 1, "C1 control"},
      {"\xC2\xA0", true, false, 1, "just after C1"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    size_t size = strlen(rows[i].input);
    ck_assert_msg(text_is_utf8(rows[i].input, size) == rows[i].valid, "%s", rows[i].description);
    ck_assert_msg(text_has_control(rows[i].input, size) == rows[i].control, "%s: control", rows[i].description);
    if (rows[i].valid) {
      ck_assert_msg(text_utf8_length(rows[i].input, size) == rows[i].length, "%s: length", rows[i].description);
    }
  }
  ck_assert(text_is_utf8("a\0b", 3));
  ck_assert(text_has_control("a\0b", 3));
}
END_TEST

START_TEST(writes_json_strings) {
  static const struct {
    const char *input;
    size_t size;
    const char *expected;
    const char *description;
  } rows[] = {
      {"", 0, "\"\"", "empty"},
      {"a/b", 3, "\"a/b\"", "a slash stays"},
      {"\"\\", 2, "\"\\\"\\\\\"", "quote and backslash"},
      {"\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\"", "short escapes"},
      {"\0\x1F\x7F", 3, "\"\\u0000\\u001f\\u007f\"", "other controls"},
      {"\xC2\x9B", 2, "\"\\u009b\"", "C1 control, which a terminal would obey"},
      {"\xC3\xA4", 2, "\"\xC3\xA4\"", "UTF-8 stays"},
      {"a\xFFz", 3, "\"a\xEF\xBF\xBDz\"", "an invalid byte becomes U+FFFD"},
      {"\xE2\x82", 2, "\"\xEF\xBF\xBD\xEF\xBF\xBD\"", "a cut sequence too"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct text text = {0};
    text_append_json_string(&text, rows[i].input, rows[i].size);
    ck_assert_msg(strcmp(text.data, rows[i].expected) == 0, "%s: %s", rows[i].description, text.data);
    text_free(&text);
  }
}
END_TEST

START_TEST(percent_decodes) {
  static const struct {
    const char *input;
    bool form;
    const char *expected; /* NULL: refused */
    const char *description;
  } rows[] = {
      {"", false, "", "empty"},
      {"a%20b", false, "a b", "blank"},
      {"a+b", false, "a+b", "plus stays in a path"},
      {"a+b%2B", true, "a b+", "plus is a blank in a form"},
      {"%c3%A4", false, "\xC3\xA4", "either case of digits"},
      {"%", false, NULL, "a lone percent sign"},
      {"%2", false, NULL, "cut"},
      {"a%2", false, NULL, "cut at the end"},
      {"%zz", false, NULL, "no digits"},
      {"%00", false, NULL, "NUL"},
      {"%2541", false, "%41", "decoded once only"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    char *decoded = NULL;
    enum error error = text_percent_decode(rows[i].input, strlen(rows[i].input), rows[i].form, &decoded);
    ck_assert_msg((error == ERROR_NONE) == (rows[i].expected != NULL), "%s", rows[i].description);
    if (rows[i].expected != NULL) {
      ck_assert_msg(strcmp(decoded, rows[i].expected) == 0, "%s: %s", rows[i].description, decoded);
    } else {
      ck_assert_msg(error == ERROR_INVALID && decoded == NULL, "%s: untouched", rows[i].description);
    }
    free(decoded);
  }
  char *decoded = NULL;
  ck_assert(text_percent_decode("a\0b", 3, false, &decoded) == ERROR_INVALID);
}
END_TEST

START_TEST(base64url_both_ways) {
  static const struct {
    const char *bytes;
    size_t size;
    const char *text;
  } rows[] = {
      {"", 0, ""},           {"f", 1, "Zg"},         {"fo", 2, "Zm8"},      {"foo", 3, "Zm9v"},
      {"foob", 4, "Zm9vYg"}, {"\xFB\xFF", 2, "-_8"}, {"\0\0\0", 3, "AAAA"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    char text[16];
    char bytes[16];
    size_t size = 0;
    text_base64url_encode(rows[i].bytes, rows[i].size, text);
    ck_assert_str_eq(text, rows[i].text);
    ck_assert_uint_eq(text_base64url_length(rows[i].size), strlen(text));
    ck_assert(text_base64url_decode(text, strlen(text), bytes, &size) == ERROR_NONE);
    ck_assert(size == rows[i].size && memcmp(bytes, rows[i].bytes, size) == 0);
  }
}
END_TEST

START_TEST(base64url_refuses) {
  static const struct {
    const char *input, *description;
  } rows[] = {
      {"Z", "one character"},
      {"Zh", "spare bits of one byte"},
      {"Zm9", "spare bits of two bytes"},
      {"Zg==", "padding"},
      {"Zm+v", "plus of base64"},
      {"Zm/v", "slash of base64"},
      {"Zm 9v", "blank"},
      {"Zm9v\n", "newline"},
      {"Zm9vY", "a fifth character alone"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    char bytes[16];
    size_t size = 77;
    ck_assert_msg(text_base64url_decode(rows[i].input, strlen(rows[i].input), bytes, &size) == ERROR_INVALID &&
                      size == 77,
                  "%s", rows[i].description);
  }
}
END_TEST

START_TEST(base64_with_its_padding) {
  static const struct {
    const char *input, *bytes; /* bytes NULL: refused */
    size_t size;
  } rows[] = {
      {"", "", 0},       {"Zg==", "f", 1},  {"Zm8=", "fo", 2},     {"Zm9v", "foo", 3}, {"+/8=", "\xFB\xFF", 2},
      {"Zg", NULL, 0},   {"Zg=", NULL, 0},  {"Zh==", NULL, 0},     {"Zm9=", NULL, 0},  {"-_8=", NULL, 0},
      {"====", NULL, 0}, {"A===", NULL, 0}, {"Zg==Zg==", NULL, 0}, {"Zg= ", NULL, 0},  {"=Zg=", NULL, 0},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    char bytes[16];
    size_t size = 77;
    enum error error = text_base64_decode(rows[i].input, strlen(rows[i].input), bytes, &size);
    ck_assert_msg(error == (rows[i].bytes == NULL ? ERROR_INVALID : ERROR_NONE), "%s", rows[i].input);
    ck_assert_msg(rows[i].bytes == NULL || (size == rows[i].size && memcmp(bytes, rows[i].bytes, size) == 0), "%s",
                  rows[i].input);
  }
}
END_TEST

START_TEST(hex_both_ways) {
  char hex[9];
  unsigned char bytes[4] = {0};

  text_hex_encode("\x00\x7F\xAB\xFF", 4, hex);
  ck_assert_str_eq(hex, "007fabff");
  ck_assert(text_hex_decode("007FabFf", 8, bytes) == ERROR_NONE);
  ck_assert_mem_eq(bytes, "\x00\x7F\xAB\xFF", 4);
  ck_assert(text_hex_decode("abc", 3, bytes) == ERROR_INVALID);
  ck_assert(text_hex_decode("0g", 2, bytes) == ERROR_INVALID);
  ck_assert_mem_eq(bytes, "\x00\x7F\xAB\xFF", 4);
}
END_TEST

START_TEST(trims_and_lowers) {
  static const struct {
    const char *input, *expected;
  } rows[] = {
      {"", ""},
      {" \t\r\n", ""},
      {"  A b \n", "a b"},
      {"\xC3\x84Z", "\xC3\x84z"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    char string[16];
    snprintf(string, sizeof(string), "%s", rows[i].input);
    text_trim(string);
    text_lower(string);
    ck_assert_str_eq(string, rows[i].expected);
  }
}
END_TEST

START_TEST(buffer_grows) {
  struct text text = {0};

  text_append(&text, "");
  ck_assert_str_eq(text.data, "");
  for (int i = 0; i < 1000; i++) {
    text_appendf(&text, "%d,", i % 10);
  }
  ck_assert_uint_eq(text.length, 2000);
  ck_assert_uint_eq(strlen(text.data), 2000);
  text_clear(&text);
  ck_assert_str_eq(text.data, "");
  text_append_bytes(&text, "a\0b", 3);
  ck_assert_uint_eq(text.length, 3);
  text_append_bytes(&text, "", SIZE_MAX - 4);
  ck_assert(text.failed);
  text_append(&text, "more");
  ck_assert_uint_eq(text.length, 3);
  text_free(&text);
  ck_assert(text.data == NULL && !text.failed);
  text_free(NULL);
}
END_TEST

static const struct {
  int64_t number;
  const char *expected;
} numbers[] = {
    {0, "0"}, {7, "7"}, {-1, "-1"}, {INT64_MAX, "9223372036854775807"}, {INT64_MIN, "-9223372036854775808"},
};

START_TEST(appends_numbers) {
  struct text text = {0};
  for (size_t i = 0; i < UNIT_ROWS(numbers); i++) {
    text_clear(&text);
    text_append_i64(&text, numbers[i].number);
    ck_assert_str_eq(text.data, numbers[i].expected);
  }
  text_free(&text);
}
END_TEST

UNIT_MAIN("text", parses_decimals, knows_utf8, writes_json_strings, percent_decodes, base64url_both_ways,
          base64url_refuses, base64_with_its_padding, hex_both_ways, trims_and_lowers, buffer_grows, appends_numbers)
