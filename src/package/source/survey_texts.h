/* SPDX-License-Identifier: ISC */
/*
 * What ffprobe says of a source's subtitles and chapters, and what a package leaves out. Pure.
 */
#ifndef MEDIAGATE_PACKAGE_SOURCE_SURVEY_TEXTS_H
#define MEDIAGATE_PACKAGE_SOURCE_SURVEY_TEXTS_H

#include "base/error.h"
#include "package/source/source.h"

struct json_object;

/* Adds subtitles, chapters and what is left out to the source. `begin` is the file's start_time, which ffmpeg calls 0;
 * NAN: not told. */
void survey_texts_read(struct json_object *document, double begin, struct package_source *source);
/* One more that the package does not have. What is more than SOURCE_LEFT_OUT_MAX is not told. */
void survey_texts_leave_out(struct package_source *source, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
