/* SPDX-License-Identifier: ISC */
/*
 * A recursive descent over the text that builds nothing. json-c alone lets through what json_gate.h lists.
 */
#include "config.h"

#include "http/json_gate.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define MAX_NUMBER_LENGTH 64

struct gate {
  const unsigned char *text;
  size_t size;
  size_t at;
  size_t max_depth;
  struct text names; /* of the open objects' members, each as its length (4 bytes) and its decoded bytes */
  enum error error;  /* ERROR_NONE while all is well */
  char *reason;
};

/* Notes the first problem. Always false, so that parsers can `return refuse(…)`. */
static bool refuse_at(struct gate *gate, size_t at, const char *reason) {
  if (gate->error == ERROR_NONE) {
    gate->error = ERROR_INVALID;
    (void)snprintf(gate->reason, JSON_GATE_REASON_SIZE, "byte %zu: %s", at, reason);
  }
  return false;
}

static bool refuse(struct gate *gate, const char *reason) {
  return refuse_at(gate, gate->at, gate->at >= gate->size ? "the text ends too early" : reason);
}

/* The byte at the position, -1 at the end. */
static int peek(const struct gate *gate) {
  return gate->at < gate->size ? gate->text[gate->at] : -1;
}

static bool take(struct gate *gate, int byte) {
  if (peek(gate) != byte) {
    return false;
  }
  gate->at++;
  return true;
}

static void skip_blanks(struct gate *gate) {
  while (peek(gate) == ' ' || peek(gate) == '\t' || peek(gate) == '\n' || peek(gate) == '\r') {
    gate->at++;
  }
}

static bool is_digit(int byte) {
  return byte >= '0' && byte <= '9';
}

/* --- strings --- */

