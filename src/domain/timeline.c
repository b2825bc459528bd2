/* SPDX-License-Identifier: ISC */
/* Straight lines between what is known. See timeline.h. */
#include "config.h"

#include "domain/timeline.h"

#include <math.h>

void timeline_spread(int64_t begin, int64_t end, struct timeline *ret_timeline) {
  for (int step = 0; step <= TIMELINE_STEPS; step++) {
    ret_timeline->marks[step] = begin + (int64_t)((double)(end - begin) * step / TIMELINE_STEPS);
  }
}

static int64_t between(const struct timeline_point *left, const struct timeline_point *right, double seconds) {
  double span = right->seconds - left->seconds;
  double share = span > 0 ? (seconds - left->seconds) / span : 0;
  share = share < 0 ? 0 : share > 1 ? 1 : share;
  return left->position + (int64_t)floor((double)(right->position - left->position) * share + 1e-6);
}

/* The points up to the end of the duration. 0: one of them falls, or there is none. */
static size_t count_usable(const struct timeline_point *points, size_t count, double duration_seconds, int64_t end) {
  size_t usable = 0;
  for (size_t i = 0; i < count; i++) {
    if (!isfinite(points[i].seconds) || points[i].position < 0 ||
        (i > 0 && (points[i].seconds < points[i - 1].seconds || points[i].position < points[i - 1].position))) {
      return 0;
    }
    usable += points[i].seconds < duration_seconds && points[i].position <= end;
  }
  return usable;
}

bool timeline_draw(const struct timeline_point *points, size_t count, double duration_seconds, int64_t end,
                   struct timeline *ret_timeline) {
  if (!isfinite(duration_seconds) || duration_seconds <= 0) {
    return false;
  }
  size_t usable = count_usable(points, count, duration_seconds, end), right = 0;
  const struct timeline_point last = {.seconds = duration_seconds, .position = end};
  for (int step = 0; usable > 0 && step <= TIMELINE_STEPS; step++) {
    double seconds = duration_seconds * step / TIMELINE_STEPS;
    while (right < usable && points[right].seconds <= seconds) {
      right++;
    }
    ret_timeline->marks[step] =
        right == 0 ? points[0].position : between(&points[right - 1], right < usable ? &points[right] : &last, seconds);
  }
  return usable > 0;
}

int64_t timeline_position(const struct timeline *timeline, double share) {
  double at = (share < 0 ? 0 : share > 1 ? 1 : share) * TIMELINE_STEPS;
  int step = (int)at >= TIMELINE_STEPS ? TIMELINE_STEPS - 1 : (int)at;
  const int64_t *marks = timeline->marks;
  return marks[step] + (int64_t)floor((double)(marks[step + 1] - marks[step]) * (at - step) + 1e-6);
}
