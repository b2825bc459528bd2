/* SPDX-License-Identifier: ISC */
/*
 * Of IPv4 all special-purpose networks are refused (IANA's registry, RFC 6890), of IPv6 all but 2000::/3, and in that
 * those that lead elsewhere. NAT64 (64:ff9b::/96) and IPv4-compatible addresses are outside of 2000::/3.
 */
#include "config.h"

#include "notify/address_judge.h"

#include <string.h>

static const char *const refused[] = {
    "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",
    "2001::/23",     "2001:db8::/32",   "2002::/16",      "3fff::/20",
};

static bool is_in(const char *text, const struct network *address) {
  struct network network;
  return network_parse(text, &network) == ERROR_NONE && network_holds(&network, address);
}

bool address_judge_permits(const char *address, const struct network *allowed, size_t allowed_count) {
  struct network judged;
  if (strchr(address, '/') != NULL || network_parse(address, &judged) != ERROR_NONE) {
    return false;
  }
  for (size_t i = 0; i < allowed_count; i++) {
    if (network_holds(&allowed[i], &judged)) {
      return true;
    }
  }
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    if (is_in(refused[i], &judged)) {
      return false;
    }
  }
  return is_in("2000::/3", &judged) || is_in("0.0.0.0/0", &judged);
}
