/* SPDX-License-Identifier: ISC */
/* What POST and PATCH say of a medium, checked. */
#ifndef MEDIAGATE_API_MEDIA_MEDIA_FIELDS_H
#define MEDIAGATE_API_MEDIA_MEDIA_FIELDS_H

#include <stdbool.h>

#include "api/media/file_url.h"
#include "base/text.h"
#include "domain/medium.h"
#include "http/response.h"
#include "store/media/media_store.h"

struct json_object;

#define MEDIA_FIELDS_TITLE_SIZE (MEDIUM_TITLE_MAX * 4 + 1)

enum media_fields_of {
  MEDIA_FIELDS_NEW,    /* title must be there */
  MEDIA_FIELDS_CHANGE, /* what is absent stays */
  MEDIA_FIELDS_MANY,   /* a change of many media: file_url and external_id are each medium's own; ids may be there */
};

/* Zero-initialise; media_fields_free. What was sent lives as long as the object. */
struct media_fields {
  bool has_title;
  char title[MEDIA_FIELDS_TITLE_SIZE]; /* as media_fields_title has it, without the blanks at its ends */
  bool has_type;
  enum media_type type;
  bool has_file_url;
  const char *file_url;   /* as sent, NULL when null or absent */
  struct file_url parsed; /* of file_url */
  bool has_description, has_external_id;
  struct text description; /* in Normalization Form C; empty when null or absent */
  const char *external_id; /* as sent, NULL when null or absent */
  struct text tags;        /* as media_tags_end has them; empty when absent */
  const char *metadata;    /* JSON without blanks; NULL when absent */
};

/* False: the response has the 422, or what is wrong with the server. */
bool media_fields_read(struct json_object *object, enum media_fields_of of, struct response *response,
                       struct media_fields *ret_fields) MUST_CHECK;
void media_fields_free(struct media_fields *fields);
/* What the fields change. It points into them. */
struct media_change media_fields_change(const struct media_fields *fields);

/* A title as it is stored, and what is searched for in titles: in Normalization Form C, since a Mac and Windows spell
 * the same letters in two ways. ERROR_TOO_LARGE: longer than MEDIUM_TITLE_MAX then. ERROR_MEMORY. */
enum error media_fields_title(const char *text, char ret_title[MEDIA_FIELDS_TITLE_SIZE]) MUST_CHECK;
/* "video" or "audio". */
bool media_fields_parse_type(const char *text, enum media_type *ret_type) MUST_CHECK;
/* Adds one tag (media_tags_add): in Normalization Form C, without the blanks around it. ERROR_INVALID: it is empty, too
 * long, or has a comma, which separates tags in queries. ERROR_MEMORY. */
enum error media_fields_add_tag(struct text *tags, const char *tag) MUST_CHECK;

#endif
