/* SPDX-License-Identifier: ISC */
/* When a worker notes that a key is used. */
#include "config.h"

#include "api/key_use.h"

#include <stdio.h>

#include "unit.h"

#define HOUR_MS (KEY_USE_INTERVAL_SECONDS * INT64_C(1000))
#define NOW_US  INT64_C(1800000000000000)

static bool is_due(struct key_uses *uses, int64_t id, int64_t last_used_at_us, int64_t now_ms) {
  return key_use_is_due(uses, id, last_used_at_us, NOW_US + now_ms * 1000, now_ms);
}

START_TEST(a_use_is_due_once_an_hour_whatever_the_cached_row_says) {
  struct key_uses uses = {.paused_until_ms = 0};
  ck_assert(is_due(&uses, 1, 0, 10));
  ck_assert(!is_due(&uses, 1, 0, 11));
  ck_assert(is_due(&uses, 2, 0, 11));
  ck_assert(!is_due(&uses, 1, 0, HOUR_MS));
  ck_assert(is_due(&uses, 1, 0, HOUR_MS + 10));
}
END_TEST

START_TEST(a_use_that_was_noted_elsewhere_is_not_due) {
  struct key_uses uses = {.paused_until_ms = 0};
  ck_assert(!is_due(&uses, 1, NOW_US, 10));
  ck_assert(is_due(&uses, 1, NOW_US, HOUR_MS + 10));
}
END_TEST

START_TEST(after_a_failure_no_key_is_tried_for_a_minute) {
  struct key_uses uses = {.paused_until_ms = 0};
  ck_assert(is_due(&uses, 1, 0, 10));
  key_use_failed(&uses, 20);
  for (int64_t now_ms = 20; now_ms < 60020; now_ms += 1000) {
    ck_assert(!is_due(&uses, 1, 0, now_ms));
    ck_assert(!is_due(&uses, 2, 0, now_ms));
  }
  ck_assert(is_due(&uses, 1, 0, 60020));
  ck_assert(is_due(&uses, 2, 0, 60020));
}
END_TEST

START_TEST(keys_that_share_a_slot_are_both_noted) {
  struct key_uses uses = {.paused_until_ms = 0};
  ck_assert(is_due(&uses, 1, 0, 10));
  ck_assert(is_due(&uses, 1 + KEY_USE_SLOTS, 0, 10));
}
END_TEST

START_TEST(so_many_looks_a_second_may_fail_for_one_address) {
  struct key_looks looks = {.second = 0};
  int others = 0;
  for (int i = 0; i < KEY_LOOKS_MAX; i++) {
    ck_assert(key_look_may_fail(&looks, "2001:db8::1", 5000));
    key_look_failed(&looks, i % 2 == 0 ? "2001:db8::1" : "2001:db8::2"); /* one /64 */
  }
  ck_assert(!key_look_may_fail(&looks, "2001:db8::3", 5999));
  for (int i = 0; i < 200; i++) {
    char address[32];
    snprintf(address, sizeof address, "192.0.2.%d", i);
    others += key_look_may_fail(&looks, address, 5999);
  }
  ck_assert_int_gt(others, 150); /* but for those who share its slot */
  ck_assert(key_look_may_fail(&looks, "2001:db8::1", 6000));
}
END_TEST

UNIT_MAIN("key_use", a_use_is_due_once_an_hour_whatever_the_cached_row_says, a_use_that_was_noted_elsewhere_is_not_due,
          after_a_failure_no_key_is_tried_for_a_minute, keys_that_share_a_slot_are_both_noted,
          so_many_looks_a_second_may_fail_for_one_address)
