/* SPDX-License-Identifier: ISC */
/*
 * Rates follow the number of pixels, less than in proportion: large pictures compress better.
 */
#include "config.h"

#include "package/ladder.h"

#include <math.h>

/* About 5.0 Mbit/s for 1920x1080, 2.7 for 1280x720, 0.9 for 640x360. */
static int maxrate_kbps(int width, int height) {
  return (int)lround(5000.0 * pow((double)width * height / (1920.0 * 1080.0), 0.77));
}

/* The nearest even number that is a picture's side. */
static int even(double pixels) {
  int half = (int)lround(pixels / 2);
  return half > 0 ? 2 * half : 2;
}

static struct rendition scale(int source_width, int source_height, int size) {
  int shorter = source_width < source_height ? source_width : source_height;
  struct rendition rendition = {.width = even((double)source_width * size / shorter),
                                .height = even((double)source_height * size / shorter)};
  rendition.maxrate_kbps = maxrate_kbps(rendition.width, rendition.height);
  return rendition;
}

size_t ladder_make(int source_width, int source_height, int max_size, struct rendition ret_renditions[LADDER_MAX]) {
  static const int sizes[] = {2160, 1440, 1080, 720, 480, 360, 240};
  int shorter = source_width < source_height ? source_width : source_height;
  size_t count = 0;
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] && count < LADDER_MAX; i++) {
    if (sizes[i] <= shorter && sizes[i] <= max_size) {
      ret_renditions[count++] = scale(source_width, source_height, sizes[i]);
    }
  }
  if (count == 0 && shorter > 0) {
    ret_renditions[count++] = scale(source_width, source_height, shorter < max_size ? shorter : max_size);
  }
  return count;
}
