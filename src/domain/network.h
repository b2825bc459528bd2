/* SPDX-License-Identifier: ISC */
/* Networks of addresses, as a key's allowed_networks names them: "192.0.2.0/24", "2001:db8::/32", or one address. */
#ifndef MEDIAGATE_DOMAIN_NETWORK_H
#define MEDIAGATE_DOMAIN_NETWORK_H

#include <stdbool.h>

#include "base/error.h"

#define NETWORK_TEXT_SIZE 50 /* the longest IPv6 address, a slash, three digits and a NUL */

struct network {
  unsigned char bytes[16]; /* an IPv4 address is IPv4-mapped */
  unsigned char bits;      /* of the 128 */
};

/* ERROR_INVALID: no address, no prefix length, or bits set behind it. */
enum error network_parse(const char *text, struct network *ret_network) MUST_CHECK;
/* In canonical form, always with its prefix length. */
void network_format(const struct network *network, char ret_text[NETWORK_TEXT_SIZE]);
/* Is all of `part` in it? */
bool network_holds(const struct network *network, const struct network *part);

#endif
