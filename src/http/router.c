/* SPDX-License-Identifier: ISC */
/*
 * Matches a path against patterns, segment by segment. Which handler, pool or caller belongs to a row is not known
 * here.
 */
#include "config.h"

#include "http/router.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

/* The next segment of a path or pattern: *at moves behind it. False at the end; a trailing slash is no segment. */
static bool next_segment(const char **at, const char **ret_segment, size_t *ret_length) {
  if (**at != '/' || (*at)[1] == '\0') {
    return false;
  }
  *ret_segment = *at + 1;
  *ret_length = strcspn(*ret_segment, "/");
  *at = *ret_segment + *ret_length;
  return true;
}

static bool is_parameter(const char *segment) {
  return segment[0] == '{';
}

static bool take_parameter(const char **path, struct router_match *match) {
  size_t length = strcspn(*path, "/");
  if (length == 0 || length >= ROUTER_PARAMETER_SIZE || match->parameter_count == ROUTER_MAX_PARAMETERS) {
    return false;
  }
  char *parameter = match->parameters[match->parameter_count++];
  memcpy(parameter, *path, length);
  parameter[length] = '\0';
  *path += length;
  return true;
}

/* Does the path fit the pattern? Parameters go into `match`. Most rows of a table differ within the first bytes. */
static bool pattern_fits(const char *pattern, const char *path, struct router_match *match) {
  match->parameter_count = 0;
  while (*pattern != '\0') {
    if (is_parameter(pattern)) {
      if (!take_parameter(&path, match)) {
        return false;
      }
      pattern += strcspn(pattern, "/");
    } else if (*pattern++ != *path++) {
      return false;
    }
  }
  return *path == '\0' || (path[0] == '/' && path[1] == '\0' && path[-1] != '/');
}

/* Of two patterns that fit one path: below 0 when a is the more exact one, 0 when they are alike. */
static int compare_exactness(const char *a, const char *b) {
  const char *in_a, *in_b;
  size_t a_length, b_length;
  while (next_segment(&a, &in_a, &a_length) && next_segment(&b, &in_b, &b_length)) {
    int difference = is_parameter(in_a) - is_parameter(in_b);
    if (difference != 0) {
      return difference;
    }
  }
  return 0;
}

static bool method_serves(enum http_method row, enum http_method asked) {
  return row == asked || (row == HTTP_GET && asked == HTTP_HEAD);
}

static void list_methods(router_row_at *row_at, size_t row_count, const char *pattern, char *ret_allow, size_t size) {
  struct text allow = {0};
  for (size_t i = 0; i < row_count; i++) {
    struct router_row row = row_at(i);
    struct router_match ignored;
    if (pattern_fits(row.pattern, pattern, &ignored) && compare_exactness(row.pattern, pattern) == 0) {
      text_appendf(&allow, "%s%s%s", allow.length == 0 ? "" : ", ", request_method_name(row.method),
                   row.method == HTTP_GET ? ", HEAD" : "");
    }
  }
  size_t length = allow.length < size - 1 ? allow.length : size - 1;
  memcpy(ret_allow, allow.data == NULL ? "" : allow.data, length);
  ret_allow[length] = '\0';
  text_free(&allow);
}

enum error router_find(router_row_at *row_at, size_t row_count, enum http_method method, const char *path,
                       struct router_match *ret_match) {
  const char *best = NULL;
  size_t best_row = 0;
  bool found = false;
  struct router_match match = {0};
  for (size_t i = 0; i < row_count; i++) {
    struct router_row row = row_at(i);
    struct router_match candidate;
    if (!pattern_fits(row.pattern, path, &candidate)) {
      continue;
    }
    int exactness = best == NULL ? -1 : compare_exactness(row.pattern, best);
    if (exactness < 0) {
      best = row.pattern;
      best_row = i;
      found = false;
    }
    if (exactness <= 0 && !found && method_serves(row.method, method)) {
      match = candidate;
      match.row = i;
      found = true;
    }
  }
  if (best == NULL) {
    return ERROR_NOT_FOUND;
  }
  if (!found) {
    ret_match->row = best_row;
    list_methods(row_at, row_count, best, ret_match->allow, sizeof ret_match->allow);
    return ERROR_CONFLICT;
  }
  match.allow[0] = '\0';
  *ret_match = match;
  return ERROR_NONE;
}
