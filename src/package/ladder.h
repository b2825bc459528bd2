/* SPDX-License-Identifier: ISC */
/*
 * Which renditions a source is worth: none larger than it is. Pure.
 */
#ifndef MEDIAGATE_PACKAGE_LADDER_H
#define MEDIAGATE_PACKAGE_LADDER_H

#include <stddef.h>

#define LADDER_MAX 5

struct rendition {
  int width, height; /* pixels, both even */
  int maxrate_kbps;
};

/* The largest first: the source's own size, or what fits in the box of max_size (its shorter side, of 16:9 lying or
 * standing) when that is smaller; then those of 2160, 1440, 1080, 720, 480, 360 and 240 that are a step below the one
 * above. Returns how many, at least 1; 0 for a source without a picture. */
size_t ladder_make(int source_width, int source_height, int max_size, struct rendition ret_renditions[LADDER_MAX]);

#endif
