/* SPDX-License-Identifier: ISC */
/* Strings, numbers and words of JSON. See the header. */
#include "config.h"

#include "http/json_scan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text_parse.h"

#define MAX_NUMBER_LENGTH 64

bool json_scan_refuse_at(struct json_scan *scan, size_t at, const char *reason) {
  if (scan->error == ERROR_NONE) {
    scan->error = ERROR_INVALID;
    (void)snprintf(scan->reason, JSON_REASON_SIZE, "byte %zu: %s", at, reason);
  }
  return false;
}

bool json_scan_refuse(struct json_scan *scan, const char *reason) {
  return json_scan_refuse_at(scan, scan->at, scan->at >= scan->size ? "the text ends too early" : reason);
}

/* --- strings --- */

/* Four hex digits behind "\u". */
static bool take_code_unit(struct json_scan *scan, uint32_t *ret_unit) {
  uint32_t unit = 0;
  for (int i = 0; i < 4; i++) {
    int byte = json_scan_peek(scan);
    int lower = byte | 0x20;
    int digit = json_scan_is_digit(byte) ? byte - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
    if (byte < 0 || digit < 0) {
      return json_scan_refuse(scan, "\\u needs four hexadecimal digits");
    }
    unit = unit * 16 + (uint32_t)digit;
    scan->at++;
  }
  *ret_unit = unit;
  return true;
}

static void append_utf8(struct text *text, uint32_t point) {
  unsigned char bytes[4];
  size_t size = 0;
  if (point < 0x80) {
    bytes[size++] = (unsigned char)point;
  } else if (point < 0x800) {
    bytes[size++] = (unsigned char)(0xC0 | point >> 6);
  } else if (point < 0x10000) {
    bytes[size++] = (unsigned char)(0xE0 | point >> 12);
    bytes[size++] = (unsigned char)(0x80 | (point >> 6 & 0x3F));
  } else {
    bytes[size++] = (unsigned char)(0xF0 | point >> 18);
    bytes[size++] = (unsigned char)(0x80 | (point >> 12 & 0x3F));
    bytes[size++] = (unsigned char)(0x80 | (point >> 6 & 0x3F));
  }
  if (point >= 0x80) {
    bytes[size++] = (unsigned char)(0x80 | (point & 0x3F));
  }
  text_append_bytes(text, bytes, size);
}

/* "\uXXXX", the "\u" being taken: one code point, of two escapes where they are a surrogate pair. */
static bool take_unicode_escape(struct json_scan *scan, struct text *decoded) {
  size_t start = scan->at - 2;
  uint32_t point = 0;
  uint32_t low = 0;
  if (!take_code_unit(scan, &point)) {
    return false;
  }
  if (point == 0) {
    return json_scan_refuse_at(scan, start, "\\u0000 is not allowed");
  }
  if (point >= 0xDC00 && point <= 0xDFFF) {
    return json_scan_refuse_at(scan, start, "a surrogate escape stands alone");
  }
  if (point >= 0xD800 && point <= 0xDBFF) {
    if (!json_scan_take(scan, '\\') || !json_scan_take(scan, 'u')) {
      return json_scan_refuse_at(scan, start, "a surrogate escape stands alone");
    }
    if (!take_code_unit(scan, &low)) {
      return false;
    }
    if (low < 0xDC00 || low > 0xDFFF) {
      return json_scan_refuse_at(scan, start, "a surrogate escape stands alone");
    }
    point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
  }
  if (decoded != NULL) {
    append_utf8(decoded, point);
  }
  return true;
}

static bool take_escape(struct json_scan *scan, struct text *decoded) {
  static const char letters[] = "\"\\/bfnrt";
  static const char meanings[] = "\"\\/\b\f\n\r\t";
  scan->at++; /* the backslash */
  if (json_scan_take(scan, 'u')) {
    return take_unicode_escape(scan, decoded);
  }
  const char *letter = json_scan_peek(scan) <= 0 ? NULL : strchr(letters, json_scan_peek(scan));
  if (letter == NULL) {
    return json_scan_refuse(scan, "no such escape");
  }
  scan->at++;
  if (decoded != NULL) {
    text_append_bytes(decoded, &meanings[letter - letters], 1);
  }
  return true;
}

bool json_scan_take_string(struct json_scan *scan, struct text *decoded) {
  scan->at++; /* the quote */
  for (;;) {
    size_t start = scan->at;
    while (json_scan_peek(scan) >= 0x20 && json_scan_peek(scan) != '"' && json_scan_peek(scan) != '\\') {
      scan->at++;
    }
    if (decoded != NULL) {
      text_append_bytes(decoded, scan->text + start, scan->at - start);
    }
    if (json_scan_take(scan, '"')) {
      return true;
    }
    if (json_scan_peek(scan) != '\\') {
      return json_scan_refuse(scan,
                              json_scan_peek(scan) == 0 ? "NUL is not allowed" : "a control character must be escaped");
    }
    if (!take_escape(scan, decoded)) {
      return false;
    }
  }
}

/* --- numbers --- */

static bool take_digits(struct json_scan *scan) {
  size_t start = scan->at;
  while (json_scan_is_digit(json_scan_peek(scan))) {
    scan->at++;
  }
  return scan->at > start || json_scan_refuse(scan, "a digit is missing");
}

static bool integer_fits(const char *number, size_t length) {
  bool negative = number[0] == '-';
  uint64_t magnitude = 0;
  return text_parse_u64(number + negative, length - negative, (uint64_t)INT64_MAX + negative, &magnitude) == ERROR_NONE;
}

bool json_scan_take_number(struct json_scan *scan) {
  size_t start = scan->at;
  bool whole = true;
  (void)json_scan_take(scan, '-');
  if (json_scan_take(scan, '0')) {
    if (json_scan_is_digit(json_scan_peek(scan))) {
      return json_scan_refuse_at(scan, start, "a number must not begin with 0");
    }
  } else if (!take_digits(scan)) {
    return false;
  }
  if (json_scan_take(scan, '.')) {
    whole = false;
    if (!take_digits(scan)) {
      return false;
    }
  }
  if (json_scan_take(scan, 'e') || json_scan_take(scan, 'E')) {
    whole = false;
    (void)(json_scan_take(scan, '+') || json_scan_take(scan, '-'));
    if (!take_digits(scan)) {
      return false;
    }
  }
  size_t length = scan->at - start;
  if (length > MAX_NUMBER_LENGTH) {
    return json_scan_refuse_at(scan, start, "a number is too long");
  }
  char number[MAX_NUMBER_LENGTH + 1];
  memcpy(number, scan->text + start, length);
  number[length] = '\0';
  if (whole ? !integer_fits(number, length) : !isfinite(strtod(number, NULL))) {
    return json_scan_refuse_at(scan, start, "a number does not fit 64 bits");
  }
  return true;
}

bool json_scan_take_word(struct json_scan *scan, const char *word) {
  size_t length = strlen(word);
  if (scan->size - scan->at < length || memcmp(scan->text + scan->at, word, length) != 0) {
    return json_scan_refuse_at(scan, scan->at, "a value is expected");
  }
  scan->at += length;
  return true;
}
