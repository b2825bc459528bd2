/* SPDX-License-Identifier: ISC */
/* Cursors: three big-endian 64-bit numbers in base64url. */
#include "config.h"

#include "api/cursor.h"

#include <endian.h>
#include <string.h>

#include "base/text.h"
#include "base/text_parse.h"

#define TIME_MAX_US INT64_C(253402300799999999) /* the end of 9999: no row is younger, and PostgreSQL takes it */

void cursor_format(const struct cursor *cursor, uint64_t list, char ret_text[CURSOR_SIZE]) {
  uint64_t words[3] = {htobe64(list), htobe64((uint64_t)cursor->time_us), htobe64((uint64_t)cursor->id)};
  text_base64url_encode(words, sizeof words, ret_text);
}

enum error cursor_parse(const char *text, uint64_t list, struct cursor *ret_cursor) {
  unsigned char bytes[CURSOR_SIZE];
  uint64_t words[3];
  size_t size;
  if (strlen(text) != CURSOR_SIZE - 1 || text_base64url_decode(text, CURSOR_SIZE - 1, bytes, &size) != ERROR_NONE ||
      size != sizeof words) {
    return ERROR_INVALID;
  }
  memcpy(words, bytes, sizeof words);
  uint64_t time_us = be64toh(words[1]), id = be64toh(words[2]);
  if (be64toh(words[0]) != list || time_us == 0 || time_us > TIME_MAX_US || id == 0 || id > INT64_MAX) {
    return ERROR_INVALID;
  }
  *ret_cursor = (struct cursor){.time_us = (int64_t)time_us, .id = (int64_t)id};
  return ERROR_NONE;
}
