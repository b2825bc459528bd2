/* SPDX-License-Identifier: ISC */
/*
 * The text of SRT as WebVTT: its markup is HTML's and that of SubStation Alpha, as far as writers of SRT know either.
 * Pure.
 */
#ifndef MEDIAGATE_FILES_SUBTITLE_TEXT_H
#define MEDIAGATE_FILES_SUBTITLE_TEXT_H

#include <stddef.h>

#include "base/text.h"

enum subtitle_place { SUBTITLE_PLACE_BOTTOM, SUBTITLE_PLACE_MIDDLE, SUBTITLE_PLACE_TOP };

/* Appends one line without its end: <b>, <i> and <u> stay, other tags and {\…} go, what is text is escaped. {\an7} to
 * {\an9} and {\an4} to {\an6} say where the cue stands: *ret_place. */
void subtitle_text_append(struct text *text, const char *line, size_t length, enum subtitle_place *ret_place);

#endif
