/* SPDX-License-Identifier: ISC */
/* Who is of the house: by network, by viewer id, and nobody without a setting. */
#include "config.h"

#include "audience/house.h"

#include "unit.h"

START_TEST(the_house_is_its_networks_and_its_viewers) {
  static const char *const networks[] = {"192.0.2.0/24", "2001:db8::/32", "203.0.113.7"};
  static const char *const viewers[] = {"qa-2", "boss", "qa-1"};
  static const struct {
    const char *address, *viewer;
    bool expected;
    const char *what;
  } rows[] = {
      {"192.0.2.200", "", true, "in a network"},
      {"192.0.3.1", "", false, "beside it"},
      {"::ffff:192.0.2.200", NULL, true, "as IPv6 writes IPv4"},
      {"2001:db8:5::1", NULL, true, "in a network of IPv6"},
      {"203.0.113.7", "u-1", true, "an address by itself, whoever views"},
      {"203.0.113.8", "boss", true, "a viewer, from anywhere"},
      {"203.0.113.8", "qa-1", true, "another"},
      {"203.0.113.8", "qa-2", true, "the first that was named"},
      {"203.0.113.8", "qa", false, "the beginning of an id"},
      {"203.0.113.8", "qa-11", false, "more than an id"},
      {"203.0.113.8", "", false, "nobody"},
      {"no address", "", false, "an address that is none"},
  };
  struct house *house = NULL, *empty = NULL;
  ck_assert_int_eq(house_new(networks, 3, viewers, 3, &house), ERROR_NONE);
  ck_assert_int_eq(house_new(NULL, 0, NULL, 0, &empty), ERROR_NONE);
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    ck_assert_msg(house_has(house, rows[i].address, rows[i].viewer) == rows[i].expected, "%s", rows[i].what);
    ck_assert_msg(!house_has(empty, rows[i].address, rows[i].viewer), "without settings: %s", rows[i].what);
  }
  house_free(house);
  house_free(empty);
}
END_TEST

START_TEST(a_network_that_is_none_is_refused) {
  static const char *const networks[] = {"192.0.2.1/24"};
  struct house *house = NULL;
  ck_assert_int_eq(house_new(networks, 1, NULL, 0, &house), ERROR_INVALID);
  ck_assert_ptr_null(house);
}
END_TEST

UNIT_MAIN("house", the_house_is_its_networks_and_its_viewers, a_network_that_is_none_is_refused)
