/* SPDX-License-Identifier: ISC */
/* Reads description, tags, external_id and metadata. null takes each of them away. */
#include "config.h"

#include "api/media/media_own_fields.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "base/text_parse.h"
#include "base/unicode.h"
#include "http/json_body.h"

/* Paragraphs are fine, other control characters are not. */
static bool is_prose(const char *text, size_t size) {
  for (size_t i = 0; i < size; i++) {
    unsigned char byte = (unsigned char)text[i];
    if ((byte < 0x20 && byte != '\n' && byte != '\t' && byte != '\r') || byte == 0x7f) {
      return false;
    }
  }
  return true;
}

static enum error read_description(struct json_object *object, struct response *response, struct media_fields *fields) {
  struct json_object *member;
  if (!json_object_object_get_ex(object, "description", &member)) {
    return ERROR_NONE;
  }
  fields->has_description = true;
  if (member == NULL) {
    return ERROR_NONE;
  }
  enum error error = ERROR_INVALID;
  if (json_object_is_type(member, json_type_string)) {
    error = text_nfc(&fields->description, json_object_get_string(member), (size_t)json_object_get_string_len(member));
  }
  const struct text *text = &fields->description;
  size_t length = error == ERROR_NONE ? text_utf8_length(text->data, text->length) : 0;
  if (error == ERROR_INVALID ||
      (error == ERROR_NONE && (length < 1 || length > MEDIUM_DESCRIPTION_MAX || !is_prose(text->data, text->length)))) {
    response_field_error(response, "/description",
                         "must be null, or a text of 1 to %d characters, without control characters but line ends",
                         MEDIUM_DESCRIPTION_MAX);
    error = ERROR_NONE;
  }
  return error;
}

enum error media_fields_add_tag(struct text *tags, const char *tag) {
  struct text text = {.data = NULL};
  enum error error = text_nfc(&text, tag, strlen(tag));
  if (error == ERROR_NONE) {
    text_trim(text.data);
    size_t size = strlen(text.data);
    size_t length = text_utf8_length(text.data, size);
    if (length < 1 || length > MEDIUM_TAG_MAX || strchr(text.data, ',') != NULL || text_has_control(text.data, size)) {
      error = ERROR_INVALID;
    }
  }
  if (error == ERROR_NONE) {
    media_tags_add(tags, text.data);
    error = tags->failed ? ERROR_MEMORY : ERROR_NONE;
  }
  text_free(&text);
  return error;
}

static enum error read_tag(struct json_object *tags, size_t index, struct response *response,
                           struct media_fields *fields) {
  struct json_object *tag = json_object_array_get_idx(tags, index);
  enum error error = ERROR_INVALID;
  if (json_object_is_type(tag, json_type_string)) {
    error = media_fields_add_tag(&fields->tags, json_object_get_string(tag));
  }
  if (error == ERROR_INVALID) {
    char pointer[48];
    snprintf(pointer, sizeof pointer, "/tags/%zu", index);
    response_field_error(response, pointer, "must be a text of 1 to %d characters without commas", MEDIUM_TAG_MAX);
    return ERROR_NONE;
  }
  return error;
}

static enum error read_tags(struct json_object *object, struct response *response, struct media_fields *fields) {
  struct json_object *tags;
  enum error error = ERROR_NONE;
  if (!json_object_object_get_ex(object, "tags", &tags)) {
    return ERROR_NONE;
  }
  if (tags != NULL &&
      (!json_object_is_type(tags, json_type_array) || json_object_array_length(tags) > MEDIUM_TAGS_MAX)) {
    response_field_error(response, "/tags", "must be null, or an array of at most %d texts", MEDIUM_TAGS_MAX);
    return ERROR_NONE;
  }
  for (size_t i = 0; tags != NULL && error == ERROR_NONE && i < json_object_array_length(tags); i++) {
    error = read_tag(tags, i, response, fields);
  }
  return error == ERROR_NONE && media_tags_end(&fields->tags) == NULL ? ERROR_MEMORY : error;
}

static void read_external_id(struct json_object *object, struct response *response, struct media_fields *fields) {
  struct json_object *member;
  if (json_object_object_get_ex(object, "external_id", &member)) {
    fields->has_external_id = true;
    fields->external_id = json_body_string_optional(object, "external_id", 1, MEDIUM_EXTERNAL_ID_MAX, response);
  }
}

static enum error read_metadata(struct json_object *object, struct response *response, struct media_fields *fields) {
  struct json_object *metadata;
  if (!json_object_object_get_ex(object, "metadata", &metadata)) {
    return ERROR_NONE;
  }
  if (metadata == NULL) {
    fields->metadata = "{}";
    return ERROR_NONE;
  }
  size_t size = 0;
  const char *text =
      json_object_to_json_string_length(metadata, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &size);
  if (text == NULL) {
    return ERROR_MEMORY;
  }
  if (!json_object_is_type(metadata, json_type_object) || size > MEDIUM_METADATA_MAX) {
    response_field_error(response, "/metadata", "must be null, or an object of at most %d bytes of JSON",
                         MEDIUM_METADATA_MAX);
  } else {
    fields->metadata = text;
  }
  return ERROR_NONE;
}

enum error media_own_fields_read(struct json_object *object, struct response *response, struct media_fields *fields) {
  enum error error = read_description(object, response, fields);
  if (error == ERROR_NONE) {
    error = read_tags(object, response, fields);
  }
  if (error == ERROR_NONE) {
    error = read_metadata(object, response, fields);
  }
  read_external_id(object, response, fields);
  return error;
}
