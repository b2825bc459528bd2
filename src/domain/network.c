/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "domain/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text_parse.h"

#define ADDRESS_BITS 128
#define MAPPED_BITS  96 /* before an IPv4 address */

static const unsigned char mapped[MAPPED_BITS / 8] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_v4(const struct network *network) {
  return network->bits >= MAPPED_BITS && memcmp(network->bytes, mapped, sizeof mapped) == 0;
}

static bool same_beginning(const unsigned char *a, const unsigned char *b, unsigned bits) {
  unsigned whole = bits / 8, rest = bits % 8;
  return memcmp(a, b, whole) == 0 && (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

/* The address of a text; *ret_most: how long a prefix may be. */
static enum error parse_address(const char *text, unsigned char ret_bytes[16], uint64_t *ret_most) {
  struct in6_addr v6;
  struct in_addr v4;
  if (inet_pton(AF_INET, text, &v4) == 1) {
    memcpy(ret_bytes, mapped, sizeof mapped);
    memcpy(ret_bytes + sizeof mapped, &v4, sizeof v4);
    *ret_most = ADDRESS_BITS - MAPPED_BITS;
    return ERROR_NONE;
  }
  if (inet_pton(AF_INET6, text, &v6) != 1) {
    return ERROR_INVALID;
  }
  memcpy(ret_bytes, &v6, sizeof v6);
  *ret_most = ADDRESS_BITS;
  return ERROR_NONE;
}

enum error network_parse(const char *text, struct network *ret_network) {
  char address[NETWORK_TEXT_SIZE];
  size_t length = strcspn(text, "/");
  if (length >= sizeof address) {
    return ERROR_INVALID;
  }
  memcpy(address, text, length);
  address[length] = '\0';
  struct network network;
  uint64_t most, bits;
  if (parse_address(address, network.bytes, &most) != ERROR_NONE) {
    return ERROR_INVALID;
  }
  bits = most;
  if (text[length] == '/' && text_parse_u64(text + length + 1, strlen(text + length + 1), most, &bits) != ERROR_NONE) {
    return ERROR_INVALID;
  }
  network.bits = (unsigned char)(bits + ADDRESS_BITS - most);
  for (unsigned bit = network.bits; bit < ADDRESS_BITS; bit++) {
    if ((network.bytes[bit / 8] >> (7 - bit % 8) & 1) != 0) {
      return ERROR_INVALID;
    }
  }
  *ret_network = network;
  return ERROR_NONE;
}

void network_format(const struct network *network, char ret_text[NETWORK_TEXT_SIZE]) {
  bool v4 = is_v4(network);
  char address[INET6_ADDRSTRLEN] = "";
  (void)inet_ntop(v4 ? AF_INET : AF_INET6, network->bytes + (v4 ? sizeof mapped : 0), address, sizeof address);
  (void)snprintf(ret_text, NETWORK_TEXT_SIZE, "%s/%d", address, network->bits - (v4 ? MAPPED_BITS : 0));
}

bool network_holds(const struct network *network, const struct network *part) {
  return part->bits >= network->bits && same_beginning(network->bytes, part->bytes, network->bits);
}
