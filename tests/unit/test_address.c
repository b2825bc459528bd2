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

UNIT_MAIN("address", canonical_addresses)
