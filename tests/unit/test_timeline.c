/* SPDX-License-Identifier: ISC */
/*
 * Where the time of a medium lies, from what is known of it.
 */
#include "config.h"

#include "domain/timeline.h"

#include "unit.h"

START_TEST(draws_lines_between_points) {
  static const struct {
    struct timeline_point points[4];
    size_t count;
    double duration;
    int64_t end;
    bool drawn;
    int64_t first, quarter, middle, last;
    const char *description;
  } rows[] = {
      {{{0, 0}}, 1, 10, 1000, true, 0, 250, 500, 1000, "one point: evenly"},
      {{{0, 100}}, 1, 10, 1000, true, 100, 325, 550, 1000, "a header before the first picture"},
      {{{0, 0}, {5, 900}}, 2, 10, 1000, true, 0, 450, 900, 1000, "a dense first half"},
      {{{2.5, 200}, {5, 900}}, 2, 10, 1000, true, 200, 200, 900, 1000, "the first point comes late"},
      {{{0, 7}, {2.5, 8}, {5, 9}, {7.5, 10}}, 4, 10, 11, true, 7, 8, 9, 11, "segments, numbered from 7"},
      {{{0, 0}, {5, 900}, {20, 950}}, 3, 10, 1000, true, 0, 450, 900, 1000, "a point behind the end"},
      {{{0, 0}, {5, 2000}}, 2, 10, 1000, true, 0, 250, 500, 1000, "a position behind the end"},
      {{{0, 0}}, 0, 10, 1000, false, 0, 0, 0, 0, "no point"},
      {{{0, 0}}, 1, 0, 1000, false, 0, 0, 0, 0, "no duration"},
      {{{0, 10}, {5, 9}}, 2, 10, 1000, false, 0, 0, 0, 0, "positions that fall"},
      {{{5, 10}, {4, 11}}, 2, 10, 1000, false, 0, 0, 0, 0, "times that fall"},
      {{{0, -1}}, 1, 10, 1000, false, 0, 0, 0, 0, "a position before the file"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct timeline timeline;
    bool drawn = timeline_draw(rows[i].points, rows[i].count, rows[i].duration, rows[i].end, &timeline);
    ck_assert_msg(drawn == rows[i].drawn, "%s", rows[i].description);
    if (drawn) {
      const int64_t *marks = timeline.marks;
      ck_assert_msg(marks[0] == rows[i].first && marks[TIMELINE_STEPS / 4] == rows[i].quarter &&
                        marks[TIMELINE_STEPS / 2] == rows[i].middle && marks[TIMELINE_STEPS] == rows[i].last,
                    "%s: %lld %lld %lld %lld", rows[i].description, (long long)marks[0],
                    (long long)marks[TIMELINE_STEPS / 4], (long long)marks[TIMELINE_STEPS / 2],
                    (long long)marks[TIMELINE_STEPS]);
    }
  }
}
END_TEST

START_TEST(tells_the_place_of_a_share) {
  struct timeline timeline;
  timeline_spread(1, 401, &timeline);
  ck_assert_int_eq(timeline_position(&timeline, 0), 1);
  ck_assert_int_eq(timeline_position(&timeline, 0.005), 3);
  ck_assert_int_eq(timeline_position(&timeline, 0.0025), 2);
  ck_assert_int_eq(timeline_position(&timeline, 0.5), 201);
  ck_assert_int_eq(timeline_position(&timeline, 1), 401);
  ck_assert_int_eq(timeline_position(&timeline, 7), 401);
  ck_assert_int_eq(timeline_position(&timeline, -1), 1);
}
END_TEST

UNIT_MAIN("timeline", draws_lines_between_points, tells_the_place_of_a_share)
