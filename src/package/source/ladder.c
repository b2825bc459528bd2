/* SPDX-License-Identifier: ISC */
/*
 * A size of the ladder is a box of 16:9 that the picture fits in, lying or standing. Rates follow the number of pixels,
 * less than in proportion: large pictures compress better.
 */
#include "config.h"

#include "package/source/ladder.h"

#include <math.h>
#include <stdbool.h>

#define STEP       0.8   /* the next rendition's sides are at most this share of the one's above */
#define AREA_MIN   50000 /* pixels: a rendition below the largest has as many; 240p in 16:9 has twice that */
#define BOX_ASPECT (16.0 / 9.0)

/* The power-of-0.75 rule (B. Waggoner, Compression for Great Video and Audio, 2010): the rate grows with the number of
 * pixels to the power of 0.75. With 0.77 it is about 5.0 Mbit/s for 1920x1080, 2.7 for 1280x720, 0.9 for 640x360. */
static int maxrate_kbps(int width, int height) {
  return (int)lround(5000.0 * pow((double)width * height / (1920.0 * 1080.0), 0.77));
}

/* The nearest even number that is a picture's side. */
static int even(double pixels) {
  int half = (int)lround(pixels / 2);
  return half > 0 ? 2 * half : 2;
}

static struct rendition scale(int width, int height, double factor) {
  struct rendition rendition = {.width = even(width * factor), .height = even(height * factor)};
  rendition.maxrate_kbps = maxrate_kbps(rendition.width, rendition.height);
  return rendition;
}

/* What makes the picture fit in the box of a size. */
static double factor_of(int width, int height, int size) {
  double shorter = width < height ? width : height;
  double longer = width < height ? height : width;
  return fmin(size / shorter, size * BOX_ASPECT / longer);
}

/* A ribbon that is longer than the box and has fewer pixels stays as it is. */
static bool is_within(int width, int height, int size) {
  int shorter = width < height ? width : height;
  return shorter <= size && (double)width * height <= BOX_ASPECT * size * size + 1;
}

void ladder_sizes_add(struct ladder_sizes *sizes, int size) {
  size_t at = sizes->count;
  if (at == LADDER_SIZES_MAX) {
    return;
  }
  for (; at > 0 && sizes->smaller[at - 1] < size; at--) {
    sizes->smaller[at] = sizes->smaller[at - 1];
  }
  sizes->smaller[at] = size;
  sizes->count++;
}

size_t ladder_make(int source_width, int source_height, const struct ladder_sizes *sizes,
                   struct rendition ret_renditions[LADDER_MAX]) {
  if (source_width <= 0 || source_height <= 0) {
    return 0;
  }
  double last = is_within(source_width, source_height, sizes->largest)
                    ? 1
                    : factor_of(source_width, source_height, sizes->largest);
  size_t count = 0;
  ret_renditions[count++] = scale(source_width, source_height, last);
  for (size_t i = 0; i < sizes->count && count < LADDER_MAX; i++) {
    double factor = factor_of(source_width, source_height, sizes->smaller[i]);
    if (factor <= STEP * last && factor * factor * source_width * source_height >= AREA_MIN) {
      ret_renditions[count++] = scale(source_width, source_height, factor);
      last = factor;
    }
  }
  return count;
}
