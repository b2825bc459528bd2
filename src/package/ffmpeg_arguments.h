/* SPDX-License-Identifier: ISC */
/*
 * The two command lines of a package: HLS and DASH playlists over one set of fMP4 segments, and a poster. Pure.
 */
#ifndef MEDIAGATE_PACKAGE_FFMPEG_ARGUMENTS_H
#define MEDIAGATE_PACKAGE_FFMPEG_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "files/package_folder.h"
#include "package/ladder.h"

#define PACKAGE_PROGRESS         "progress" /* what ffmpeg writes of itself; not part of a package */
#define PACKAGE_SEGMENT_SECONDS  4
#define FFMPEG_ARGUMENTS_MAX     192
#define FFMPEG_ARGUMENTS_STORAGE 6144

struct package_source {
  int width, height; /* as it is shown: upright, of square pixels; 0: no picture */
  bool has_audio;
  double duration_seconds; /* 0: unknown */
};

struct ffmpeg_arguments {
  const char *argv[FFMPEG_ARGUMENTS_MAX]; /* ends with NULL */
  size_t count;
  char storage[FFMPEG_ARGUMENTS_STORAGE]; /* of those that were put together */
  size_t used;
};

/* Appends "ffmpeg …" to what the arguments already hold (a sandbox). `input` is a path; files are written to the
 * working directory. `preset` is x264's. */
void ffmpeg_arguments_package(struct ffmpeg_arguments *arguments, const char *input,
                              const struct package_source *source, const struct rendition *renditions,
                              size_t rendition_count, const char *preset);
/* A picture from the first tenth, at most 1280 wide. */
void ffmpeg_arguments_poster(struct ffmpeg_arguments *arguments, const char *input,
                             const struct package_source *source);

#endif
