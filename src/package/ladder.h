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

/* The largest first, of the usual sizes (2160, 1440, 1080, 720, 480, 360, 240: the length of the shorter side) that are
 * neither above the source's nor above max_size; of a source below all of them its own. Returns how many, at least 1; 0
 * for a source without a picture. */
size_t ladder_make(int source_width, int source_height, int max_size, struct rendition ret_renditions[LADDER_MAX]);

#endif
