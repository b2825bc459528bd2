/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "domain/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
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
