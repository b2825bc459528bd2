/* SPDX-License-Identifier: ISC */
/*
 * The strict parsers of small texts: no leading blanks, no sign where none is meant, one spelling
 * for each value, whole input consumed. Pure.
 */
#include "config.h"

#include "base/text_parse.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum error text_parse_u64(const char *string, size_t length, uint64_t max, uint64_t *ret_value) {
  uint64_t value = 0;

  if (length == 0 || (length > 1 && string[0] == '0')) {
    return ERROR_INVALID;
  }
  for (size_t i = 0; i < length; i++) {
    if (string[i] < '0' || string[i] > '9') {
      return ERROR_INVALID;
    }
    uint64_t digit = (uint64_t)(string[i] - '0');
    if (digit > max || value > (max - digit) / 10) {
      return ERROR_INVALID;
    }
    value = value * 10 + digit;
  }
  *ret_value = value;
  return ERROR_NONE;
}

static bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

void text_trim(char *string) {
  size_t length = strlen(string);
  size_t start = 0;

  while (length > 0 && is_blank(string[length - 1])) {
    length--;
  }
  while (start < length && is_blank(string[start])) {
    start++;
  }
  memmove(string, string + start, length - start);
  string[length - start] = '\0';
}

void text_lower(char *string) {
  for (; *string != '\0'; string++) {
    if (*string >= 'A' && *string <= 'Z') {
      *string = (char)(*string - 'A' + 'a');
    }
  }
}

static int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  if (c >= 'A' && c <= 'F') {
    return c - 'A' + 10;
  }
  return -1;
}

enum error text_hex_decode(const char *hex, size_t length, void *ret_bytes) {
  unsigned char *bytes = ret_bytes;

  if (length % 2 != 0) {
    return ERROR_INVALID;
  }
  for (size_t i = 0; i < length; i++) {
    if (hex_value(hex[i]) < 0) {
      return ERROR_INVALID;
    }
  }
  for (size_t i = 0; i < length; i += 2) {
    bytes[i / 2] = (unsigned char)(hex_value(hex[i]) << 4 | hex_value(hex[i + 1]));
  }
  return ERROR_NONE;
}

/* The two alphabets differ in their last two characters. */
static int base64_value(char c, const char last_two[2]) {
  if (c >= 'A' && c <= 'Z') {
    return c - 'A';
  }
  if (c >= 'a' && c <= 'z') {
    return c - 'a' + 26;
  }
  if (c >= '0' && c <= '9') {
    return c - '0' + 52;
  }
  return c == last_two[0] ? 62 : c == last_two[1] ? 63 : -1;
}

/* Without padding. */
static enum error base64_decode(const char *string, size_t length, const char last_two[2], void *ret_bytes,
                                size_t *ret_size) {
  unsigned char *bytes = ret_bytes;
  size_t size = length / 4 * 3 + (length % 4 == 0 ? 0 : length % 4 - 1);
  uint32_t bits = 0;
  unsigned bit_count = 0;

  if (length % 4 == 1) {
    return ERROR_INVALID;
  }
  for (size_t i = 0; i < length; i++) {
    if (base64_value(string[i], last_two) < 0) {
      return ERROR_INVALID;
    }
  }
  /* The last character's spare bits must be 0, or two spellings would mean the same bytes. */
  if ((length % 4 == 2 && (base64_value(string[length - 1], last_two) & 15) != 0) ||
      (length % 4 == 3 && (base64_value(string[length - 1], last_two) & 3) != 0)) {
    return ERROR_INVALID;
  }
  for (size_t i = 0; i < length; i++) {
    bits = bits << 6 | (uint32_t)base64_value(string[i], last_two);
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      *bytes++ = (unsigned char)(bits >> bit_count);
    }
  }
  *ret_size = size;
  return ERROR_NONE;
}

enum error text_base64url_decode(const char *string, size_t length, void *ret_bytes, size_t *ret_size) {
  return base64_decode(string, length, "-_", ret_bytes, ret_size);
}

enum error text_base64_decode(const char *string, size_t length, void *ret_bytes, size_t *ret_size) {
  if (length % 4 != 0) {
    return ERROR_INVALID;
  }
  for (int padding = 0; padding < 2 && length > 0 && string[length - 1] == '='; padding++) {
    length--;
  }
  return base64_decode(string, length, "+/", ret_bytes, ret_size);
}

enum error text_percent_decode(const char *string, size_t length, bool plus_is_space, char **ret_string) {
  char *decoded = malloc(length + 1);
  size_t size = 0;

  if (decoded == NULL) {
    return ERROR_MEMORY;
  }
  for (size_t i = 0; i < length; i++) {
    char c = string[i];
    if (c == '%') {
      int high = length - i > 2 ? hex_value(string[i + 1]) : -1;
      int low = length - i > 2 ? hex_value(string[i + 2]) : -1;
      c = high < 0 || low < 0 ? '\0' : (char)(high << 4 | low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (c == '\0') {
      free(decoded);
      return ERROR_INVALID;
    }
    decoded[size++] = c;
  }
  decoded[size] = '\0';
  *ret_string = decoded;
  return ERROR_NONE;
}
