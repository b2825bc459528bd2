/* SPDX-License-Identifier: ISC */
/* Which addresses a webhook may reach. */
#include "config.h"

#include "notify/address_judge.h"

#include "unit.h"

START_TEST(only_the_public_internet_may_be_reached) {
  static const struct {
    const char *address;
    bool permitted;
  } rows[] = {
      {"93.184.216.34", true},
      {"2606:2800:220:1::1", true},
      {"0.0.0.0", false},
      {"10.1.2.3", false},
      {"100.64.0.1", false},
      {"100.128.0.1", true},
      {"127.0.0.1", false},
      {"127.255.255.255", false},
      {"169.254.169.254", false},
      {"172.16.0.1", false},
      {"172.32.0.1", true},
      {"192.168.1.1", false},
      {"192.0.0.170", false},
      {"198.18.0.1", false},
      {"203.0.113.7", false},
      {"224.0.0.1", false},
      {"255.255.255.255", false},
      {"::", false},
      {"::1", false},
      {"::ffff:127.0.0.1", false},
      {"::ffff:10.0.0.1", false},
      {"::ffff:93.184.216.34", true},
      {"::127.0.0.1", false},
      {"64:ff9b::7f00:1", false},
      {"64:ff9b:1::1", false},
      {"2002:7f00:1::1", false},
      {"2001::1", false},
      {"2001:db8::1", false},
      {"fc00::1", false},
      {"fd00:ec2::254", false},
      {"fe80::1", false},
      {"fec0::1", false},
      {"ff02::1", false},
      {"", false},
      {"localhost", false},
      {"93.184.216.34:80", false},
      {"93.184.216.34/32", false},
      {"0.0.0.0/0", false},
      {"2000::/3", false},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    ck_assert_msg(address_judge_permits(rows[i].address, NULL, 0) == rows[i].permitted, "%s", rows[i].address);
  }
}
END_TEST

START_TEST(what_the_operator_names_may_be_reached) {
  struct network allowed[2];
  ck_assert_int_eq(network_parse("127.0.0.0/8", &allowed[0]), ERROR_NONE);
  ck_assert_int_eq(network_parse("fd00::/8", &allowed[1]), ERROR_NONE);
  ck_assert(address_judge_permits("127.0.0.1", allowed, 2));
  ck_assert(address_judge_permits("::ffff:127.0.0.1", allowed, 2));
  ck_assert(address_judge_permits("fd12::1", allowed, 2));
  ck_assert(address_judge_permits("93.184.216.34", allowed, 2));
  ck_assert(!address_judge_permits("10.0.0.1", allowed, 2));
  ck_assert(!address_judge_permits("::1", allowed, 2));
}
END_TEST

UNIT_MAIN("address_judge", only_the_public_internet_may_be_reached, what_the_operator_names_may_be_reached)
