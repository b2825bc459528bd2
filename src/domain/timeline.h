/* SPDX-License-Identifier: ISC */
/*
 * Where the time of a medium lies: at which byte of its file, or in which segment of its playlist, each half percent of
 * its duration begins. Pure.
 */
#ifndef MEDIAGATE_DOMAIN_TIMELINE_H
#define MEDIAGATE_DOMAIN_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMELINE_STEPS 200

/* Never falls: marks[0] is where the medium begins, marks[TIMELINE_STEPS] is just behind its end. */
struct timeline {
  int64_t marks[TIMELINE_STEPS + 1];
};

/* One place that is known. */
struct timeline_point {
  double seconds;
  int64_t position; /* a byte, or the number of a segment */
};

/* As if the time were spread evenly from `begin` to `end`. */
void timeline_spread(int64_t begin, int64_t end, struct timeline *ret_timeline);
/* Draws straight lines between the points, and from the last one to (duration_seconds, end). Points that lie outside
 * the duration are left out. False: no duration, no points, or a time or position that falls. */
bool timeline_draw(const struct timeline_point *points, size_t count, double duration_seconds, int64_t end,
                   struct timeline *ret_timeline);
/* Where this share (0 to 1) of the duration lies. */
int64_t timeline_position(const struct timeline *timeline, double share);

#endif
