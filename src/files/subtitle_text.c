/* SPDX-License-Identifier: ISC */
/*
 * See subtitle_text.h.
 */
#include "config.h"

#include "files/subtitle_text.h"

#include <ctype.h>
#include <string.h>

/* The length of <b>, <i>, <u> or its end at `at`; 0 for none. */
static size_t simple_tag(const char *at, size_t length) {
  size_t slash = length > 1 && at[1] == '/';
  bool simple =
      length >= 3 + slash && strchr("biuBIU", at[1 + slash]) != NULL && at[1 + slash] != '\0' && at[2 + slash] == '>';
  return simple ? 3 + slash : 0;
}

/* The length of any other tag, such as <font color="#fff">; 0 for none: "1 < 2" and "<3" are text. */
static size_t other_tag(const char *at, size_t length) {
  size_t slash = length > 1 && at[1] == '/';
  const char *end = memchr(at, '>', length);
  bool named = length > 1 + slash && isalpha((unsigned char)at[1 + slash]);
  bool nested = end != NULL && memchr(at + 1, '<', (size_t)(end - at - 1)) != NULL;
  return named && end != NULL && !nested ? (size_t)(end - at) + 1 : 0;
}

/* The length of {\an8}, {\pos(1,2)} and their like; 0 for none. */
static size_t override(const char *at, size_t length, enum subtitle_place *ret_place) {
  const char *end = length > 1 && at[1] == '\\' ? memchr(at, '}', length) : NULL;
  if (end == NULL) {
    return 0;
  }
  size_t size = (size_t)(end - at) + 1;
  const char *anchor = memmem(at, size, "\\an", 3);
  if (anchor != NULL && anchor + 3 < end && isdigit((unsigned char)anchor[3])) {
    int number = anchor[3] - '0';
    *ret_place = number >= 7 ? SUBTITLE_PLACE_TOP : number >= 4 ? SUBTITLE_PLACE_MIDDLE : SUBTITLE_PLACE_BOTTOM;
  }
  return size;
}

static void append_escaped(struct text *text, char byte) {
  if (byte == '<' || byte == '>' || byte == '&') {
    text_append(text, byte == '<' ? "&lt;" : byte == '>' ? "&gt;" : "&amp;");
  } else {
    text_append_bytes(text, &byte, 1);
  }
}

void subtitle_text_append(struct text *text, const char *line, size_t length, enum subtitle_place *ret_place) {
  for (size_t i = 0; i < length;) {
    const char *at = line + i;
    size_t tag = *at == '<' ? simple_tag(at, length - i) : 0;
    size_t other = *at == '<' ? other_tag(at, length - i) : *at == '{' ? override(at, length - i, ret_place) : 0;
    if (tag > 0) {
      text_append(text, tag == 4 ? "</" : "<");
      text_appendf(text, "%c>", tolower((unsigned char)at[tag - 2]));
    } else if (other == 0) {
      append_escaped(text, *at);
    }
    i += tag > 0 ? tag : other > 0 ? other : 1;
  }
}
