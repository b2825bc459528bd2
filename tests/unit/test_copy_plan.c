/* SPDX-License-Identifier: ISC */
/*
 * Whether a picture becomes a rendition by copying, by rows: where its key frames are, and what else it is.
 */
#include "config.h"

#include "package/source/copy_plan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

static const struct {
  const char *begins; /* of the stretches, and the end of the last */
  struct frame_rate rate;
  double cut; /* about; 0: none */
  const char *description;
} key_rows[] = {
    {"0 2 4 6 8 10", {25, 1}, 4, "each two seconds"},
    {"0 4 8 10", {25, 1}, 4, "each four"},
    {"0 6 12 13", {25, 1}, 4, "each six"},
    {"0 8 16 20", {25, 1}, 4, "each eight, which is as long as a segment may be"},
    {"0 10 20 30", {25, 1}, 0, "each ten"},
    {"0 3.8 8.2 9", {25, 1}, 3, "before and behind the fourth second"},
    {"0 0.8 8.4 9", {25, 1}, 0.005, "only where each key frame cuts"},
    {"0 0.8 9 9.4", {25, 1}, 0, "not even there"},
    {"0 1 9 9.4", {25, 1}, 1, "a long stretch behind a short one"},
    {"0.04 2 4", {25, 1}, 0, "not from the beginning on"},
    {"-0.08 2 4", {25, 1}, 0, "from before the beginning on"},
    {"0 2.02 4.04 6", {25, 1}, 0, "between two pictures"},
    {"0 2.002 4.004 5.5", {30000, 1001}, 4, "at the rate of NTSC"},
    {"0 2.085 4.171 6.256 7", {24000, 1001}, 4, "by a clock of milliseconds"},
    {"0 2", {25, 1}, 4, "a short film"},
    {"0 6 12", {2, 1}, 0, "stills"},
    {"", {25, 1}, 0, "nothing"},
    {"0 nan", {25, 1}, 0, "no number"},
};

static void make_list(const char *begins, char ret_list[512]) {
  double times[16];
  size_t count = 0, length = 0;
  for (const char *at = begins; *at != '\0'; at += strspn(at, " ")) {
    ck_assert_int_eq(sscanf(at, "%lf", &times[count++]), 1);
    at += strcspn(at, " ");
  }
  ret_list[0] = '\0';
  for (size_t i = 0; i + 1 < count; i++) {
    length += (size_t)snprintf(ret_list + length, 512 - length, "end.crc,%f,%f\n", times[i], times[i + 1]);
  }
}

START_TEST(cuts_where_key_frames_allow_it) {
  for (size_t i = 0; i < UNIT_ROWS(key_rows); i++) {
    char list[512];
    make_list(key_rows[i].begins, list);
    double cut = copy_plan_cut(list, key_rows[i].rate);
    ck_assert_msg(fabs(cut - key_rows[i].cut) < 0.01 && (cut > 0) == (key_rows[i].cut > 0), "%s: %f",
                  key_rows[i].description, cut);
  }
  ck_assert(copy_plan_cut("no line", (struct frame_rate){25, 1}) <= 0);
  ck_assert(copy_plan_cut("a,0.000000,2.000000\nb\n", (struct frame_rate){25, 1}) <= 0);
}
END_TEST

static const struct {
  const char *begins;
  int period; /* pictures; 0: none */
  const char *description;
} period_rows[] = {
    {"0 2 4 6 8 10", 50, "equal times"}, {"0 2 4 6 7", 50, "a short last one"},
    {"0 2 4 6 9", 0, "a long last one"}, {"0 2 3 5", 0, "a short one in the middle"},
    {"0 4", 100, "one stretch"},         {"", 0, "nothing"},
};

START_TEST(knows_key_frames_at_equal_times) {
  for (size_t i = 0; i < UNIT_ROWS(period_rows); i++) {
    char keys[512];
    make_list(period_rows[i].begins, keys);
    int period = copy_plan_period(keys, (struct frame_rate){25, 1});
    ck_assert_msg(period == period_rows[i].period, "%s: %d", period_rows[i].description, period);
  }
}
END_TEST

static void at_its_limit(struct package_source *source, struct rendition *largest) {
  (void)source;
  largest->maxrate_kbps = 800;
}
static void dear(struct package_source *source, struct rendition *largest) {
  (void)source;
  largest->maxrate_kbps = 600;
}
static void unusual(struct package_source *source, struct rendition *largest) {
  (void)largest;
  source->picture.plain = false;
}
static void too_large(struct package_source *source, struct rendition *largest) {
  (void)source;
  largest->width = 426;
}
static void shorter_than_the_sound(struct package_source *source, struct rendition *largest) {
  (void)largest;
  source->sound_seconds = 12;
}
static void of_varying_rate(struct package_source *source, struct rendition *largest) {
  (void)largest;
  source->picture.rate = (struct frame_rate){30, 1};
}
static void unmeasured(struct package_source *source, struct rendition *largest) {
  (void)largest;
  source->picture_seconds = source->sound_seconds = 0;
}

START_TEST(only_what_fits_is_copied) {
  static const struct {
    void (*change)(struct package_source *source, struct rendition *largest);
    bool fits;
    const char *description;
  } rows[] = {
      {at_its_limit, true, "at its limit"},       {dear, false, "dearer than the ladder"},
      {unusual, false, "no plain H.264"},         {too_large, false, "larger than the largest size"},
      {of_varying_rate, false, "a varying rate"}, {shorter_than_the_sound, false, "shorter than the sound"},
      {unmeasured, false, "of unknown length"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct rendition largest = {.width = 640, .height = 360, .maxrate_kbps = 900};
    struct package_source source = {
        .picture = {.width = 640, .height = 360, .rate = {25, 1}, .plain = true},
        .sound_count = 1,
        .picture_seconds = 10,
        .sound_seconds = 10.02,
    };
    rows[i].change(&source, &largest);
    ck_assert_msg(copy_plan_fits(&source, &largest, 250, 1000000) == rows[i].fits, "%s", rows[i].description);
  }
}
END_TEST

UNIT_MAIN("copy_plan", cuts_where_key_frames_allow_it, knows_key_frames_at_equal_times, only_what_fits_is_copied)
