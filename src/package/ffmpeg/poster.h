/* SPDX-License-Identifier: ISC */
/*
 * Posters: one picture of a film, or one that was uploaded, in three sizes.
 */
#ifndef MEDIAGATE_PACKAGE_FFMPEG_POSTER_H
#define MEDIAGATE_PACKAGE_FFMPEG_POSTER_H

#include <stdbool.h>

#include "base/error.h"
#include "package/ffmpeg/argument_list.h"
#include "package/ffmpeg/ffmpeg_run.h"
#include "package/source/source.h"

/* Which picture of a film is its poster: the first that is not dark in the minute behind its first tenth, or of all key
 * pictures, or of all pictures; else whatever is there, or the first of all. Each is for when the one before does not
 * exist. POSTER_AT_TIME is what an administrator chose, POSTER_IMAGE an image. */
enum poster_choice {
  POSTER_BRIGHT,
  POSTER_BRIGHT_KEY,
  POSTER_BRIGHT_ANY,
  POSTER_AT_TENTH,
  POSTER_FIRST,
  POSTER_AT_TIME,
  POSTER_IMAGE,
};

/* Writes PACKAGE_POSTER, PACKAGE_POSTER_MEDIUM and PACKAGE_POSTER_SMALL, at most 1280, 640 and 320 wide. `seconds` is
 * for POSTER_AT_TIME. */
void poster_arguments(struct ffmpeg_arguments *arguments, const char *input, const struct source_picture *picture,
                      enum poster_choice choice, double seconds);
/* Of a film. A picture that cannot be made is no error: *ret_made says whether there is one. Errors as
 * transcode_run's. */
enum error poster_make(struct ffmpeg_run *run, const struct package_source *source,
                       char ret_reason[TRANSCODE_REASON_SIZE]) MUST_CHECK;
/* One that was chosen: POSTER_AT_TIME or POSTER_IMAGE. ERROR_INVALID: there is no such picture. */
enum error poster_make_chosen(struct ffmpeg_run *run, const struct source_picture *picture, enum poster_choice choice,
                              double seconds, char ret_reason[TRANSCODE_REASON_SIZE]) MUST_CHECK;

#endif
