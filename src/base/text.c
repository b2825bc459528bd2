/* SPDX-License-Identifier: ISC */
/*
 * The growing buffer, UTF-8, and the encoders of small texts. The parsers are in text_parse.c. Character classes are
 * ASCII by hand: the locale must not change what a request means.
 */
#include "config.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_FIRST_CAPACITY 128

/* --- the buffer ------------------------------------------------------------------------------ */

void text_free(struct text *text) {
  if (text != NULL) {
    free(text->data);
    *text = (struct text){0};
  }
}

void text_clear(struct text *text) {
  text->length = 0;
  text->failed = false;
  if (text->data != NULL) {
    text->data[0] = '\0';
  }
}

void text_cut(struct text *text, size_t length) {
  if (!text->failed && length < text->length) {
    text->length = length;
    text->data[length] = '\0';
  }
}

/* Room for `more` bytes and a NUL. */
static bool reserve(struct text *text, size_t more) {
  if (text->failed) {
    return false;
  }
  if (more >= SIZE_MAX / 2 - text->length) {
    text->failed = true;
    return false;
  }
  size_t needed = text->length + more + 1;
  if (needed <= text->capacity) {
    return true;
  }
  size_t capacity = text->capacity == 0 ? TEXT_FIRST_CAPACITY : text->capacity;
  while (capacity < needed) {
    capacity *= 2;
  }
  char *data = realloc(text->data, capacity);
  if (data == NULL) {
    text->failed = true;
    return false;
  }
  text->data = data;
  text->capacity = capacity;
  return true;
}

void text_append_bytes(struct text *text, const void *bytes, size_t size) {
  if (!reserve(text, size)) {
    return;
  }
  if (size > 0) {
    memcpy(text->data + text->length, bytes, size);
  }
  text->length += size;
  text->data[text->length] = '\0';
}

void text_append(struct text *text, const char *string) {
  text_append_bytes(text, string, strlen(string));
}

void text_append_i64(struct text *text, int64_t number) {
  char digits[24];
  char *at = digits + sizeof digits;
  uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
  do {
    *--at = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest > 0);
  if (number < 0) {
    *--at = '-';
  }
  text_append_bytes(text, at, (size_t)(digits + sizeof digits - at));
}

/* Formats into the room that there is, and once more when it was too small. */
void text_vappendf(struct text *text, const char *format, va_list arguments) {
  va_list again;

  if (!reserve(text, TEXT_FIRST_CAPACITY / 2)) {
    return;
  }
  size_t room = text->capacity - text->length;
  va_copy(again, arguments);
  int length = vsnprintf(text->data + text->length, room, format, arguments);
  if (length >= 0 && (size_t)length >= room && reserve(text, (size_t)length)) {
    length = vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
  }
  va_end(again);
  if (length < 0 || text->failed) {
    text->failed = true;
    text->data[text->length] = '\0';
    return;
  }
  text->length += (size_t)length;
}

void text_appendf(struct text *text, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  text_vappendf(text, format, arguments);
  va_end(arguments);
}

/* --- UTF-8 ----------------------------------------------------------------------------------- */

/* The length of the well-formed sequence at `bytes` (RFC 3629 section 4), 0 when there is none. */
static size_t utf8_sequence(const unsigned char *bytes, size_t left, uint32_t *ret_code_point) {
  static const struct {
    unsigned char first, last;         /* lead byte */
    unsigned char second, second_last; /* the second byte is what rules out overlong forms and surrogates */
    size_t length;
  } forms[] = {
      {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3},
      {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
      {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
  };

  if (left == 0) {
    return 0;
  }
  if (bytes[0] < 0x80) {
    *ret_code_point = bytes[0];
    return 1;
  }
  for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
    if (bytes[0] < forms[i].first || bytes[0] > forms[i].last) {
      continue;
    }
    if (left < forms[i].length || bytes[1] < forms[i].second || bytes[1] > forms[i].second_last) {
      return 0;
    }
    uint32_t code_point = bytes[0] & (0x7Fu >> forms[i].length);
    for (size_t k = 1; k < forms[i].length; k++) {
      if ((bytes[k] & 0xC0) != 0x80) {
        return 0;
      }
      code_point = code_point << 6 | (bytes[k] & 0x3Fu);
    }
    *ret_code_point = code_point;
    return forms[i].length;
  }
  return 0;
}

bool text_is_utf8(const char *bytes, size_t size) {
  const unsigned char *at = (const unsigned char *)bytes;
  uint32_t code_point;

  while (size > 0) {
    uint64_t word;
    if (size >= sizeof word) { /* most text is ASCII: eight of it at once */
      memcpy(&word, at, sizeof word);
      if ((word & UINT64_C(0x8080808080808080)) == 0) {
        at += sizeof word;
        size -= sizeof word;
        continue;
      }
    }
    size_t length = utf8_sequence(at, size, &code_point);
    if (length == 0) {
      return false;
    }
    at += length;
    size -= length;
  }
  return true;
}

size_t text_utf8_length(const char *bytes, size_t size) {
  size_t count = 0;

  for (size_t i = 0; i < size; i++) {
    count += ((unsigned char)bytes[i] & 0xC0) != 0x80;
  }
  return count;
}

static bool is_control(uint32_t code_point) {
  return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0);
}

