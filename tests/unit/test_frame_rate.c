/* SPDX-License-Identifier: ISC */
/*
 * Rates of sources as ffprobe tells them, by rows.
 */
#include "config.h"

#include "package/source/frame_rate.h"

#include "unit.h"

static const struct {
  struct frame_rate base, average;
  bool interlaced;
  struct frame_rate expected;
  const char *description;
} rate_rows[] = {
    {{25, 1}, {25, 1}, false, {25, 1}, "a film"},
    {{30000, 1001}, {30000, 1001}, false, {30000, 1001}, "a fraction stays one"},
    {{30, 1}, {2987, 100}, false, {30, 1}, "a telephone's"},
    {{30, 1}, {5, 1}, false, {30, 1}, "few pictures, of which some follow fast"},
    {{1000, 1}, {2997, 100}, false, {30000, 1001}, "a clock of milliseconds"},
    {{90000, 1}, {24, 1}, false, {24, 1}, "a clock of 90 kHz"},
    {{1000, 1}, {1, 10}, false, {30, 1}, "slides"},
    {{1000, 1}, {0, 0}, false, {30, 1}, "only the clock is known"},
    {{0, 0}, {0, 0}, false, {30, 1}, "nothing is known"},
    {{0, 0}, {24, 1}, false, {24, 1}, "only the average is known"},
    {{50, 1}, {25, 1}, true, {25, 1}, "fields are not pictures"},
    {{60, 1}, {60, 1}, false, {60, 1}, "the fastest"},
    {{120, 1}, {120, 1}, false, {120, 2}, "halved once"},
    {{100, 1}, {100, 1}, false, {100, 2}, "100 become 50"},
    {{90, 1}, {90, 1}, false, {90, 2}, "90 become 45"},
    {{61, 1}, {61, 1}, false, {61, 2}, "just above"},
    {{240, 1}, {240, 1}, false, {240, 4}, "halved twice"},
    {{120000, 1001}, {120000, 1001}, false, {120000, 2002}, "a fraction halved"},
    {{240, 1}, {60, 1}, false, {60, 1}, "slow motion in the middle"},
    {{1, 1}, {1, 1}, false, {10, 1}, "a picture a second"},
    {{15, 2}, {15, 2}, false, {30, 2}, "a slow camera"},
    {{1, 3600}, {1, 3600}, false, {10, 1}, "a picture an hour"},
    {{16000000, 640001}, {25, 1}, false, {25, 1}, "a measured rate"},
};

START_TEST(chooses_what_the_rows_say) {
  for (size_t i = 0; i < UNIT_ROWS(rate_rows); i++) {
    struct frame_rate rate = frame_rate_choose(rate_rows[i].base, rate_rows[i].average, rate_rows[i].interlaced);
    ck_assert_msg(rate.numerator == rate_rows[i].expected.numerator &&
                      rate.denominator == rate_rows[i].expected.denominator,
                  "%s: %d/%d", rate_rows[i].description, rate.numerator, rate.denominator);
    ck_assert_msg(frame_rate_value(rate) >= FRAME_RATE_MIN && frame_rate_value(rate) <= FRAME_RATE_MAX, "%s",
                  rate_rows[i].description);
  }
}
END_TEST

START_TEST(counts_whole_pictures) {
  ck_assert_int_eq(frame_rate_pictures((struct frame_rate){25, 1}, 4), 100);
  ck_assert_int_eq(frame_rate_pictures((struct frame_rate){30000, 1001}, 4), 119);
  ck_assert_int_eq(frame_rate_pictures((struct frame_rate){1, 60}, 4), 1);
}
END_TEST

START_TEST(rare_pictures_get_a_low_rate) {
  static const struct {
    int64_t pictures;
    double seconds;
    int expected;
  } rare_rows[] = {{1500, 60, 25}, {1, 60, 2}, {2, 30000, 1}, {1, 0.04, 25}, {0, 60, 25}, {1, 3600, 1}, {6, 59, 25}};
  for (size_t i = 0; i < UNIT_ROWS(rare_rows); i++) {
    struct frame_rate rate =
        frame_rate_of_rare((struct frame_rate){25, 1}, rare_rows[i].pictures, rare_rows[i].seconds);
    ck_assert_msg(rate.numerator == rare_rows[i].expected, "row %zu: %d", i, rate.numerator);
  }
}
END_TEST

UNIT_MAIN("frame_rate", chooses_what_the_rows_say, rare_pictures_get_a_low_rate, counts_whole_pictures)
