/* SPDX-License-Identifier: ISC */
/* When a delivery is tried again. */
#include "config.h"

#include "notify/attempt_schedule.h"

#include "unit.h"

START_TEST(attempts_follow_the_recommended_delays) {
  static const int64_t expected[] = {5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400, -1};
  for (int i = 0; i < 10; i++) {
    ck_assert_int_eq(attempt_schedule_next(i + 1, 0, 0), expected[i]);
  }
  ck_assert_int_eq(attempt_schedule_next(0, 0, 0), -1);
  ck_assert_int_eq(attempt_schedule_next(INT32_MAX, 0, 0), -1);
}
END_TEST

START_TEST(jitter_is_up_to_a_tenth) {
  for (uint32_t random = 0; random < 5000; random += 7) {
    int64_t delay = attempt_schedule_next(3, 0, random);
    ck_assert(delay >= 1800 && delay < 1980);
  }
}
END_TEST

START_TEST(receivers_may_ask_for_more_time_but_not_for_ever) {
  ck_assert_int_eq(attempt_schedule_next(1, 120, 0), 120);
  ck_assert_int_eq(attempt_schedule_next(2, 120, 0), 300);
  ck_assert_int_eq(attempt_schedule_next(1, INT64_MAX, 0), 86400);
  ck_assert_int_eq(attempt_schedule_next(1, -5, 0), 5);
}
END_TEST

UNIT_MAIN("attempt_schedule", attempts_follow_the_recommended_delays, jitter_is_up_to_a_tenth,
          receivers_may_ask_for_more_time_but_not_for_ever)
