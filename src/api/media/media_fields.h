/* SPDX-License-Identifier: ISC */
/* What POST and PATCH say of a medium: title, type and file_url, checked. */
#ifndef MEDIAGATE_API_MEDIA_MEDIA_FIELDS_H
#define MEDIAGATE_API_MEDIA_MEDIA_FIELDS_H

#include <stdbool.h>

#include "api/media/file_url.h"
#include "domain/medium.h"
#include "http/response.h"
#include "store/media/media_store.h"

struct json_object;

#define MEDIA_FIELDS_TITLE_SIZE (MEDIUM_TITLE_MAX * 4 + 1)

struct media_fields {
  bool has_title;
  char title[MEDIA_FIELDS_TITLE_SIZE]; /* as media_fields_title has it, without the blanks at its ends */
  bool has_type;
  enum media_type type;
  bool has_file_url;
  const char *file_url;   /* as sent, NULL when null or absent; lives as long as the object */
  struct file_url parsed; /* of file_url */
};

/* `all_required`: title and type must be there. False: the response has the 422. */
bool media_fields_read(struct json_object *object, bool all_required, struct response *response,
                       struct media_fields *ret_fields) MUST_CHECK;
/* A title as it is stored, and what is searched for in titles: in Normalization Form C, since a Mac and Windows spell
 * the same letters in two ways. ERROR_TOO_LARGE: longer than MEDIUM_TITLE_MAX then. ERROR_MEMORY. */
enum error media_fields_title(const char *text, char ret_title[MEDIA_FIELDS_TITLE_SIZE]) MUST_CHECK;
/* "video" or "audio". */
bool media_fields_parse_type(const char *text, enum media_type *ret_type) MUST_CHECK;

#endif
