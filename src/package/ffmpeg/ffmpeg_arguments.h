/* SPDX-License-Identifier: ISC */
/*
 * The command lines of a package: what looks at the source, what makes the segments, and what makes the poster. Pure.
 */
#ifndef MEDIAGATE_PACKAGE_FFMPEG_FFMPEG_ARGUMENTS_H
#define MEDIAGATE_PACKAGE_FFMPEG_FFMPEG_ARGUMENTS_H

#include <stddef.h>

#include "files/package_folder.h"
#include "package/ffmpeg/argument_list.h"
#include "package/source/picture_plan.h"
#include "package/source/source.h"

#define PACKAGE_SEGMENT_SECONDS 4
#define PACKAGE_RARE_SECONDS    8 /* a segment of stills and slides, of which a long one has thousands */
/* Where ffmpeg_arguments_measure writes: lists of segments, and segments, which are checksums. */
#define MEASURE_PICTURE "end-picture"
#define MEASURE_SOUND   "end-sound"
#define MEASURE_LIST    ".csv"
#define MEASURE_SEGMENT "-0.crc"

/* All append to what the arguments already hold (a sandbox). `input` is a path; files are written to the working
 * directory. */

/* "ffprobe …" for survey_parse_streams. */
void ffmpeg_arguments_survey(struct ffmpeg_arguments *arguments, const char *input);
/* "ffmpeg …" that reads all packets of the picture and the main sound without decoding them, so that its own clock
 * tells when each ends: what files say of their length is often wrong, or missing. */
void ffmpeg_arguments_measure(struct ffmpeg_arguments *arguments, const char *input,
                              const struct package_source *source);
/* How long a segment is about. */
int ffmpeg_arguments_segment_seconds(const struct package_source *source);
/* Each of the source's subtitles as subtitle-N.vtt. */
void ffmpeg_arguments_subtitles(struct ffmpeg_arguments *arguments, const char *input,
                                const struct package_source *source);
/* The segments. `preset` is x264's. */
void ffmpeg_arguments_package(struct ffmpeg_arguments *arguments, const char *input,
                              const struct package_source *source, const struct picture_plan *plan, const char *preset);
#endif
