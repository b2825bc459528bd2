/* SPDX-License-Identifier: ISC */
/*
 * The hot loop of counting: runs of bytes are looked at once and copied once.
 */
#include "config.h"

#include "ingest/line_scanner.h"

#include <string.h>

#include "base/text_parse.h"

bool line_scanner_skip(struct line_scanner *scanner, const char *literal, size_t size) {
  if ((size_t)(scanner->end - scanner->at) < size || memcmp(scanner->at, literal, size) != 0) {
    return false;
  }
  scanner->at += size;
  return true;
}

bool line_scanner_number(struct line_scanner *scanner, int64_t max, int64_t *ret_number) {
  const char *start = scanner->at;
  while (scanner->at < scanner->end && *scanner->at >= '0' && *scanner->at <= '9') {
    scanner->at++;
  }
  uint64_t number = 0;
  if (text_parse_u64(start, (size_t)(scanner->at - start), (uint64_t)max, &number) != ERROR_NONE) {
    return false;
  }
  *ret_number = (int64_t)number;
  return true;
}

bool line_scanner_milliseconds(struct line_scanner *scanner, int64_t max_seconds, int64_t *ret_us) {
  int64_t seconds = 0;
  if (!line_scanner_number(scanner, max_seconds, &seconds) || !line_scanner_skip(scanner, ".", 1) ||
      scanner->end - scanner->at < 3) {
    return false;
  }
  int64_t milliseconds = 0;
  for (int i = 0; i < 3; i++) {
    char digit = *scanner->at++;
    if (digit < '0' || digit > '9') {
      return false;
    }
    milliseconds = milliseconds * 10 + (digit - '0');
  }
  *ret_us = (seconds * 1000 + milliseconds) * 1000;
  return true;
}

int line_scanner_hex_value(char digit) {
  if (digit >= '0' && digit <= '9') {
    return digit - '0';
  }
  char letter = (char)(digit | 0x20);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* What follows a backslash; -1 for what nginx never writes. */
static int scan_escape(struct line_scanner *scanner) {
  static const char escapes[] = "\"\\nrtbf";
  static const char meanings[] = "\"\\\n\r\t\b\f";
  char kind = scanner->at < scanner->end ? *scanner->at++ : '\0';
  const char *found = kind == '\0' ? NULL : strchr(escapes, kind);
  if (found != NULL) {
    return meanings[found - escapes];
  }
  if (kind != 'u' || !line_scanner_skip(scanner, "00", 2) || scanner->end - scanner->at < 2) {
    return -1;
  }
  int high = line_scanner_hex_value(scanner->at[0]);
  int low = line_scanner_hex_value(scanner->at[1]);
  scanner->at += 2;
  return high < 0 || low < 0 || high > 1 || high * 16 + low == 0 ? -1 : high * 16 + low;
}

/* Bytes that a string holds as they are. */
static size_t plain_length(const struct line_scanner *scanner) {
  const char *at = scanner->at;
  while (at < scanner->end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20) {
    at++;
  }
  return (size_t)(at - scanner->at);
}

bool line_scanner_string(struct line_scanner *scanner, char *ret_text, size_t size) {
  size_t length = 0;
  if (!line_scanner_skip(scanner, "\"", 1)) {
    return false;
  }
  while (scanner->at < scanner->end && *scanner->at != '"') {
    size_t plain = plain_length(scanner);
    if (length + plain + 1 > size) {
      return false;
    }
    memcpy(ret_text + length, scanner->at, plain);
    scanner->at += plain;
    length += plain;
    if (scanner->at < scanner->end && *scanner->at == '\\') {
      scanner->at++;
      int byte = scan_escape(scanner);
      if (byte < 0 || length + 1 >= size) {
        return false;
      }
      ret_text[length++] = (char)byte;
    } else if (plain == 0) {
      return false; /* a control character */
    }
  }
  ret_text[length] = '\0';
  return line_scanner_skip(scanner, "\"", 1);
}

static const unsigned char alphabets[256] = {
    ['0' ... '9'] = LINE_HEX | LINE_VIEWER | LINE_FILE | LINE_ADDRESS | LINE_HOST,
    ['A' ... 'F'] = LINE_VIEWER | LINE_FILE | LINE_ADDRESS | LINE_METHOD | LINE_HOST,
    ['G' ... 'Z'] = LINE_VIEWER | LINE_FILE | LINE_METHOD | LINE_HOST,
    ['a' ... 'f'] = LINE_HEX | LINE_VIEWER | LINE_FILE | LINE_ADDRESS | LINE_METHOD | LINE_HOST,
    ['g' ... 'z'] = LINE_VIEWER | LINE_FILE | LINE_METHOD | LINE_HOST,
    ['_'] = LINE_VIEWER | LINE_FILE | LINE_METHOD,
    ['-'] = LINE_VIEWER | LINE_FILE | LINE_METHOD | LINE_HOST,
    ['.'] = LINE_FILE | LINE_ADDRESS | LINE_HOST,
    [':'] = LINE_ADDRESS | LINE_HOST,
    ['~'] = LINE_FILE,
    ['+'] = LINE_FILE,
    ['='] = LINE_FILE,
    [','] = LINE_FILE,
    ['@'] = LINE_FILE,
    ['/'] = LINE_FILE,
    ['['] = LINE_HOST,
    [']'] = LINE_HOST,
};

bool line_scanner_word(struct line_scanner *scanner, enum line_alphabet alphabet, size_t min, char *ret_text,
                       size_t size) {
  if (!line_scanner_skip(scanner, "\"", 1)) {
    return false;
  }
  size_t length = 0;
  const char *word = scanner->at;
  while (word + length < scanner->end && (alphabets[(unsigned char)word[length]] & alphabet) != 0) {
    length++;
  }
  if (length < min || length >= size) {
    return false;
  }
  memcpy(ret_text, word, length);
  ret_text[length] = '\0';
  scanner->at += length;
  return line_scanner_skip(scanner, "\"", 1);
}
