/* SPDX-License-Identifier: ISC */
/*
 * Reads JSON bodies and their typed fields. The gate (json_gate.c) decides what is good JSON; json-c only builds the
 * tree.
 */
#include "config.h"

#include "http/json_body.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/json_tree.h"
#include "base/text.h"
#include "http/content_type.h"
#include "http/json_gate.h"
#include "http/request.h"
#include "http/response.h"

enum error json_body_parse(const char *text, size_t size, struct json_object **ret_object,
                           char ret_reason[JSON_REASON_SIZE]) {
  size_t start = 0;
  size_t object_size = 0;
  if (size > JSON_BODY_MAX_BYTES) {
    (void)snprintf(ret_reason, JSON_REASON_SIZE, "byte %d: the text is too long", JSON_BODY_MAX_BYTES);
    return ERROR_INVALID;
  }
  enum error error = json_gate_check(text, size, JSON_BODY_MAX_DEPTH, &start, &object_size, ret_reason);
  if (error != ERROR_NONE) {
    return error;
  }
  struct json_tree_problem problem;
  error = json_tree_parse(text + start, object_size, JSON_BODY_MAX_DEPTH + 1,
                          JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8, ret_object, &problem);
  if (error == ERROR_INVALID) {
    (void)snprintf(ret_reason, JSON_REASON_SIZE, "byte %zu: %s", start + problem.at, problem.what);
  }
  return error;
}

enum error json_body_read(struct request *request, struct response *response, struct json_object **ret_object) {
  char reason[JSON_REASON_SIZE] = "";
  char *body = NULL;
  size_t size = 0;
  if (!content_type_is(request->content_type, "application/json") || !content_type_is_utf8(request->content_type)) {
    response_problem(response, 415, "Send the body as application/json, in UTF-8.");
    return ERROR_UNSUPPORTED;
  }
  if (!content_type_is_plain(request, response)) {
    return ERROR_UNSUPPORTED;
  }
  enum error error = request_read_all(request, JSON_BODY_MAX_BYTES, &body, &size);
  if (error == ERROR_NONE) {
    error = json_body_parse(body, size, ret_object, reason);
  }
  free(body);
  switch (error) {
  case ERROR_NONE:
    break;
  case ERROR_INVALID:
    response_problem(response, 400, "The body is not acceptable JSON: %s.", reason);
    break;
  case ERROR_TOO_LARGE:
    response_problem(response, 413, "A JSON body may have at most %d bytes.", JSON_BODY_MAX_BYTES);
    break;
  case ERROR_ABORTED:
    response_problem(response, 400, "The body ended before its announced length.");
    break;
  default:
    response_error(response, error);
    break;
  }
  return error;
}

/* --- fields --- */

/* Notes what is wrong with a member; its name is escaped as a JSON pointer wants it (RFC 6901). */
static void note_member(struct response *response, const char *name, const char *detail) {
  char pointer[64];
  size_t length = 0;
  pointer[length++] = '/';
  for (; *name != '\0' && length + 3 < sizeof pointer; name++) {
    if (*name == '~' || *name == '/') {
      pointer[length++] = '~';
      pointer[length++] = *name == '~' ? '0' : '1';
    } else {
      pointer[length++] = *name;
    }
  }
  while (length > 1 && !text_is_utf8(pointer, length)) {
    length--; /* cut inside a character */
  }
  pointer[length] = '\0';
  response_field_error(response, pointer, "%s", detail);
}

/* The member, or NULL when it is absent or null, which counts as absent. */
static struct json_object *body_member(struct json_object *object, const char *name) {
  struct json_object *value = NULL;
  return json_object_object_get_ex(object, name, &value) ? value : NULL;
}

static const char *check_string(struct json_object *value, const char *name, size_t min_length, size_t max_length,
                                struct response *response) {
  char detail[96];
  if (!json_object_is_type(value, json_type_string)) {
    note_member(response, name, "must be a string");
    return NULL;
  }
  const char *string = json_object_get_string(value);
  size_t size = (size_t)json_object_get_string_len(value);
  if (memchr(string, '\0', size) != NULL || text_has_control(string, size)) {
    note_member(response, name, "must not contain control characters");
    return NULL;
  }
  size_t length = text_utf8_length(string, size);
  if (length < min_length || length > max_length) {
    (void)snprintf(detail, sizeof detail, "must have %zu to %zu characters", min_length, max_length);
    note_member(response, name, detail);
    return NULL;
  }
  return string;
}

