/* SPDX-License-Identifier: ISC */
/*
 * Sets of ranges: by rows, and by chance against a plain table of which numbers are in.
 */
#include "config.h"

#include "domain/range_set.h"

#include <string.h>

#include "unit.h"

static void describe(const struct range_set *set, char *ret_text, size_t size) {
  ret_text[0] = '\0';
  for (size_t i = 0; i < set->count; i++) {
    size_t length = strlen(ret_text);
    snprintf(ret_text + length, size - length, "%s%lld-%lld", i == 0 ? "" : " ", (long long)set->items[i].from,
             (long long)set->items[i].to);
  }
}

START_TEST(unites_ranges) {
  static const struct {
    struct range added[5];
    const char *expected, *description;
  } rows[] = {
      {{{0, 0}}, "", "an empty range"},
      {{{5, 2}}, "", "a range the wrong way"},
      {{{0, 10}}, "0-10", "one"},
      {{{0, 10}, {10, 20}}, "0-20", "the next one touches it"},
      {{{10, 20}, {0, 10}}, "0-20", "the one before touches it"},
      {{{0, 10}, {20, 30}}, "0-10 20-30", "two"},
      {{{20, 30}, {0, 10}}, "0-10 20-30", "two in another order"},
      {{{0, 10}, {20, 30}, {10, 20}}, "0-30", "what lies between joins them"},
      {{{0, 10}, {20, 30}, {40, 50}, {5, 45}}, "0-50", "one over all"},
      {{{0, 10}, {20, 30}, {40, 50}, {-5, 60}}, "-5-60", "one beyond all"},
      {{{0, 10}, {20, 30}, {40, 50}, {25, 35}}, "0-10 20-35 40-50", "one grows"},
      {{{0, 10}, {2, 3}}, "0-10", "known already"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct range_set set = {0};
    char text[200];
    for (size_t k = 0; k < 5; k++) {
      range_set_add(&set, rows[i].added[k].from, rows[i].added[k].to);
    }
    describe(&set, text, sizeof text);
    ck_assert_msg(strcmp(text, rows[i].expected) == 0, "%s: %s", rows[i].description, text);
    range_set_free(&set);
  }
}
END_TEST

/* Numbers that are the same in each run (Knuth's MMIX generator). */
static int64_t next_number(uint64_t *state, int64_t below) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (int64_t)(*state >> 33) % below;
}

START_TEST(agrees_with_a_plain_table) {
  enum { NUMBERS = 300 };
  uint64_t state = 4711;
  for (int round = 0; round < 200; round++) {
    struct range_set set = {0};
    char in[NUMBERS + 1] = {0};
    for (int i = 0; i < 40; i++) {
      int64_t from = next_number(&state, NUMBERS);
      int64_t to = from + next_number(&state, 9);
      to = to > NUMBERS ? NUMBERS : to;
      range_set_add(&set, from, to);
      memset(in + from, 1, (size_t)(to - from));
    }
    size_t ranges = 0;
    for (int n = 0; n < NUMBERS; n++) {
      ranges += in[n] && (n == 0 || !in[n - 1]);
    }
    ck_assert_uint_eq(set.count, ranges);
    for (size_t i = 0; i < set.count; i++) {
      for (int64_t n = set.items[i].from; n < set.items[i].to; n++) {
        ck_assert(in[n]);
        in[n] = 0;
      }
    }
    ck_assert_ptr_null(memchr(in, 1, NUMBERS));
    range_set_free(&set);
  }
}
END_TEST

START_TEST(crumbs_beyond_the_limit_are_left_out) {
  struct range_set set = {0};
  for (int64_t i = 0; i < RANGE_SET_MAX + 10; i++) {
    range_set_add(&set, i * 10, i * 10 + 1);
  }
  ck_assert_uint_eq(set.count, RANGE_SET_MAX);
  range_set_add(&set, 0, 25); /* what joins others still counts */
  ck_assert_uint_eq(set.count, RANGE_SET_MAX - 2);
  range_set_free(&set);
}
END_TEST

UNIT_MAIN("range_set", unites_ranges, agrees_with_a_plain_table, crumbs_beyond_the_limit_are_left_out)
