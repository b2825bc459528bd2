/* SPDX-License-Identifier: ISC */
/*
 * How many pictures a second a package has. Every package has a constant rate, so segments can be of equal length
 * however rarely the pictures of the source come. Pure.
 */
#ifndef MEDIAGATE_PACKAGE_SOURCE_FRAME_RATE_H
#define MEDIAGATE_PACKAGE_SOURCE_FRAME_RATE_H

#include <stdbool.h>
#include <stdint.h>

#define FRAME_RATE_MAX  60
#define FRAME_RATE_MIN  10
#define FRAME_RATE_RARE 2 /* where pictures come that rarely that nothing moves; 1 where one lasts for many minutes */

struct frame_rate {
  int numerator, denominator; /* pictures for each so many seconds; 0/0: unknown */
};

/* `base` is the lowest rate at which all pictures of the source have their times (ffprobe's r_frame_rate), `average`
 * the number of pictures by the length (avg_frame_rate). Interlaced sources may tell fields in `base`. The result is
 * FRAME_RATE_MIN to FRAME_RATE_MAX: higher ones are halved, lower ones multiplied. */
struct frame_rate frame_rate_choose(struct frame_rate base, struct frame_rate average, bool interlaced);
/* The same once it is known that `pictures` (0: unknown) come in `seconds`: an hour of one still picture need not be
 * 36,000 of them, nor may two with a year between. */
struct frame_rate frame_rate_of_rare(struct frame_rate rate, int64_t pictures, double seconds);
double frame_rate_value(struct frame_rate rate); /* 0: unknown */
/* The most pictures that last no longer than `seconds`; at least 1. */
int frame_rate_pictures(struct frame_rate rate, int seconds);

#endif
