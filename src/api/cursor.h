/* SPDX-License-Identifier: ISC */
/*
 * Where a page of a newest-first list ended, as the opaque text that callers hand back: which list, time and id
 * of its last row, in base64url. Only what cursor_format wrote for the same list parses. Pure.
 */
#ifndef MEDIAGATE_API_CURSOR_H
#define MEDIAGATE_API_CURSOR_H

#include <stdint.h>

#include "base/error.h"

#define CURSOR_SIZE 33 /* 32 characters and a NUL */

struct cursor { /* 0, 0: the first page */
  int64_t time_us;
  int64_t id;
};

/* `list`: a number that other lists, and this one filtered otherwise, do not have; see call_page. */
void cursor_format(const struct cursor *cursor, uint64_t list, char ret_text[CURSOR_SIZE]);
enum error cursor_parse(const char *text, uint64_t list, struct cursor *ret_cursor) MUST_CHECK;

#endif
