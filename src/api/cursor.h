/* SPDX-License-Identifier: ISC */
/*
 * Where a page of a newest-first list ended, as the opaque text that callers hand back: time and id
 * of its last row, in base64url. Only what cursor_format wrote parses. Pure.
 */
#ifndef MEDIAGATE_API_CURSOR_H
#define MEDIAGATE_API_CURSOR_H

#include <stdint.h>

#include "base/error.h"

#define CURSOR_SIZE 23 /* 22 characters and a NUL */

struct cursor { /* 0, 0: the first page */
  int64_t time_us;
  int64_t id;
};

void cursor_format(const struct cursor *cursor, char ret_text[CURSOR_SIZE]);
enum error cursor_parse(const char *text, struct cursor *ret_cursor) MUST_CHECK;

#endif
