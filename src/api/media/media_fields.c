/* SPDX-License-Identifier: ISC */
/* Reads and checks the fields of a medium. Pure but for the response that collects what is wrong.
 */
#include "config.h"

#include "api/media/media_fields.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "base/text_parse.h"
#include "base/unicode.h"
#include "domain/medium.h"
#include "api/media/media_own_fields.h"
#include "http/json_body.h"

static const char *const names_of_many[] = {"title", "type", "description", "tags", "metadata", "ids", NULL};
static const char *const names[] = {"title",    "type",     "description", "tags",
                                    "metadata", "file_url", "external_id", NULL};

/* Every reader of a field: absent is wrong only where it is required. */
typedef const char *read_string(struct json_object *object, const char *name, size_t min_length, size_t max_length,
                                struct response *response);

enum error media_fields_title(const char *text, char ret_title[MEDIA_FIELDS_TITLE_SIZE]) {
  struct text title = {.data = NULL};
  enum error error = text_nfc(&title, text, strlen(text));
  if (error == ERROR_NONE && text_utf8_length(title.data, title.length) > MEDIUM_TITLE_MAX) {
    error = ERROR_TOO_LARGE;
  }
  if (error == ERROR_NONE) {
    memcpy(ret_title, title.data, title.length + 1);
  }
  text_free(&title);
  return error;
}

/* ERROR_MEMORY; what else is wrong is noted. */
static enum error read_media_title(struct json_object *object, read_string *read, struct response *response,
                                   struct media_fields *fields) {
  const char *title = read(object, "title", 1, MEDIUM_TITLE_MAX, response);
  if (title == NULL) {
    return ERROR_NONE;
  }
  fields->has_title = true;
  enum error error = media_fields_title(title, fields->title);
  if (error == ERROR_TOO_LARGE) {
    response_field_error(response, "/title", "must have 1 to %d characters", MEDIUM_TITLE_MAX);
    return ERROR_NONE;
  }
  if (error != ERROR_NONE) {
    return error;
  }
  text_trim(fields->title);
  if (fields->title[0] == '\0') {
    response_field_error(response, "/title", "must hold more than blanks");
  }
  return ERROR_NONE;
}

bool media_fields_parse_type(const char *text, enum media_type *ret_type) {
  for (enum media_type type = MEDIA_VIDEO; type <= MEDIA_AUDIO; type++) {
    if (strcmp(text, media_type_name(type)) == 0) {
      *ret_type = type;
      return true;
    }
  }
  return false;
}

static void read_type(struct json_object *object, read_string *read, struct response *response,
                      struct media_fields *fields) {
  const char *type = read(object, "type", 0, MEDIUM_TITLE_MAX, response);
  if (type == NULL) {
    return;
  }
  fields->has_type = media_fields_parse_type(type, &fields->type);
  if (!fields->has_type) {
    response_field_error(response, "/type", "must be \"video\" or \"audio\"");
  }
}

static void read_file_url(struct json_object *object, struct response *response, struct media_fields *fields) {
  struct json_object *member;
  if (!json_object_object_get_ex(object, "file_url", &member)) {
    return;
  }
  fields->has_file_url = true; /* null takes it away */
  fields->file_url = json_body_string_optional(object, "file_url", 1, FILE_URL_MAX_BYTES, response);
  const char *reason;
  if (fields->file_url != NULL && file_url_parse(fields->file_url, &fields->parsed, &reason) != ERROR_NONE) {
    response_field_error(response, "/file_url", "%s", reason);
  }
}

bool media_fields_read(struct json_object *object, enum media_fields_of of, struct response *response,
                       struct media_fields *ret_fields) {
  *ret_fields = (struct media_fields){.has_title = false};
  json_body_refuse_unknown(object, of == MEDIA_FIELDS_MANY ? names_of_many : names, response);
  enum error error = read_media_title(object, of == MEDIA_FIELDS_NEW ? json_body_string : json_body_string_optional,
                                      response, ret_fields);
  read_type(object, json_body_string_optional, response, ret_fields);
  read_file_url(object, response, ret_fields);
  if (error == ERROR_NONE) {
    error = media_own_fields_read(object, response, ret_fields);
  }
  if (error != ERROR_NONE) {
    response_error(response, error);
  } else if (response_has_field_errors(response)) {
    response_problem_fields(response);
  } else {
    return true;
  }
  media_fields_free(ret_fields);
  return false;
}

void media_fields_free(struct media_fields *fields) {
  text_free(&fields->description);
  text_free(&fields->tags);
}

struct media_change media_fields_change(const struct media_fields *fields) {
  return (struct media_change){.title = fields->has_title ? fields->title : NULL,
                               .type = fields->has_type ? &fields->type : NULL,
                               .set_file_url = fields->has_file_url,
                               .file_url = fields->file_url,
                               .set_description = fields->has_description,
                               .description = fields->description.data,
                               .set_external_id = fields->has_external_id,
                               .external_id = fields->external_id,
                               .tags = fields->tags.data,
                               .metadata = fields->metadata};
}
