/* SPDX-License-Identifier: ISC */
/*
 * The texts of a package: the subtitles and chapters inside its source, as WebVTT.
 */
#ifndef MEDIAGATE_PACKAGE_PLAYLIST_PACKAGE_TEXTS_H
#define MEDIAGATE_PACKAGE_PLAYLIST_PACKAGE_TEXTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "package/ffmpeg/ffmpeg_run.h"
#include "package/source/source.h"
#include "package/playlist/text_track.h"

#define PACKAGE_TEXT_SIZE 40 /* of a file's name */

struct package_text {
  const struct source_subtitle *subtitle; /* the source's */
  char name[SOURCE_NAME_SIZE + 16];       /* as players show it */
  int cues;
};

struct package_texts {
  struct package_text list[SOURCE_SUBTITLES_MAX]; /* subtitle-N.vtt */
  size_t count;
};

/* Writes subtitle-N.vtt and PACKAGE_CHAPTERS. Subtitles that cannot be read are left out, and the source says so.
 * Errors and ret_reason as transcode_run's. */
enum error package_texts_make(struct ffmpeg_run *run, struct package_source *source, struct package_texts *ret_texts,
                              char ret_reason[TRANSCODE_REASON_SIZE]) MUST_CHECK;
/* "subtitle-N.vtt" or with another extension. */
void package_texts_file(size_t number, const char *extension, char ret_name[PACKAGE_TEXT_SIZE]);
struct text_track package_texts_track(const struct package_text *text);
/* The chapters of a source as WebVTT. */
void package_texts_append_chapters(struct text *text, const struct package_source *source);

#endif
