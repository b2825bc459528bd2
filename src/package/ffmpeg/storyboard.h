/* SPDX-License-Identifier: ISC */
/*
 * The storyboard of a film: small pictures at equal times, many on a sheet, for the bar below a player. Pure, but for
 * storyboard_make.
 */
#ifndef MEDIAGATE_PACKAGE_FFMPEG_STORYBOARD_H
#define MEDIAGATE_PACKAGE_FFMPEG_STORYBOARD_H

#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "package/ffmpeg/argument_list.h"
#include "package/source/source.h"

#define STORYBOARD_SHEET "storyboard-%03d.jpg" /* as ffmpeg numbers them, from 1 */
#define STORYBOARD_SIDE  10                    /* pictures in a row, and rows on a sheet */

struct storyboard {
  int width, height;      /* of a small picture */
  int step;               /* one for each so many pictures of the film */
  struct frame_rate rate; /* of the film */
  int count, sheets;      /* of small pictures; 0: there is no storyboard */
  double seconds;         /* of the film */
  int64_t largest_size;   /* bytes of the largest sheet */
};

/* How it is made; count and sheets stay 0. */
struct storyboard storyboard_plan(const struct package_source *source);
/* Puts the filter that makes sheets of the film's pictures. */
void storyboard_put_filter(struct ffmpeg_arguments *arguments, const struct storyboard *plan,
                           const struct source_picture *picture);
/* Adds the output that has the sheets, of the filter's pad [name]. */
void storyboard_add_output(struct ffmpeg_arguments *arguments, const char *name);
/* Looks at the sheets of a film of so many pictures, writes PACKAGE_STORYBOARD and STORYBOARD_PLAYLIST, and says what
 * there is. Sheets that are missing are no error: then there is no storyboard. */
enum error storyboard_make(int folder_fd, const struct package_source *source, double seconds,
                           struct storyboard *ret_storyboard) MUST_CHECK;

/* WebVTT with #xywh, its HLS playlist, and its lines in the master and the manifest. */
void storyboard_append_vtt(struct text *text, const struct storyboard *storyboard);
void storyboard_append_playlist(struct text *text, const struct storyboard *storyboard);
void storyboard_append_stream(struct text *text, const struct storyboard *storyboard);
void storyboard_append_set(struct text *text, const struct storyboard *storyboard);

#endif
