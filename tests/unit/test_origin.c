/* SPDX-License-Identifier: ISC */
/* Origins as settings and file_url name them. */
#include "config.h"

#include "domain/origin.h"

#include <string.h>

#include "unit.h"

START_TEST(reads_origins) {
  static const struct {
    const char *input, *scheme, *host;
    uint16_t port;
    bool is_default;
    const char *description;
  } rows[] = {
      {"https://cdn.example", "https", "cdn.example", 443, true, "https"},
      {"http://cdn.example", "http", "cdn.example", 80, true, "http"},
      {"HTTPS://CDN.Example", "https", "cdn.example", 443, true, "capitals"},
      {"https://cdn.example:443", "https", "cdn.example", 443, true, "the scheme's own port"},
      {"http://cdn.example:443", "http", "cdn.example", 443, false, "the other scheme's port"},
      {"http://a_b:8080", "http", "a_b", 8080, false, "an underscore, as container networks have it"},
      {"http://127.0.0.1:1", "http", "127.0.0.1", 1, false, "IPv4"},
      {"http://[2001:DB8:0::1]:8080", "http", "[2001:db8::1]", 8080, false, "IPv6 in its canonical spelling"},
      {"http://[::1]", "http", "[::1]", 80, true, "IPv6 without a port"},
      {"https://xn--bcher-kva.example:65535", "https", "xn--bcher-kva.example", 65535, false,
       "punycode, the last port"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct origin origin;
    const char *reason = "";
    ck_assert_msg(origin_parse(rows[i].input, strlen(rows[i].input), &origin, &reason) == ERROR_NONE, "%s: %s",
                  rows[i].description, reason);
    ck_assert_msg(strcmp(origin.scheme, rows[i].scheme) == 0 && strcmp(origin.host, rows[i].host) == 0 &&
                      origin.port == rows[i].port && origin.port_is_default == rows[i].is_default,
                  "%s: %s %s %d", rows[i].description, origin.scheme, origin.host, origin.port);
  }
}
END_TEST

START_TEST(refuses_what_is_none) {
  static const struct {
    const char *input, *description;
  } rows[] = {
      {"", "nothing"},
      {"cdn.example", "no scheme"},
      {"ftp://cdn.example", "another scheme"},
      {"https://", "no host"},
      {"https://cdn.example/", "a path"},
      {"https://cdn.example?x", "a query"},
      {"https://user@cdn.example", "a user"},
      {"https://cdn.example:", "an empty port"},
      {"https://cdn.example:0", "port 0"},
      {"https://cdn.example:65536", "a port beyond the last"},
      {"https://cdn.example:08", "a leading zero"},
      {"https://-a.example", "a hyphen first"},
      {"https://a-.example", "a hyphen last"},
      {"https://a..example", "an empty label"},
      {"https://1.2.3", "three numbers are neither a name nor an address"},
      {"https://192.0.2.256", "no address"},
      {"https://[::1", "an open bracket"},
      {"https://[192.0.2.1]", "IPv4 in brackets"},
      {"https://[::ffff:192.0.2.1]", "IPv4 as IPv6: one spelling"},
      {"https://b\xc3\xbc"
       "cher.example",
       "not in punycode"},
      {"https://a;b.example", "what nginx would read otherwise"},
      {"https://a b.example", "a blank"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct origin origin = {.port = 7};
    const char *reason = NULL;
    ck_assert_msg(origin_parse(rows[i].input, strlen(rows[i].input), &origin, &reason) == ERROR_INVALID, "%s",
                  rows[i].description);
    ck_assert_msg(reason != NULL && origin.port == 7, "%s: a reason, and the result as it was", rows[i].description);
  }
}
END_TEST

START_TEST(compares_origins) {
  static const struct {
    const char *one, *other;
    bool equal;
  } rows[] = {
      {"https://a.example", "https://A.example:443", true}, {"https://a.example", "http://a.example", false},
      {"https://a.example", "https://b.example", false},    {"http://a.example", "http://a.example:8080", false},
      {"http://[::1]", "http://[0::1]:80", true},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct origin one, other;
    const char *reason;
    ck_assert_int_eq(origin_parse(rows[i].one, strlen(rows[i].one), &one, &reason), ERROR_NONE);
    ck_assert_int_eq(origin_parse(rows[i].other, strlen(rows[i].other), &other, &reason), ERROR_NONE);
    ck_assert_msg(origin_equals(&one, &other) == rows[i].equal, "%s %s", rows[i].one, rows[i].other);
  }
}
END_TEST

UNIT_MAIN("origin", reads_origins, refuses_what_is_none, compares_origins)