bool text_has_control(const char *bytes, size_t size) {
  const unsigned char *at = (const unsigned char *)bytes;
  uint32_t code_point;

  while (size > 0) {
    size_t length = utf8_sequence(at, size, &code_point);
    if (length == 0 || is_control(code_point)) {
      return true;
    }
    at += length;
    size -= length;
  }
  return false;
}

/* --- encoders -------------------------------------------------------------------------------- */

static void append_json_escape(struct text *text, uint32_t code_point) {
  static const struct {
    char character, letter;
  } shorts[] = {{'"', '"'}, {'\\', '\\'}, {'\b', 'b'}, {'\f', 'f'}, {'\n', 'n'}, {'\r', 'r'}, {'\t', 't'}};

  for (size_t i = 0; i < sizeof(shorts) / sizeof(shorts[0]); i++) {
    if ((uint32_t)shorts[i].character == code_point) {
      const char pair[2] = {'\\', shorts[i].letter};
      text_append_bytes(text, pair, sizeof(pair));
      return;
    }
  }
  text_appendf(text, "\\u%04x", (unsigned)code_point);
}

/* How many bytes from here on stand for themselves in a JSON string: printable ASCII but quotes and backslashes. */
static size_t plain_length(const unsigned char *bytes, size_t size) {
  size_t length = 0;
  while (length < size && bytes[length] >= 0x20 && bytes[length] < 0x7F && bytes[length] != '"' &&
         bytes[length] != '\\') {
    length++;
  }
  return length;
}

void text_append_json_string(struct text *text, const char *bytes, size_t size) {
  const unsigned char *at = (const unsigned char *)bytes;
  uint32_t code_point = 0;

  text_append_bytes(text, "\"", 1);
  while (size > 0) {
    size_t plain = plain_length(at, size);
    size_t length = plain > 0 ? plain : utf8_sequence(at, size, &code_point);
    if (length == 0) {
      text_append(text, "\xEF\xBF\xBD");
      length = 1;
    } else if (plain == 0 && (is_control(code_point) || code_point == '"' || code_point == '\\')) {
      /* DEL and C1 too: the same string goes to logs that people read on terminals. */
      append_json_escape(text, code_point);
    } else {
      text_append_bytes(text, at, length);
    }
    at += length;
    size -= length;
  }
  text_append_bytes(text, "\"", 1);
}

void text_hex_encode(const void *bytes, size_t size, char *ret_hex) {
  static const char digits[] = "0123456789abcdef";
  const unsigned char *at = bytes;

  for (size_t i = 0; i < size; i++) {
    *ret_hex++ = digits[at[i] >> 4];
    *ret_hex++ = digits[at[i] & 15];
  }
  *ret_hex = '\0';
}

size_t text_base64url_length(size_t size) {
  return size / 3 * 4 + (size % 3 == 0 ? 0 : size % 3 + 1);
}

void text_base64url_encode(const void *bytes, size_t size, char *ret_text) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const unsigned char *at = bytes;

  for (size_t i = 0; i < size; i += 3) {
    size_t chunk = size - i < 3 ? size - i : 3;
    uint32_t bits = (uint32_t)at[i] << 16;
    bits |= chunk > 1 ? (uint32_t)at[i + 1] << 8 : 0;
    bits |= chunk > 2 ? at[i + 2] : 0;
    for (size_t k = 0; k <= chunk; k++) {
      *ret_text++ = alphabet[bits >> (18 - 6 * k) & 63];
    }
  }
  *ret_text = '\0';
}
