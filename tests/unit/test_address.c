/* SPDX-License-Identifier: ISC */
/* One spelling for each address of a client. */
#include "config.h"

#include "domain/address.h"

#include <string.h>

#include "unit.h"

START_TEST(canonical_addresses) {
  static const struct {
    const char *input;
    const char *expected; /* NULL: refused */
    const char *description;
  } rows[] = {
      {"192.0.2.1", "192.0.2.1", "IPv4"},
      {"2001:DB8:0:0::1", "2001:db8::1", "IPv6 shortened and lowered"},
      {"::ffff:192.0.2.1", "192.0.2.1", "IPv4-mapped"},
      {"::ffff:c000:201", "192.0.2.1", "IPv4-mapped in hexadecimal"},
      {"::1", "::1", "loopback"},
      {"", NULL, "empty"},
      {"192.0.2", NULL, "three parts"},
      {"192.0.2.01", NULL, "leading zero, octal to some"},
      {"192.0.2.256", NULL, "above 255"},
      {"0x7f.1", NULL, "inet_aton's spellings"},
      {"[::1]", NULL, "brackets"},
      {"fe80::1%eth0", NULL, "scope"},
      {" 192.0.2.1", NULL, "blank"},
      {"192.0.2.1/24", NULL, "network"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    char address[ADDRESS_TEXT_SIZE] = "untouched";
    enum error error = address_canonical(rows[i].input, address);
    ck_assert_msg((error == ERROR_NONE) == (rows[i].expected != NULL), "%s", rows[i].description);
    ck_assert_msg(strcmp(address, rows[i].expected == NULL ? "untouched" : rows[i].expected) == 0, "%s: %s",
                  rows[i].description, address);
  }
}
END_TEST

START_TEST(networks_of_addresses) {
  static const struct {
    const char *input;
    const char *narrow; /* 32 and 64 bits */
    const char *wide;   /* 24 and 48 bits */
    const char *description;
  } rows[] = {
      {"192.0.2.7", "192.0.2.7", "192.0.2.0", "IPv4"},
      {"::ffff:192.0.2.7", "192.0.2.7", "192.0.2.0", "IPv4-mapped"},
      {"::ffff:198.51.100.7", "198.51.100.7", "198.51.100.0", "another IPv4-mapped address"},
      {"64:ff9b::192.0.2.7", "192.0.2.7", "192.0.2.0", "translated from IPv4 (RFC 6052)"},
      {"2001:DB8:1:2:3:4:5:6", "2001:db8:1:2::", "2001:db8:1::", "IPv6"},
      {"::1", "::", "::", "the loopback"},
      {"unix:", "unix:", "unix:", "no address"},
      {"", "", "", "nothing"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    char network[ADDRESS_TEXT_SIZE];
    address_prefix(rows[i].input, 32, 64, network);
    ck_assert_msg(strcmp(network, rows[i].narrow) == 0, "%s: %s", rows[i].description, network);
    address_prefix(rows[i].input, 24, 48, network);
    ck_assert_msg(strcmp(network, rows[i].wide) == 0, "%s: %s", rows[i].description, network);
  }
}
END_TEST

UNIT_MAIN("address", canonical_addresses, networks_of_addresses)
