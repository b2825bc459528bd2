/* SPDX-License-Identifier: ISC */
/*
 * Addresses of clients: their one spelling, and the sizes of what is kept of them. Texts include their NUL.
 */
#ifndef MEDIAGATE_DOMAIN_ADDRESS_H
#define MEDIAGATE_DOMAIN_ADDRESS_H

#include <stddef.h>

#include "base/error.h"

#define ADDRESS_TEXT_SIZE    46 /* the longest IPv6 address */
#define ADDRESS_KEY_SIZE     16 /* bytes: tells whether two deliveries went to one address */
#define ADDRESS_SALT_SIZE    32 /* bytes: of the masked modes, one a day */
#define ADDRESS_NETWORK_SIZE 16 /* bytes of address_network */
#define COUNTRY_SIZE         3  /* an ISO 3166 code */

/* What is kept of an address, in the order of the setting view_ip's words; see audience/address_mask.h. */
enum address_mode { ADDRESS_FULL, ADDRESS_TRUNCATED, ADDRESS_HASHED };

/* An IPv4 or IPv6 address in its canonical spelling (RFC 5952); an IPv4-mapped IPv6 address becomes the IPv4 address.
 * ERROR_INVALID: it is none. */
enum error address_canonical(const char *string, char ret_address[ADDRESS_TEXT_SIZE]) MUST_CHECK;
/* The text of an address's network: its first v4_bits or v6_bits, whole bytes. An IPv6 address that carries an IPv4 one
 * (IPv4-mapped, or behind 64:ff9b::/96 of RFC 6052) has the network of that: else all of IPv4 would be one network.
 * What is no address stays as it is, cut to the size. */
void address_prefix(const char *string, size_t v4_bits, size_t v6_bits, char ret_network[ADDRESS_TEXT_SIZE]);
/* What counts as one viewer's address: a whole IPv4 address, the /64 of an IPv6 address. One subscriber has all of a
 * /64 (RFC 6177), and devices change addresses within it by the hour (RFC 8981). An IPv6 address that
 * carries an IPv4 one counts as that. The bytes are an IPv6 address whose last half is 0, or an IPv4-mapped one.
 * ERROR_INVALID: `string` is no address. */
enum error address_network(const char *string, unsigned char ret_network[ADDRESS_NETWORK_SIZE]) MUST_CHECK;

#endif
