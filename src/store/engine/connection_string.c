/* SPDX-License-Identifier: ISC */
/* libpq parses: a parser of our own would have to know each spelling of a password that libpq knows. */
#include "config.h"

#include "store/engine/connection_string.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

#define MASK "***"

/* libpq takes such a dbname for a connection string. */
static bool is_database_name(const char *string) {
  return strchr(string, '=') == NULL && strstr(string, "://") == NULL;
}

bool connection_string_is_valid(const char *string) {
  PQconninfoOption *options = is_database_name(string) ? NULL : PQconninfoParse(string, NULL);
  bool valid = options != NULL || is_database_name(string);
  PQconninfoFree(options);
  return valid;
}

static bool is_given(const PQconninfoOption *option) {
  return option->val != NULL;
}

/* What a form would show as stars. */
static bool is_secret(const PQconninfoOption *option) {
  return strcmp(option->dispchar, "*") == 0;
}

static bool holds_secret(const PQconninfoOption *options) {
  for (; options->keyword != NULL; options++) {
    if (is_given(options) && is_secret(options)) {
      return true;
    }
  }
  return false;
}

/* As libpq wants it: quoted where it is empty or holds what would end it. */
static void append_value(struct text *text, const char *value) {
  if (value[0] != '\0' && strpbrk(value, " \t\n\r\f\v'\\") == NULL) {
    text_append(text, value);
    return;
  }
  text_append(text, "'");
  for (; *value != '\0'; value++) {
    if (*value == '\'' || *value == '\\') {
      text_append(text, "\\");
    }
    text_append_bytes(text, value, 1);
  }
  text_append(text, "'");
}

void connection_string_append_masked(struct text *text, const char *string) {
  if (is_database_name(string)) {
    text_append(text, string);
    return;
  }
  PQconninfoOption *options = PQconninfoParse(string, NULL);
  if (options == NULL) {
    text_append(text, MASK);
    return;
  }
  if (!holds_secret(options)) {
    text_append(text, string);
    PQconninfoFree(options);
    return;
  }
  const char *separator = "";
  for (const PQconninfoOption *option = options; option->keyword != NULL; option++) {
    if (is_given(option)) {
      text_appendf(text, "%s%s=", separator, option->keyword);
      if (is_secret(option)) {
        text_append(text, MASK);
      } else {
        append_value(text, option->val);
      }
      separator = " ";
    }
  }
  PQconninfoFree(options);
}

bool connection_string_get(const char *string, const char *keyword, char *ret_value, size_t size) {
  if (is_database_name(string)) {
    int length = snprintf(ret_value, size, "%s", strcmp(keyword, "dbname") == 0 ? string : "");
    return length >= 0 && (size_t)length < size;
  }
  PQconninfoOption *options = PQconninfoParse(string, NULL);
  bool fits = options != NULL && size > 0;
  if (fits) {
    ret_value[0] = '\0';
  }
  for (const PQconninfoOption *option = options; fits && option->keyword != NULL; option++) {
    if (strcmp(option->keyword, keyword) == 0 && is_given(option)) {
      int length = snprintf(ret_value, size, "%s", option->val);
      fits = length >= 0 && (size_t)length < size;
    }
  }
  PQconninfoFree(options);
  return fits;
}

static void tell_options(PQconninfoOption *options, void (*tell)(void *context, const char *keyword, const char *value),
                         void *context) {
  for (const PQconninfoOption *option = options; option != NULL && option->keyword != NULL; option++) {
    if (is_given(option) && !is_secret(option)) {
      tell(context, option->keyword, option->val);
    }
  }
  PQconninfoFree(options);
}

void connection_string_tell(const char *string, void (*tell)(void *context, const char *keyword, const char *value),
                            void *context) {
  tell_options(PQconndefaults(), tell, context);
  tell_options(is_database_name(string) ? NULL : PQconninfoParse(string, NULL), tell, context);
}
