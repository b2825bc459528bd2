/* SPDX-License-Identifier: ISC */
/*
 * Texts that look alike become the same bytes.
 */
#include "config.h"

#include "base/unicode.h"

#include <string.h>

#include "unit.h"

static const struct {
  const char *input;
  const char *nfc;    /* NULL: not UTF-8 */
  const char *opaque; /* with spaces mapped */
  const char *description;
} texts[] = {
    {"", "", "", "nothing"},
    {"plain ASCII\t\n\x7f", "plain ASCII\t\n\x7f", "plain ASCII\t\n\x7f", "ASCII and controls"},
    {"p\xc3\xa4ss", "p\xc3\xa4ss", "p\xc3\xa4ss", "composed as Windows types it"},
    {"pa\xcc\x88ss", "p\xc3\xa4ss", "p\xc3\xa4ss", "decomposed as macOS types it"},
    {"\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "\xed\x95\x9c", "\xed\x95\x9c", "Hangul of conjoining letters"},
    {"\xe0\xa4\xa8\xe0\xa4\xbc", "\xe0\xa4\xa9", "\xe0\xa4\xa9", "Devanagari with a nukta"},
    {"\xe0\xa5\x98", "\xe0\xa4\x95\xe0\xa4\xbc", "\xe0\xa4\x95\xe0\xa4\xbc", "a composition that NFC excludes"},
    {"\xe2\x84\xab", "\xc3\x85", "\xc3\x85", "the sign of Angstrom"},
    {"q\xcc\x87\xcc\xa3", "q\xcc\xa3\xcc\x87", "q\xcc\xa3\xcc\x87", "marks in another order"},
    {"a\xc2\xa0"
     "b",
     "a\xc2\xa0"
     "b",
     "a b", "a no-break space"},
    {"a\xe2\x80\xaf\xe3\x80\x80 b", "a\xe2\x80\xaf\xe3\x80\x80 b", "a   b", "a narrow and an ideographic space"},
    {"\xef\xbd\x81", "\xef\xbd\x81", "\xef\xbd\x81", "full width is another letter"},
    {"\xf0\x9f\x94\x91", "\xf0\x9f\x94\x91", "\xf0\x9f\x94\x91", "beyond the BMP"},
    {"a\xff", NULL, NULL, "not UTF-8"},
    {"\xed\xa0\x80", NULL, NULL, "a surrogate"},
};

static void check(enum error (*normalise)(struct text *, const char *, size_t), const char *input, const char *expected,
                  const char *description) {
  struct text text = {.data = NULL};
  text_append(&text, "<");
  enum error error = normalise(&text, input, strlen(input));
  ck_assert_msg(error == (expected == NULL ? ERROR_INVALID : ERROR_NONE), "%s: %s", description, error_strerror(error));
  ck_assert_msg(strcmp(text.data + 1, expected == NULL ? "" : expected) == 0, "%s: %s", description, text.data);
  text_free(&text);
}

START_TEST(normalises) {
  for (size_t i = 0; i < UNIT_ROWS(texts); i++) {
    check(text_nfc, texts[i].input, texts[i].nfc, texts[i].description);
    check(text_nfc_spaces, texts[i].input, texts[i].opaque, texts[i].description);
  }
}
END_TEST

UNIT_MAIN("unicode", normalises)
