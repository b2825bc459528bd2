/* SPDX-License-Identifier: ISC */
/* See object_xml.h. */
#include "config.h"

#include "objects/object_xml.h"

#include <stdio.h>
#include <string.h>

#define TAG_SIZE 64

bool object_xml_element(const char *name, const char **position, const char **ret_begin, const char **ret_end) {
  char open[TAG_SIZE], close[TAG_SIZE];
  snprintf(open, sizeof open, "<%s>", name);
  snprintf(close, sizeof close, "</%s>", name);
  const char *begin = strstr(*position, open);
  const char *end = begin == NULL ? NULL : strstr(begin, close);
  if (end == NULL) {
    return false;
  }
  *ret_begin = begin + strlen(open);
  *ret_end = end;
  *position = end + strlen(close);
  return true;
}

/* The character that an entity stands for, '\0' for none of the five that XML defines. */
static char decode_entity(const char *at, const char *end, size_t *ret_length) {
  static const struct {
    const char *name;
    char character;
  } entities[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&#34;", '"'}};
  for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++) {
    size_t length = strlen(entities[i].name);
    if ((size_t)(end - at) >= length && strncmp(at, entities[i].name, length) == 0) {
      *ret_length = length;
      return entities[i].character;
    }
  }
  return '\0';
}

static enum error decode_text(const char *begin, const char *end, char *ret_text, size_t text_size) {
  size_t length = 0;
  for (const char *at = begin; at < end;) {
    size_t taken = 1;
    char character = *at == '&' ? decode_entity(at, end, &taken) : *at;
    if (character == '\0' || *at == '<') {
      return ERROR_INVALID;
    }
    if (length + 1 >= text_size) {
      return ERROR_TOO_LARGE;
    }
    ret_text[length++] = character;
    at += taken;
  }
  ret_text[length] = '\0';
  return ERROR_NONE;
}

enum error object_xml_next(const char *xml, const char *name, const char **position, char *ret_text, size_t text_size) {
  const char *begin, *end;
  const char *at = *position == NULL ? xml : *position;
  if (!object_xml_element(name, &at, &begin, &end)) {
    return ERROR_NOT_FOUND;
  }
  *position = at;
  return decode_text(begin, end, ret_text, text_size);
}

enum error object_xml_find(const char *xml, const char *name, char *ret_text, size_t text_size) {
  const char *position = NULL;
  return object_xml_next(xml, name, &position, ret_text, text_size);
}
