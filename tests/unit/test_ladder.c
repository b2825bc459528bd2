/* SPDX-License-Identifier: ISC */
/*
 * Ladders by rows, and the rates of the usual sizes.
 */
#include "config.h"

#include "package/source/ladder.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

struct ladder_row {
  int width, height, max_size;
  const char *expected;
  const char *description;
};

static const struct ladder_row ladder_rows[] = {
    {1920, 1080, 1080, "1920x1080 1280x720 854x480 640x360 426x240", "full HD"},
    {3840, 2160, 1080, "1920x1080 1280x720 854x480 640x360 426x240", "no more than is wanted"},
    {3840, 2160, 2160, "3840x2160 2560x1440 1920x1080 1280x720 854x480", "4K: the largest five"},
    {1280, 720, 1080, "1280x720 854x480 640x360 426x240", "nothing is scaled up"},
    {1080, 1920, 720, "720x1280 480x854 360x640 240x426", "a tall film goes by its shorter side"},
    {1920, 800, 1080, "1920x800 1280x534 854x356 640x266 426x178", "a wide film keeps its width"},
    {1920, 1036, 1080, "1920x1036 1280x690 854x460 640x346 426x230", "a scope film, almost of the usual height"},
    {384, 288, 1080, "384x288", "PAL of a phone: nothing usual is a step below it"},
    {1024, 576, 1080, "1024x576 640x360 426x240", "PAL, wide"},
    {1366, 768, 1080, "1366x768 854x480 640x360 426x240", "a laptop's screen"},
    {2048, 858, 1080, "2048x858 1280x536 854x358 640x268 426x178", "wider than the box, with fewer pixels"},
    {3840, 1600, 1080, "1920x800 1280x534 854x356 640x266 426x178", "too wide and too many"},
    {1440, 1080, 1080, "1440x1080 960x720 640x480 480x360 320x240", "an old screen"},
    {1440, 1440, 1080, "1080x1080 720x720 480x480 360x360 240x240", "a large square"},
    {1000, 40, 480, "1000x40", "a ribbon"},
    {720, 720, 1080, "720x720 480x480 360x360 240x240", "a square"},
    {321, 181, 1080, "322x182", "smaller than all: its own size, made even"},
    {2, 2, 1080, "2x2", "the smallest"},
    {1920, 1080, 144, "256x144", "a limit below all"},
    {0, 0, 1080, "", "no picture"},
};

static struct ladder_sizes usual(int largest) {
  static const int sizes[] = {240, 1080, 720, 2160, 1440, 480, 360};
  struct ladder_sizes made = {.largest = largest};
  for (size_t i = 0; i < UNIT_ROWS(sizes); i++) {
    ladder_sizes_add(&made, sizes[i]);
  }
  return made;
}

START_TEST(makes_the_sizes_that_are_asked_for) {
  struct rendition renditions[LADDER_MAX];
  struct ladder_sizes sizes = {.largest = 1080};
  ck_assert_uint_eq(ladder_make(1920, 1080, &sizes, renditions), 1);
  ladder_sizes_add(&sizes, 540);
  ladder_sizes_add(&sizes, 1000);
  ck_assert_uint_eq(ladder_make(1920, 1080, &sizes, renditions), 2); /* 1000 is no step below 1080 */
  ck_assert(renditions[0].height == 1080 && renditions[1].height == 540);
  for (int i = 0; i < 2 * LADDER_SIZES_MAX; i++) {
    ladder_sizes_add(&sizes, 100 + i);
  }
  ck_assert_uint_eq(sizes.count, LADDER_SIZES_MAX);
}
END_TEST

START_TEST(makes_what_the_rows_say) {
  for (size_t i = 0; i < UNIT_ROWS(ladder_rows); i++) {
    struct rendition renditions[LADDER_MAX];
    char text[256] = "";
    const struct ladder_sizes sizes = usual(ladder_rows[i].max_size);
    size_t count = ladder_make(ladder_rows[i].width, ladder_rows[i].height, &sizes, renditions);
    for (size_t j = 0; j < count; j++) {
      snprintf(text + strlen(text), sizeof text - strlen(text), "%s%dx%d", j > 0 ? " " : "", renditions[j].width,
               renditions[j].height);
    }
    ck_assert_msg(strcmp(text, ladder_rows[i].expected) == 0, "%s: %s", ladder_rows[i].description, text);
  }
}
END_TEST

START_TEST(rates_fall_with_the_size) {
  struct rendition renditions[LADDER_MAX];
  const struct ladder_sizes sizes = usual(1080);
  size_t count = ladder_make(1920, 1080, &sizes, renditions);
  ck_assert_int_eq(renditions[0].maxrate_kbps, 5000);
  for (size_t i = 1; i < count; i++) {
    ck_assert_int_lt(renditions[i].maxrate_kbps, renditions[i - 1].maxrate_kbps);
    ck_assert_int_gt(renditions[i].maxrate_kbps, 200);
  }
}
END_TEST

UNIT_MAIN("ladder", makes_what_the_rows_say, makes_the_sizes_that_are_asked_for, rates_fall_with_the_size)
