/* SPDX-License-Identifier: ISC */
/* Networks of addresses: their one spelling, and what is in them. */
#include "config.h"

#include "domain/network.h"

#include <string.h>

#include "unit.h"

START_TEST(networks_are_parsed_strictly) {
  static const struct {
    const char *input;
    const char *expected; /* NULL: refused */
  } rows[] = {
      {"192.0.2.0/24", "192.0.2.0/24"},
      {"192.0.2.7", "192.0.2.7/32"},
      {"0.0.0.0/0", "0.0.0.0/0"},
      {"2001:DB8::/32", "2001:db8::/32"},
      {"::1", "::1/128"},
      {"::/0", "::/0"},
      {"::ffff:192.0.2.0/120", "192.0.2.0/24"},
      {"192.0.2.1/24", NULL},
      {"192.0.2.0/33", NULL},
      {"192.0.2.0/", NULL},
      {"192.0.2.0/024", NULL},
      {"192.0.2.0/-1", NULL},
      {"2001:db8::1/32", NULL},
      {"::/129", NULL},
      {"", NULL},
      {"/0", NULL},
      {"example.org", NULL},
      {"192.0.2.0/24 ", NULL},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct network network;
    char text[NETWORK_TEXT_SIZE] = "";
    enum error error = network_parse(rows[i].input, &network);
    ck_assert_msg((error == ERROR_NONE) == (rows[i].expected != NULL), "%s", rows[i].input);
    if (error == ERROR_NONE) {
      network_format(&network, text);
      ck_assert_str_eq(text, rows[i].expected);
    }
  }
}
END_TEST

START_TEST(networks_hold_their_parts) {
  static const struct {
    const char *network, *part;
    bool holds;
  } rows[] = {
      {"192.0.2.0/24", "192.0.2.255", true},    {"192.0.2.0/24", "192.0.3.0", false},
      {"192.0.2.128/25", "192.0.2.127", false}, {"192.0.2.0/24", "192.0.2.0/25", true},
      {"192.0.2.0/25", "192.0.2.0/24", false},  {"0.0.0.0/0", "203.0.113.9", true},
      {"0.0.0.0/0", "2001:db8::1", false},      {"::/0", "192.0.2.1", true},
      {"2001:db8::/32", "2001:db8:1::1", true}, {"2001:db8::/32", "2001:db9::", false},
      {"192.0.2.7", "::ffff:192.0.2.7", true},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct network network, part;
    ck_assert_int_eq(network_parse(rows[i].network, &network), ERROR_NONE);
    ck_assert_int_eq(network_parse(rows[i].part, &part), ERROR_NONE);
    ck_assert_msg(network_holds(&network, &part) == rows[i].holds, "%s %s", rows[i].network, rows[i].part);
  }
}
END_TEST

UNIT_MAIN("network", networks_are_parsed_strictly, networks_hold_their_parts)
