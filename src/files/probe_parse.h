/* SPDX-License-Identifier: ISC */
/*
 * Reads what `ffprobe -print_format json -show_format -show_streams` printed. Pure.
 */
#ifndef MEDIAGATE_FILES_PROBE_PARSE_H
#define MEDIAGATE_FILES_PROBE_PARSE_H

#include <stddef.h>

#include "base/error.h"
#include "files/probe.h"

/* The demuxers that may read an uploaded file, as ffprobe's -format_whitelist takes them. */
const char *probe_parse_formats(void);
/* ERROR_INVALID with the reason in words: no audio or video stream, or a format that is not taken.
 * ERROR_MEMORY. */
enum error probe_parse(const char *json, size_t size, struct probe_result *ret_result,
                       char ret_reason[PROBE_REASON_SIZE]) MUST_CHECK;
struct json_object;
/* Is a stream of pictures a cover, by its mark or by its rate? */
bool probe_parse_is_cover(struct json_object *stream, bool beside_sound);
/* `streams` is ffprobe's array of them, or NULL. */
bool probe_parse_has_sound(struct json_object *streams);
/* The size of a stream's picture as it is shown, upright and of square pixels, in pixels; 0 by 0 when none is told. */
void probe_parse_picture(struct json_object *stream, int *ret_width, int *ret_height);

#endif
