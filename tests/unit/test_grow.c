/* SPDX-License-Identifier: ISC */
/* Arrays that grow: what was in them stays, and a failure changes nothing. */
#include "config.h"

#include <check.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/grow.h"
#include "unit.h"

START_TEST(items_stay_while_the_array_grows) {
  int64_t *items = NULL;
  size_t capacity = 0, growths = 0;
  for (size_t count = 0; count < 1000; count++) {
    size_t before = capacity;
    ck_assert_int_eq(grow_array(&items, count, &capacity, sizeof *items), ERROR_NONE);
    ck_assert_uint_gt(capacity, count);
    growths += capacity != before;
    items[count] = (int64_t)count;
  }
  for (size_t i = 0; i < 1000; i++) {
    ck_assert_int_eq(items[i], (int64_t)i);
  }
  ck_assert_uint_le(growths, 10);
  free(items);
}
END_TEST

START_TEST(a_failure_leaves_the_array_as_it_was) {
  char *items = malloc(1);
  char *before = items;
  size_t capacity = 1;
  ck_assert_int_eq(grow_array(&items, 1, &capacity, SIZE_MAX), ERROR_MEMORY);
  ck_assert_uint_eq(capacity, 1);
  ck_assert_ptr_eq(items, before);
  capacity = SIZE_MAX;
  ck_assert_int_eq(grow_array(&items, SIZE_MAX, &capacity, 1), ERROR_MEMORY);
  ck_assert_uint_eq(capacity, SIZE_MAX);
  ck_assert_ptr_eq(items, before);
  free(items);
}
END_TEST

UNIT_MAIN("grow", items_stay_while_the_array_grows, a_failure_leaves_the_array_as_it_was)
