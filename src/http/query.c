/* SPDX-License-Identifier: ISC */
/*
 * Query strings and form bodies, split and strictly decoded. What the names mean is the caller's business.
 */
#include "config.h"

#include "http/query.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/text_parse.h"

/* Decodes one name or value, which must be UTF-8. */
static enum error query_decode(const char *text, size_t length, bool allow_control, char **ret_string) {
  char *string = NULL;
  enum error error = text_percent_decode(text, length, true, &string);
  if (error != ERROR_NONE) {
    return error;
  }
  size_t size = strlen(string);
  if (!text_is_utf8(string, size) || (!allow_control && text_has_control(string, size))) {
    free(string);
    return ERROR_INVALID;
  }
  *ret_string = string;
  return ERROR_NONE;
}

/* "name=value", or "name" alone with an empty value. */
static enum error parse_pair(const char *text, size_t length, bool is_form, struct query_pair *ret_pair) {
  const char *equals = memchr(text, '=', length);
  size_t name_length = equals == NULL ? length : (size_t)(equals - text);
  const char *value = equals == NULL ? text + length : equals + 1;
  struct query_pair pair = {0};
  enum error error = name_length == 0 ? ERROR_INVALID : query_decode(text, name_length, false, &pair.name);
  if (error == ERROR_NONE) {
    error = query_decode(value, (size_t)(text + length - value), is_form, &pair.value);
  }
  if (error != ERROR_NONE) {
    free(pair.name);
    return error;
  }
  *ret_pair = pair;
  return ERROR_NONE;
}

static enum error query_parse_text(const char *text, size_t length, bool is_form, struct query *ret_query) {
  struct query query = {.count = 0};
  const char *end = text + length;
  for (const char *at = text; at < end;) {
    const char *ampersand = memchr(at, '&', (size_t)(end - at));
    const char *pair_end = ampersand == NULL ? end : ampersand;
    if (pair_end > at) { /* "a=1&&b=2" and a trailing "&" are harmless */
      enum error error = query.count == QUERY_MAX_PAIRS
                             ? ERROR_INVALID
                             : parse_pair(at, (size_t)(pair_end - at), is_form, &query.pairs[query.count]);
      if (error != ERROR_NONE) {
        query_free(&query);
        return error;
      }
      query.count++;
    }
    at = pair_end + 1;
  }
  *ret_query = query;
  return ERROR_NONE;
}

enum error query_parse(const char *text, size_t length, struct query *ret_query) {
  return query_parse_text(text, length, false, ret_query);
}

enum error query_parse_form(const char *text, size_t length, struct query *ret_query) {
  return query_parse_text(text, length, true, ret_query);
}

void query_free(struct query *query) {
  if (query == NULL) {
    return;
  }
  for (size_t i = 0; i < query->count; i++) {
    free(query->pairs[i].name);
    free(query->pairs[i].value);
  }
  query->count = 0;
}

const char *query_get(const struct query *query, const char *name) {
  for (size_t i = 0; i < query->count; i++) {
    if (strcmp(query->pairs[i].name, name) == 0) {
      return query->pairs[i].value;
    }
  }
  return NULL;
}

enum error query_add(struct query *query, const char *name, const char *value) {
  if (query->count == QUERY_MAX_PAIRS) {
    return ERROR_TOO_LARGE;
  }
  struct query_pair pair = {.name = strdup(name), .value = strdup(value)};
  if (pair.name == NULL || pair.value == NULL) {
    free(pair.name);
    free(pair.value);
    return ERROR_MEMORY;
  }
  query->pairs[query->count++] = pair;
  return ERROR_NONE;
}

const char *query_repeated(const struct query *query) {
  for (size_t i = 1; i < query->count; i++) {
    for (size_t j = 0; j < i; j++) {
      if (strcmp(query->pairs[i].name, query->pairs[j].name) == 0) {
        return query->pairs[i].name;
      }
    }
  }
  return NULL;
}

static bool is_listed(const char *name, const char *const list[]) {
  for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
    if (strcmp(name, list[i]) == 0) {
      return true;
    }
  }
  return false;
}

const char *query_unknown(const struct query *query, const char *const known[]) {
  for (size_t i = 0; i < query->count; i++) {
    if (!is_listed(query->pairs[i].name, known)) {
      return query->pairs[i].name;
    }
  }
  return NULL;
}
