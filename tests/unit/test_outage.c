/* SPDX-License-Identifier: ISC */
/* Rows for base/outage: a series of outcomes, and what is to be logged after each. */
#include "config.h"

#include "base/outage.h"

#include "unit.h"

START_TEST(tells_each_change_once) {
  static const struct {
    enum error error;
    enum outage_news news;
    const char *description;
  } rows[] = {
      {ERROR_NONE, OUTAGE_SAME, "works at the start"},
      {ERROR_NONE, OUTAGE_SAME, "still works"},
      {ERROR_UNAVAILABLE, OUTAGE_BEGAN, "fails for the first time"},
      {ERROR_UNAVAILABLE, OUTAGE_SAME, "fails again"},
      {ERROR_TIMEOUT, OUTAGE_BEGAN, "fails in another way"},
      {ERROR_TIMEOUT, OUTAGE_SAME, "fails again in that way"},
      {ERROR_NONE, OUTAGE_ENDED, "works again"},
      {ERROR_NONE, OUTAGE_SAME, "still works after an outage"},
      {ERROR_TIMEOUT, OUTAGE_BEGAN, "an outage like an earlier one"},
      {ERROR_NONE, OUTAGE_ENDED, "works again after a single failure"},
  };
  struct outage outage = {0};
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    enum outage_news news = outage_note(&outage, rows[i].error);
    ck_assert_msg(news == rows[i].news, "%s: %d", rows[i].description, (int)news);
  }
}
END_TEST

START_TEST(fails_from_the_start) {
  struct outage outage = {0};
  ck_assert_int_eq(outage_note(&outage, ERROR_IO), OUTAGE_BEGAN);
}
END_TEST

UNIT_MAIN("outage", tells_each_change_once, fails_from_the_start)
