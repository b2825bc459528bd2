/* SPDX-License-Identifier: ISC */
/*
 * An address as bytes, hashed with or without a salt, and shown whole, cut to its network, or as a pseudonym.
 */
#include "config.h"

#include "audience/address_mask.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <string.h>

#include "domain/address.h"

struct packed {
  unsigned char bytes[16];
  size_t size; /* 4 or 16 */
};

/* ADDRESS_PSEUDONYM_NETWORK as bytes. The rest comes from the key. */
static const unsigned char pseudonym_prefix[] = {0xfd, 'm', 'g', 'a', 't', 'e'};

static enum error pack(const char *address, struct packed *ret_packed) {
  struct in6_addr v6, network;
  enum error error = address_network(address, network.s6_addr);
  if (error != ERROR_NONE) {
    return error;
  }
  struct packed packed = {.size = IN6_IS_ADDR_V4MAPPED(&network) ? 4 : 16};
  if (packed.size == 4) {
    memcpy(packed.bytes, network.s6_addr + 12, packed.size);
  } else if (inet_pton(AF_INET6, address, &v6) == 1) { /* it is one */
    memcpy(packed.bytes, v6.s6_addr, packed.size);
  }
  *ret_packed = packed;
  return ERROR_NONE;
}

/* What counts as one address: all of IPv4's, the /64 of IPv6's. */
static struct packed counted_of(const struct packed *address) {
  struct packed counted = {.size = address->size};
  memcpy(counted.bytes, address->bytes, address->size == 4 ? 4 : 8);
  return counted;
}

static struct packed network_of(const struct packed *address) {
  struct packed network = {.size = address->size};
  memcpy(network.bytes, address->bytes, address->size == 4 ? 3 : 6);
  return network;
}

static struct packed pseudonym_of(const unsigned char digest[SHA256_DIGEST_LENGTH]) {
  struct packed pseudonym = {.size = 16};
  memcpy(pseudonym.bytes, pseudonym_prefix, sizeof pseudonym_prefix);
  memcpy(pseudonym.bytes + sizeof pseudonym_prefix, digest, sizeof pseudonym.bytes - sizeof pseudonym_prefix);
  return pseudonym;
}

static enum error hash(const struct packed *packed, unsigned char ret_digest[SHA256_DIGEST_LENGTH]) {
  return SHA256(packed->bytes, packed->size, ret_digest) == NULL ? ERROR_MEMORY : ERROR_NONE;
}

static enum error hash_salted(const struct packed *packed, const unsigned char salt[ADDRESS_SALT_SIZE],
                              unsigned char ret_digest[SHA256_DIGEST_LENGTH]) {
  return HMAC(EVP_sha256(), salt, ADDRESS_SALT_SIZE, packed->bytes, packed->size, ret_digest, NULL) == NULL
             ? ERROR_MEMORY
             : ERROR_NONE;
}

static int64_t hash_number(const unsigned char digest[SHA256_DIGEST_LENGTH]) {
  uint64_t number = 0;
  for (size_t i = ADDRESS_KEY_SIZE; i < ADDRESS_KEY_SIZE + sizeof number; i++) {
    number = number << 8 | digest[i];
  }
  return (int64_t)(number & INT64_MAX);
}

enum error address_mask(const char *address, enum address_mode mode, const unsigned char salt[ADDRESS_SALT_SIZE],
                        struct masked_address *ret_masked) {
  struct masked_address masked = {.hash = 0};
  unsigned char digest[SHA256_DIGEST_LENGTH];
  struct packed shown;
  enum error error = pack(address, &shown);
  if (error == ERROR_NONE) {
    const struct packed counted = counted_of(&shown);
    error = mode == ADDRESS_FULL ? hash(&counted, digest) : hash_salted(&counted, salt, digest);
  }
  if (error != ERROR_NONE) {
    return error;
  }
  memcpy(masked.key, digest, sizeof masked.key);
  if (mode == ADDRESS_TRUNCATED) {
    shown = network_of(&shown);
    error = hash(&shown, digest);
  } else if (mode == ADDRESS_HASHED) {
    shown = pseudonym_of(digest);
  }
  masked.hash = hash_number(digest);
  if (error == ERROR_NONE &&
      inet_ntop(shown.size == 4 ? AF_INET : AF_INET6, shown.bytes, masked.shown, sizeof masked.shown) == NULL) {
    error = ERROR_INTERNAL;
  }
  if (error == ERROR_NONE) {
    *ret_masked = masked;
  }
  return error;
}

const char *address_mode_uniques(enum address_mode mode) {
  static const char *const words[] = {
      [ADDRESS_FULL] = "addresses", [ADDRESS_TRUNCATED] = "networks", [ADDRESS_HASHED] = "addresses per day"};
  return words[mode];
}
