/* SPDX-License-Identifier: ISC */
/*
 * Makes a person's views nobody's: address, viewer, grant, user agent and referrer go, what was counted stays. Distinct
 * addresses stay as many: each gets a random one instead, the same for all its views of one run.
 */
#ifndef MEDIAGATE_STORE_VIEWS_VIEW_FORGET_H
#define MEDIAGATE_STORE_VIEWS_VIEW_FORGET_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/address.h"
#include "store/engine/database.h"

#define VIEW_FORGET_RANDOM_SIZE 32

/* Who: a viewer id, or an address by the keys that it has in views: see audience/address_mask.h. */
struct forgotten {
  const char *viewer; /* NULL: by the keys */
  const unsigned char (*keys)[ADDRESS_KEY_SIZE];
  size_t key_count;
  unsigned char random[VIEW_FORGET_RANDOM_SIZE]; /* of this run; stored nowhere */
};

/* One batch, in a transaction of its own while nobody counts; again until *ret_views is 0. */
enum error view_forget_batch(struct database *database, const struct forgotten *person, int64_t *ret_views) MUST_CHECK;
/* Views that may be the address's, but nobody can tell: those that show its network, or a pseudonym, of days whose salt
 * is destroyed. `network` and `pseudonyms` (a network) are texts. */
enum error view_forget_count_lost(struct database *database, const char *network, const char *pseudonyms,
                                  int64_t *ret_of_network, int64_t *ret_pseudonyms) MUST_CHECK;

#endif
