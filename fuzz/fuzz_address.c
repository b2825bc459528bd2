/* SPDX-License-Identifier: ISC */
/*
 * Addresses and networks: one spelling each, whoever wrote them; what a webhook may reach does not depend on the
 * spelling; a network holds itself.
 */
#include "config.h"

#include "domain/address.h"
#include "domain/network.h"
#include "notify/address_judge.h"

#include "fuzz.h"

static void try_address(const char *text) {
  char address[ADDRESS_TEXT_SIZE], again[ADDRESS_TEXT_SIZE], network[ADDRESS_TEXT_SIZE];
  unsigned char one[ADDRESS_NETWORK_SIZE], other[ADDRESS_NETWORK_SIZE];
  address_prefix(text, 24, 48, network);
  FUZZ_REQUIRE(memchr(network, '\0', sizeof network) != NULL);
  if (address_canonical(text, address) != ERROR_NONE) {
    FUZZ_REQUIRE(!address_judge_permits(text, NULL, 0));
    FUZZ_REQUIRE(address_network(text, one) == ERROR_INVALID);
    return;
  }
  FUZZ_REQUIRE(address_canonical(address, again) == ERROR_NONE && strcmp(address, again) == 0);
  FUZZ_REQUIRE(address_judge_permits(text, NULL, 0) == address_judge_permits(address, NULL, 0));
  FUZZ_REQUIRE(address_network(text, one) == ERROR_NONE && address_network(address, other) == ERROR_NONE);
  FUZZ_REQUIRE(memcmp(one, other, sizeof one) == 0);
}

static void try_network(const char *text) {
  char written[NETWORK_TEXT_SIZE];
  struct network network, again;
  if (network_parse(text, &network) == ERROR_NONE) {
    network_format(&network, written);
    FUZZ_REQUIRE(network_parse(written, &again) == ERROR_NONE);
    FUZZ_REQUIRE(network.bits == again.bits && memcmp(network.bytes, again.bytes, sizeof again.bytes) == 0);
    FUZZ_REQUIRE(network_holds(&network, &network));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  char *text = fuzz_text(bytes, size);
  try_address(text);
  try_network(text);
  free(text);
  return 0;
}