const char *json_body_string(struct json_object *object, const char *name, size_t min_length, size_t max_length,
                             struct response *response) {
  struct json_object *value = body_member(object, name);
  if (value == NULL) {
    note_member(response, name, "is required");
    return NULL;
  }
  return check_string(value, name, min_length, max_length, response);
}

const char *json_body_string_optional(struct json_object *object, const char *name, size_t min_length,
                                      size_t max_length, struct response *response) {
  struct json_object *value = body_member(object, name);
  return value == NULL ? NULL : check_string(value, name, min_length, max_length, response);
}

const char *json_body_password(struct json_object *object, const char *name, size_t min_bytes, size_t max_bytes,
                               struct response *response) {
  char detail[96];
  struct json_object *value = body_member(object, name);
  if (value == NULL || !json_object_is_type(value, json_type_string)) {
    note_member(response, name, value == NULL ? "is required" : "must be a string");
    return NULL;
  }
  const char *string = json_object_get_string(value);
  size_t size = (size_t)json_object_get_string_len(value);
  if (memchr(string, '\0', size) != NULL || size < min_bytes || size > max_bytes) {
    (void)snprintf(detail, sizeof detail, "must have %zu to %zu bytes and no NUL", min_bytes, max_bytes);
    note_member(response, name, detail);
    return NULL;
  }
  return string;
}

void json_body_boolean_optional(struct json_object *object, const char *name, bool *ret_value,
                                struct response *response) {
  struct json_object *value = body_member(object, name);
  if (value != NULL && !json_object_is_type(value, json_type_boolean)) {
    note_member(response, name, "must be true or false");
  } else if (value != NULL) {
    *ret_value = json_object_get_boolean(value);
  }
}

void json_body_integer_optional(struct json_object *object, const char *name, int64_t min, int64_t max,
                                int64_t *ret_value, struct response *response) {
  char detail[96];
  struct json_object *value = body_member(object, name);
  if (value == NULL) {
    return;
  }
  int64_t number = json_object_get_int64(value);
  if (!json_object_is_type(value, json_type_int) || number < min || number > max) {
    (void)snprintf(detail, sizeof detail, "must be a whole number from %" PRId64 " to %" PRId64, min, max);
    note_member(response, name, detail);
    return;
  }
  *ret_value = number;
}

/* Is each item a string without control characters? */
static bool are_strings(struct json_object *array, size_t count, const char *ret_strings[]) {
  for (size_t i = 0; i < count; i++) {
    struct json_object *item = json_object_array_get_idx(array, i);
    const char *string = json_object_get_string(item);
    size_t size = (size_t)json_object_get_string_len(item);
    if (!json_object_is_type(item, json_type_string) || memchr(string, '\0', size) != NULL ||
        text_has_control(string, size)) {
      return false;
    }
    ret_strings[i] = string;
  }
  return true;
}

size_t json_body_strings(struct json_object *object, const char *name, size_t min_count, size_t max_count,
                         const char *ret_strings[], struct response *response) {
  char detail[96];
  struct json_object *value = body_member(object, name);
  if (value == NULL) {
    if (min_count > 0) {
      note_member(response, name, "is required");
    }
    return 0;
  }
  size_t count = json_object_is_type(value, json_type_array) ? json_object_array_length(value) : SIZE_MAX;
  if (count < min_count || count > max_count || !are_strings(value, count, ret_strings)) {
    (void)snprintf(detail, sizeof detail, "must be an array of %zu to %zu strings without control characters",
                   min_count, max_count);
    note_member(response, name, detail);
    return 0;
  }
  return count;
}

bool json_body_has(struct json_object *object, const char *name) {
  return body_member(object, name) != NULL;
}

void json_body_refuse_unknown(struct json_object *object, const char *const known[], struct response *response) {
  json_object_object_foreach(object, name, value) {
    (void)value;
    size_t i = 0;
    while (known[i] != NULL && strcmp(known[i], name) != 0) {
      i++;
    }
    if (known[i] == NULL) {
      note_member(response, name, "is not known here");
    }
  }
}
