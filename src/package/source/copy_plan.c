/* SPDX-License-Identifier: ISC */
/*
 * The smaller renditions are encoded with a key frame at each of the source's, so all renditions are cut at the same
 * times if they are cut by the same rule.
 */
#include "config.h"

#include "package/source/copy_plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define APART       0.0008 /* seconds: clocks of Matroska tick in milliseconds */
#define MARGIN      0.005  /* seconds by which a segment may fall short and still be cut */
#define USUAL_CUT   4      /* seconds */
#define SOUND_KBPS  128    /* of the file's rate that each of its sounds may be */
#define BITS_A_BYTE 8.0

/* The begin and the end of a line. False: it is none. */
static bool read_line(const char *line, double *ret_begin, double *ret_end) {
  const char *comma = strchr(line, ',');
  char *rest = NULL;
  double begin = comma == NULL ? NAN : strtod(comma + 1, &rest);
  double end = rest == NULL || *rest != ',' ? NAN : strtod(rest + 1, NULL);
  *ret_begin = begin;
  *ret_end = end;
  return isfinite(begin) && isfinite(end) && end > begin;
}

static const char *next_line(const char *line) {
  line += strcspn(line, "\n");
  return line + (*line == '\n');
}

/* The longest segment when each ends at the first key frame after `cut` seconds. INFINITY: the list does not serve. */
static double longest_with(const char *keys, struct frame_rate rate, double cut) {
  double longest = 0, segment_begin = 0, begin = 0, end = 0;
  for (const char *line = keys; *line != '\0'; line = next_line(line)) {
    if (!read_line(line, &begin, &end) || (line == keys && fabs(begin) > APART)) {
      return INFINITY;
    }
    double pictures = begin * frame_rate_value(rate);
    if (fabs(pictures - round(pictures)) > APART * frame_rate_value(rate)) {
      return INFINITY;
    }
    if (begin - segment_begin >= cut) {
      longest = fmax(longest, begin - segment_begin);
      segment_begin = begin;
    }
  }
  return end > 0 ? fmax(longest, end - segment_begin) : INFINITY;
}

double copy_plan_cut(const char *keys, struct frame_rate rate) {
  if (frame_rate_value(rate) <= FRAME_RATE_RARE) {
    return 0;
  }
  for (int cut = USUAL_CUT; cut >= 0; cut--) {
    double least = cut > 0 ? cut - MARGIN : MARGIN;
    if (longest_with(keys, rate, least) <= COPY_PLAN_LONGEST) {
      return least;
    }
  }
  return 0;
}

int copy_plan_period(const char *keys, struct frame_rate rate) {
  double begin = 0, end = 0;
  long period = 0;
  for (const char *line = keys; *line != '\0'; line = next_line(line)) {
    long pictures = read_line(line, &begin, &end) ? lround((end - begin) * frame_rate_value(rate)) : 0;
    bool last = *next_line(line) == '\0';
    period = period == 0 ? pictures : period;
    if (pictures <= 0 || (last ? pictures > period : pictures != period)) {
      return 0;
    }
  }
  return (int)period;
}

bool copy_plan_fits(const struct package_source *source, const struct rendition *largest, int64_t pictures,
                    int64_t size_bytes) {
  const struct source_picture *picture = &source->picture;
  double seconds = source_seconds(source);
  double kbps = seconds > 0 ? (double)size_bytes * BITS_A_BYTE / seconds / 1000 : INFINITY;
  return picture->plain && picture->width == largest->width && picture->height == largest->height &&
         fabs(seconds * frame_rate_value(picture->rate) - (double)pictures) < 1.0 / 2 &&
         kbps <= largest->maxrate_kbps + SOUND_KBPS * (double)source->sound_count;
}
