/* SPDX-License-Identifier: ISC */
/*
 * What is kept of a viewer's address: what is shown of it, and by what two deliveries to it are known to be one view.
 * Pure: the masked modes get their salt. What unique addresses mean follows from address_hash, so from the mode:
 *
 *   mode        shown                                   address_key from            address_hash from
 *   full        the address                             SHA-256                     the same digest: addresses
 *   truncated   its network (/24 of IPv4, /48 of IPv6)  HMAC with the day's salt    SHA-256 of what is shown: networks
 *   hashed      a pseudonym from fd6d:6761:7465::/48    HMAC with the day's salt    the same digest: addresses of a day
 *
 * What is hashed is what counts as one address (address_network in domain/address.h): the 4 bytes of an IPv4 address,
 * or the 16 of an IPv6 address with the last 8 zeroed. An IPv6 address that carries an IPv4 address is that.
 * address_key is the digest's first 16 bytes, address_hash the next 8 (big-endian) without the sign. Rows are kept by
 * these, so nothing of this may change.
 */
#ifndef MEDIAGATE_AUDIENCE_ADDRESS_MASK_H
#define MEDIAGATE_AUDIENCE_ADDRESS_MASK_H

#include <stdint.h>

#include "base/error.h"
#include "domain/address.h"

/* All pseudonyms are of this network, and no address of the internet is (RFC 4193). */
#define ADDRESS_PSEUDONYM_NETWORK "fd6d:6761:7465::/48"

struct masked_address {
  char shown[ADDRESS_TEXT_SIZE]; /* canonical */
  unsigned char key[ADDRESS_KEY_SIZE];
  int64_t hash; /* >= 0, evenly spread */
};

/* `salt` is not read in ADDRESS_FULL and may be NULL there. ERROR_INVALID: no address. */
enum error address_mask(const char *address, enum address_mode mode, const unsigned char salt[ADDRESS_SALT_SIZE],
                        struct masked_address *ret_masked) MUST_CHECK;
/* What a unique address is in this mode, as the API says it: "addresses", "networks", "addresses per day". */
const char *address_mode_uniques(enum address_mode mode);

#endif
