/* SPDX-License-Identifier: ISC */
/*
 * Looks at a source before it is packaged: which of its streams can be decoded and which of them are the main ones, and
 * how long picture and sound really are.
 */
#ifndef MEDIAGATE_PACKAGE_FFMPEG_SURVEY_H
#define MEDIAGATE_PACKAGE_FFMPEG_SURVEY_H

#include "base/error.h"
#include "package/ffmpeg/ffmpeg_run.h"
#include "package/source/source.h"

/* The streams alone; all lengths are 0. Errors and ret_reason as transcode_run's. */
enum error survey_streams(struct ffmpeg_run *run, struct package_source *ret_source,
                          char ret_reason[TRANSCODE_REASON_SIZE]) MUST_CHECK;
/* Reads all of the file once, without decoding it. A length that cannot be measured is 0. Errors and ret_reason as
 * transcode_run's. */
enum error survey_source(struct ffmpeg_run *run, struct package_source *ret_source,
                         char ret_reason[TRANSCODE_REASON_SIZE]) MUST_CHECK;

#endif
