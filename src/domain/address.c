/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "domain/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum error address_canonical(const char *string, char ret_address[ADDRESS_TEXT_SIZE]) {
  struct in_addr v4;
  struct in6_addr v6;

  if (inet_pton(AF_INET, string, &v4) == 1) { /* which takes no other spelling of IPv4 than its canonical one */
    memcpy(ret_address, string, strlen(string) + 1);
    return ERROR_NONE;
  }
  if (inet_pton(AF_INET6, string, &v6) != 1) {
    return ERROR_INVALID;
  }
  if (IN6_IS_ADDR_V4MAPPED(&v6)) {
    memcpy(&v4, v6.s6_addr + 12, sizeof(v4));
    return inet_ntop(AF_INET, &v4, ret_address, INET6_ADDRSTRLEN) == NULL ? ERROR_INTERNAL : ERROR_NONE;
  }
  return inet_ntop(AF_INET6, &v6, ret_address, INET6_ADDRSTRLEN) == NULL ? ERROR_INTERNAL : ERROR_NONE;
}

/* Does the address end in an IPv4 one? */
static bool carries_v4(const struct in6_addr *v6) {
  static const unsigned char nat64[12] = {0, 0x64, 0xff, 0x9b};
  return IN6_IS_ADDR_V4MAPPED(v6) || memcmp(v6->s6_addr, nat64, sizeof nat64) == 0;
}

void address_prefix(const char *string, size_t v4_bits, size_t v6_bits, char ret_network[ADDRESS_TEXT_SIZE]) {
  struct in_addr v4;
  struct in6_addr v6;
  bool is_v4 = inet_pton(AF_INET, string, &v4) == 1;

  if (!is_v4 && inet_pton(AF_INET6, string, &v6) != 1) {
    (void)snprintf(ret_network, ADDRESS_TEXT_SIZE, "%s", string); /* may be cut */
    return;
  }
  if (!is_v4 && carries_v4(&v6)) {
    memcpy(&v4, v6.s6_addr + 12, sizeof v4);
    is_v4 = true;
  }
  if (is_v4) {
    memset((unsigned char *)&v4 + v4_bits / 8, 0, sizeof v4 - v4_bits / 8);
    (void)inet_ntop(AF_INET, &v4, ret_network, ADDRESS_TEXT_SIZE);
  } else {
    memset(v6.s6_addr + v6_bits / 8, 0, sizeof v6.s6_addr - v6_bits / 8);
    (void)inet_ntop(AF_INET6, &v6, ret_network, ADDRESS_TEXT_SIZE);
  }
}

enum error address_network(const char *string, unsigned char ret_network[ADDRESS_NETWORK_SIZE]) {
  static const unsigned char mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  struct in_addr v4;
  struct in6_addr v6 = {0};

  if (inet_pton(AF_INET, string, &v4) == 1) {
    memcpy(v6.s6_addr, mapped, sizeof mapped);
    memcpy(v6.s6_addr + sizeof mapped, &v4, sizeof v4);
  } else if (inet_pton(AF_INET6, string, &v6) != 1) {
    return ERROR_INVALID;
  } else if (carries_v4(&v6)) {
    memcpy(v6.s6_addr, mapped, sizeof mapped);
  } else {
    memset(v6.s6_addr + sizeof v6.s6_addr / 2, 0, sizeof v6.s6_addr / 2);
  }
  memcpy(ret_network, v6.s6_addr, sizeof v6.s6_addr);
  return ERROR_NONE;
}
