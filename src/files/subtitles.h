/* SPDX-License-Identifier: ISC */
/*
 * Subtitles in side-car files: WebVTT and SRT as people have them, and what comes out is WebVTT of cues alone. Pure.
 */
#ifndef MEDIAGATE_FILES_SUBTITLES_H
#define MEDIAGATE_FILES_SUBTITLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

#define SUBTITLES_MAX_BYTES (1024 * 1024)

struct subtitles_result {
  int cues;
  size_t line;        /* of the mistake, from 1 */
  const char *reason; /* static; completes "line N …" */
};

/* Is it a language tag as BCP 47 recommends to write it: "en", "pt-BR", "zh-Hant", "es-419"? Language, script and
 * region only. */
bool subtitles_is_language(const char *tag);

/* What begins with "WEBVTT" is WebVTT, all else SRT. Comments, style sheets and regions are left out, cues are put in
 * order, and those that last no time go. SRT keeps <b>, <i> and <u>, and whether it stands at the top ({\an8}); other
 * markup of it goes. Appends to ret_vtt. ERROR_INVALID: line and reason are set. ERROR_MEMORY. */
enum error subtitles_normalise(const char *bytes, size_t size, struct text *ret_vtt,
                               struct subtitles_result *ret_result) MUST_CHECK;
/* When the last cue of what subtitles_normalise made ends; 0 for none. */
int64_t subtitles_end_ms(const char *vtt, size_t size);

#endif
