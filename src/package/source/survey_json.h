/* SPDX-License-Identifier: ISC */
/*
 * Members of ffprobe's JSON. What is missing or of another kind reads as nothing.
 */
#ifndef MEDIAGATE_PACKAGE_SOURCE_SURVEY_JSON_H
#define MEDIAGATE_PACKAGE_SOURCE_SURVEY_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "package/source/source.h"

struct json_object;

struct json_object *survey_json_member(struct json_object *object, const char *name); /* NULL: none */
const char *survey_json_text(struct json_object *object, const char *name);           /* "": none */
/* Numbers come as such or as strings: "sample_rate":"48000". 0: none above 0. */
int survey_json_number(struct json_object *object, const char *name);
bool survey_json_is_marked(struct json_object *stream, const char *disposition);
/* "1.400000", perhaps below 0; NAN: not told */
double survey_json_seconds(struct json_object *object, const char *name);
/* A list of streams or chapters; NULL and 0 where there is none. */
struct json_object *survey_json_list(struct json_object *object, const char *name, size_t *ret_count);
/* The tags of a stream: its language as ISO 639 has it, and its title as it may stand in playlists, in quotes. */
void survey_json_language(struct json_object *stream, char ret_language[SOURCE_LANGUAGE_SIZE]);
void survey_json_name(struct json_object *stream, char ret_name[SOURCE_NAME_SIZE]);

#endif
