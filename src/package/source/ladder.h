/* SPDX-License-Identifier: ISC */
/*
 * Which renditions a source is worth: none larger than it is. Pure.
 */
#ifndef MEDIAGATE_PACKAGE_SOURCE_LADDER_H
#define MEDIAGATE_PACKAGE_SOURCE_LADDER_H

#include <stddef.h>

#define LADDER_MAX       5
#define LADDER_SIZES_MAX 16

struct rendition {
  int width, height; /* pixels, both even */
  int maxrate_kbps;
};

/* Boxes of 16:9, lying or standing, by their shorter side. */
struct ladder_sizes {
  int largest;
  int smaller[LADDER_SIZES_MAX]; /* from above */
  size_t count;
};

/* The largest first: the source's own size, or what fits in the largest box when that is smaller; then those of the
 * smaller boxes that are a step below the one above. Returns how many, at least 1; 0 for a source without a picture. */
size_t ladder_make(int source_width, int source_height, const struct ladder_sizes *sizes,
                   struct rendition ret_renditions[LADDER_MAX]);
/* One more smaller box, in its order. More than LADDER_SIZES_MAX are left out. */
void ladder_sizes_add(struct ladder_sizes *sizes, int size);

#endif
