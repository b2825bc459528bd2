/* SPDX-License-Identifier: ISC */
/*
 * Reads what ffprobe and the measuring ffmpeg of survey.c printed. Pure.
 */
#ifndef MEDIAGATE_PACKAGE_SOURCE_SURVEY_PARSE_H
#define MEDIAGATE_PACKAGE_SOURCE_SURVEY_PARSE_H

#include <stdint.h>

#include "base/error.h"
#include "package/source/source.h"

/* ffprobe's -show_entries for survey_parse_streams. */
extern const char survey_entries[];

/* From ffprobe's JSON: the first picture that is no cover, and the sounds that can be decoded. The main sound is the
 * one that is marked default and no commentary, else the first that is no commentary. Lengths stay 0. ERROR_INVALID:
 * not one stream that can be packaged. ERROR_MEMORY. */
enum error survey_parse_streams(const char *json, size_t size, struct package_source *ret_source) MUST_CHECK;
/* The end that a segment list of ffmpeg's (csv) tells, in seconds: "name,begin,end". 0: none. */
double survey_parse_end(const char *csv);
/* How many pictures ffmpeg read by the last "frame=N" of its progress. 0: not told. */
int64_t survey_parse_pictures(const char *progress);

#endif
