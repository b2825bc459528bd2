/* SPDX-License-Identifier: ISC */
/* See json_tree.h. */
#include "config.h"

#include "base/json_tree.h"

#include <json-c/json.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

static enum error parse_once(const char *text, size_t size, int max_depth, int flags, struct json_object **ret_object,
                             struct json_tree_problem *ret_problem) {
  struct json_tokener *tokener = size > INT_MAX ? NULL : json_tokener_new_ex(max_depth);
  if (tokener == NULL) {
    return ERROR_MEMORY;
  }
  json_tokener_set_flags(tokener, flags);
  error_watch_memory();
  struct json_object *object = json_tokener_parse_ex(tokener, text, (int)size);
  enum json_tokener_error outcome = json_tokener_get_error(tokener);
  size_t end = json_tokener_get_parse_end(tokener);
  while (end < size && strchr(" \t\r\n", text[end]) != NULL && text[end] != '\0') {
    end++;
  }
  bool whole = object != NULL && outcome == json_tokener_success && end == size;
  enum error error = error_with_memory(whole ? ERROR_NONE : ERROR_INVALID);
  json_tokener_free(tokener);
  if (error != ERROR_NONE) {
    json_object_put(object);
    *ret_problem = (struct json_tree_problem){.at = end, .what = json_tokener_error_desc(outcome)};
    return error;
  }
  *ret_object = object;
  return ERROR_NONE;
}

enum error json_tree_parse(const char *text, size_t size, int max_depth, int flags, struct json_object **ret_object,
                           struct json_tree_problem *ret_problem) {
  struct json_object *object = NULL, *again = NULL;
  enum error error = parse_once(text, size, max_depth, flags, &object, ret_problem);
  if (error == ERROR_MEMORY) {
    return error;
  }
  enum error second = parse_once(text, size, max_depth, flags, &again, ret_problem);
  if (second != error || (error == ERROR_NONE && json_object_equal(object, again) == 0)) {
    error = ERROR_MEMORY;
  }
  json_object_put(again);
  if (error != ERROR_NONE) {
    json_object_put(object);
    return error;
  }
  *ret_object = object;
  return ERROR_NONE;
}
