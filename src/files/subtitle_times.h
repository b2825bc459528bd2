/* SPDX-License-Identifier: ISC */
/*
 * The line of times of a cue, in SRT and WebVTT. Pure.
 */
#ifndef MEDIAGATE_FILES_SUBTITLE_TIMES_H
#define MEDIAGATE_FILES_SUBTITLE_TIMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct subtitle_line { /* without its end */
  const char *begin;
  size_t length;
};

bool subtitle_line_is_blank(const struct subtitle_line *line);
bool subtitle_line_is_number(const struct subtitle_line *line); /* of a cue of SRT */
/* Is it a line of times? *ret_rest is what stands behind them. */
bool subtitle_times_read(bool srt, const struct subtitle_line *line, int64_t *ret_start_ms, int64_t *ret_end_ms,
                         struct subtitle_line *ret_rest);
/* As WebVTT writes it: 00:00:01.000. */
void subtitle_times_append_one(struct text *vtt, int64_t ms);
/* The settings of a cue of WebVTT, each with a blank before it. What no player knows is left out, as they do; so are
 * regions. */
void subtitle_times_append_settings(struct text *text, struct subtitle_line rest);

#endif
