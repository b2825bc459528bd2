/* SPDX-License-Identifier: ISC */
/*
 * See survey_json.h.
 */
#include "config.h"

#include "package/source/survey_json.h"

#include <json-c/json.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct json_object *survey_json_member(struct json_object *object, const char *name) {
  struct json_object *value = NULL;
  bool found = json_object_is_type(object, json_type_object) && json_object_object_get_ex(object, name, &value);
  return found ? value : NULL;
}

const char *survey_json_text(struct json_object *object, const char *name) {
  struct json_object *value = survey_json_member(object, name);
  return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

int survey_json_number(struct json_object *object, const char *name) {
  struct json_object *value = survey_json_member(object, name);
  int64_t number = json_object_is_type(value, json_type_int) ? json_object_get_int64(value)
                                                             : strtoll(survey_json_text(object, name), NULL, 10);
  return number > 0 && number <= INT_MAX ? (int)number : 0;
}

bool survey_json_is_marked(struct json_object *stream, const char *disposition) {
  return survey_json_number(survey_json_member(stream, "disposition"), disposition) != 0;
}

double survey_json_seconds(struct json_object *object, const char *name) {
  char *end = NULL;
  const char *text = survey_json_text(object, name);
  double seconds = strtod(text, &end);
  return end != text && *end == '\0' ? seconds : NAN;
}

struct json_object *survey_json_list(struct json_object *object, const char *name, size_t *ret_count) {
  struct json_object *list = survey_json_member(object, name);
  bool is_list = json_object_is_type(list, json_type_array);
  *ret_count = is_list ? json_object_array_length(list) : 0;
  return is_list ? list : NULL;
}

void survey_json_language(struct json_object *stream, char ret_language[SOURCE_LANGUAGE_SIZE]) {
  const char *language = survey_json_text(survey_json_member(stream, "tags"), "language");
  size_t length = strspn(language, "abcdefghijklmnopqrstuvwxyz");
  bool good = (length == 2 || length == 3) && language[length] == '\0' && strcmp(language, "und") != 0;
  snprintf(ret_language, SOURCE_LANGUAGE_SIZE, "%s", good ? language : "");
}

void survey_json_name(struct json_object *stream, char ret_name[SOURCE_NAME_SIZE]) {
  const char *name = survey_json_text(survey_json_member(stream, "tags"), "title");
  size_t length = 0;
  for (; *name != '\0' && length < SOURCE_NAME_SIZE - 1; name++) {
    if (*name >= ' ' && *name <= '~' && strchr("\"<>&\\", *name) == NULL) {
      ret_name[length++] = *name;
    }
  }
  ret_name[length] = '\0';
}