/* Four hex digits behind "\u". */
static bool take_code_unit(struct gate *gate, uint32_t *ret_unit) {
  uint32_t unit = 0;
  for (int i = 0; i < 4; i++) {
    int byte = peek(gate);
    int lower = byte | 0x20;
    int digit = is_digit(byte) ? byte - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
    if (byte < 0 || digit < 0) {
      return refuse(gate, "\\u needs four hexadecimal digits");
    }
    unit = unit * 16 + (uint32_t)digit;
    gate->at++;
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
static bool take_unicode_escape(struct gate *gate, struct text *decoded) {
  size_t start = gate->at - 2;
  uint32_t point = 0;
  uint32_t low = 0;
  if (!take_code_unit(gate, &point)) {
    return false;
  }
  if (point == 0) {
    return refuse_at(gate, start, "\\u0000 is not allowed");
  }
  if (point >= 0xDC00 && point <= 0xDFFF) {
    return refuse_at(gate, start, "a surrogate escape stands alone");
  }
  if (point >= 0xD800 && point <= 0xDBFF) {
    if (!take(gate, '\\') || !take(gate, 'u')) {
      return refuse_at(gate, start, "a surrogate escape stands alone");
    }
    if (!take_code_unit(gate, &low)) {
      return false;
    }
    if (low < 0xDC00 || low > 0xDFFF) {
      return refuse_at(gate, start, "a surrogate escape stands alone");
    }
    point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
  }
  if (decoded != NULL) {
    append_utf8(decoded, point);
  }
  return true;
}

static bool take_escape(struct gate *gate, struct text *decoded) {
  static const char letters[] = "\"\\/bfnrt";
  static const char meanings[] = "\"\\/\b\f\n\r\t";
  gate->at++; /* the backslash */
  if (take(gate, 'u')) {
    return take_unicode_escape(gate, decoded);
  }
  const char *letter = peek(gate) <= 0 ? NULL : strchr(letters, peek(gate));
  if (letter == NULL) {
    return refuse(gate, "no such escape");
  }
  gate->at++;
  if (decoded != NULL) {
    text_append_bytes(decoded, &meanings[letter - letters], 1);
  }
  return true;
}

/* A string with its quotes. Its decoded bytes are appended to `decoded` unless that is NULL. */
static bool take_string(struct gate *gate, struct text *decoded) {
  gate->at++; /* the quote */
  for (;;) {
    size_t start = gate->at;
    while (peek(gate) >= 0x20 && peek(gate) != '"' && peek(gate) != '\\') {
      gate->at++;
    }
    if (decoded != NULL) {
      text_append_bytes(decoded, gate->text + start, gate->at - start);
    }
    if (take(gate, '"')) {
      return true;
    }
    if (peek(gate) != '\\') {
      return refuse(gate, peek(gate) == 0 ? "NUL is not allowed" : "a control character must be escaped");
    }
    if (!take_escape(gate, decoded)) {
      return false;
    }
  }
}

/* --- numbers --- */

static bool take_digits(struct gate *gate) {
  size_t start = gate->at;
  while (is_digit(peek(gate))) {
    gate->at++;
  }
  return gate->at > start || refuse(gate, "a digit is missing");
}

static bool integer_fits(const char *number, size_t length) {
  bool negative = number[0] == '-';
  uint64_t magnitude = 0;
  return text_parse_u64(number + negative, length - negative, (uint64_t)INT64_MAX + negative, &magnitude) == ERROR_NONE;
}

static bool take_number(struct gate *gate) {
  size_t start = gate->at;
  bool whole = true;
  (void)take(gate, '-');
  if (take(gate, '0')) {
    if (is_digit(peek(gate))) {
      return refuse_at(gate, start, "a number must not begin with 0");
    }
  } else if (!take_digits(gate)) {
    return false;
  }
  if (take(gate, '.')) {
    whole = false;
    if (!take_digits(gate)) {
      return false;
    }
  }
  if (take(gate, 'e') || take(gate, 'E')) {
    whole = false;
    (void)(take(gate, '+') || take(gate, '-'));
    if (!take_digits(gate)) {
      return false;
    }
  }
  size_t length = gate->at - start;
  if (length > MAX_NUMBER_LENGTH) {
    return refuse_at(gate, start, "a number is too long");
  }
  char number[MAX_NUMBER_LENGTH + 1];
  memcpy(number, gate->text + start, length);
  number[length] = '\0';
  if (whole ? !integer_fits(number, length) : !isfinite(strtod(number, NULL))) {
    return refuse_at(gate, start, "a number does not fit 64 bits");
  }
  return true;
}

/* --- values --- */

static bool take_value(struct gate *gate, size_t depth);

static bool take_word(struct gate *gate, const char *word) {
  size_t length = strlen(word);
  if (gate->size - gate->at < length || memcmp(gate->text + gate->at, word, length) != 0) {
    return refuse_at(gate, gate->at, "a value is expected");
  }
  gate->at += length;
  return true;
}

/* Is the last of the names, which begins at `last`, among those before it that begin at `first`? */
static bool is_repeated(const struct text *names, size_t first, size_t last) {
  size_t size = names->length - last;
  for (size_t at = first; at < last;) {
    uint32_t length;
    memcpy(&length, names->data + at, sizeof length);
    size_t whole = sizeof length + length;
    if (whole == size && memcmp(names->data + at + sizeof length, names->data + last + sizeof length, length) == 0) {
      return true;
    }
    at += whole;
  }
  return false;
}

/* A member's name, which must be new in its object, whose names begin at `first`. */
static bool take_name(struct gate *gate, size_t first) {
  size_t start = gate->at;
  size_t last = gate->names.length;
  uint32_t length = 0;
  if (peek(gate) != '"') {
    return refuse(gate, "a member's name in quotes is expected");
  }
  text_append_bytes(&gate->names, &length, sizeof length);
  if (!take_string(gate, &gate->names)) {
    return false;
  }
  if (gate->names.failed) {
    gate->error = ERROR_MEMORY;
    return false;
  }
  length = (uint32_t)(gate->names.length - last - sizeof length);
  memcpy(gate->names.data + last, &length, sizeof length);
  return !is_repeated(&gate->names, first, last) || refuse_at(gate, start, "a member occurs twice");
}

static bool take_object(struct gate *gate, size_t depth) {
  size_t first = gate->names.length;
  size_t members = 0;
  gate->at++; /* the brace */
  skip_blanks(gate);
  if (take(gate, '}')) {
    return true;
  }
  do {
    if (++members > JSON_GATE_MAX_MEMBERS) {
      return refuse(gate, "an object has too many members");
    }
    skip_blanks(gate);
    if (!take_name(gate, first)) {
      return false;
    }
    skip_blanks(gate);
    if (!take(gate, ':')) {
      return refuse(gate, "a colon is expected");
    }
    if (!take_value(gate, depth)) {
      return false;
    }
  } while (take(gate, ','));
  gate->names.length = first; /* the names of this object are forgotten */
  return take(gate, '}') || refuse(gate, "a comma or } is expected");
}

static bool take_array(struct gate *gate, size_t depth) {
  gate->at++; /* the bracket */
  skip_blanks(gate);
  if (take(gate, ']')) {
    return true;
  }
  do {
    if (!take_value(gate, depth)) {
      return false;
    }
  } while (take(gate, ','));
  return take(gate, ']') || refuse(gate, "a comma or ] is expected");
}

/* A value and the blanks around it. `depth` objects and arrays are open. */
static bool take_value(struct gate *gate, size_t depth) {
  bool good;
  skip_blanks(gate);
  int byte = peek(gate);
  if ((byte == '{' || byte == '[') && depth == gate->max_depth) {
    return refuse(gate, "the nesting is too deep");
  }
  if (byte == '{') {
    good = take_object(gate, depth + 1);
  } else if (byte == '[') {
    good = take_array(gate, depth + 1);
  } else if (byte == '"') {
    good = take_string(gate, NULL);
  } else if (byte == '-' || is_digit(byte)) {
    good = take_number(gate);
  } else if (byte == 't' || byte == 'f') {
    good = take_word(gate, byte == 't' ? "true" : "false");
  } else if (byte == 'n') {
    good = take_word(gate, "null");
  } else {
    good = refuse(gate, byte == 0 ? "NUL is not allowed" : "a value is expected");
  }
  skip_blanks(gate);
  return good;
}

/* Where the first character begins that is not valid UTF-8. */
static size_t first_invalid_utf8(const char *text, size_t size) {
  size_t at = 0;
  while (at < size) {
    size_t length = 1;
    while (length <= 4 && at + length <= size && !text_is_utf8(text + at, length)) {
      length++;
    }
    if (length > 4 || at + length > size) {
      return at;
    }
    at += length;
  }
  return size;
}

enum error json_gate_check(const char *text, size_t size, size_t max_depth, size_t *ret_start, size_t *ret_size,
                           /* NOLINTNEXTLINE(readability-non-const-parameter): struct gate writes it */
                           char ret_reason[JSON_GATE_REASON_SIZE]) {
  struct gate gate = {
      .text = (const unsigned char *)text,
      .size = size,
      .max_depth = max_depth,
      .reason = ret_reason,
  };
  if (!text_is_utf8(text, size)) {
    (void)refuse_at(&gate, first_invalid_utf8(text, size), "invalid UTF-8");
    return gate.error;
  }
  if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
    (void)refuse_at(&gate, 0, "a byte order mark is not allowed");
    return gate.error;
  }
  skip_blanks(&gate);
  size_t start = gate.at;
  if (start == size) {
    (void)refuse_at(&gate, start, "the text is empty");
  } else if (peek(&gate) != '{') {
    (void)refuse_at(&gate, start, "an object is expected");
  } else if (take_value(&gate, 0) && gate.at < size) {
    (void)refuse_at(&gate, gate.at, "something follows the object");
  }
  text_free(&gate.names);
  if (gate.error == ERROR_NONE) {
    size_t end = size;
    while (text[end - 1] != '}') {
      end--;
    }
    *ret_start = start;
    *ret_size = end - start;
  }
  return gate.error;
}
