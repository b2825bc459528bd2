/* SPDX-License-Identifier: ISC */
/*
 * The random salts with which addresses are masked (table address_salt): one for the grants of each day, of UTC, the
 * same for every process, destroyed when none of these grants can play any more. From then on nobody can tell which
 * address a masked one was.
 */
#ifndef MEDIAGATE_STORE_VIEWS_ADDRESS_SALT_STORE_H
#define MEDIAGATE_STORE_VIEWS_ADDRESS_SALT_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/address.h"
#include "store/engine/database.h"

/* What a process remembers of them. Zero-initialise. */
struct address_salts {
  struct address_salt {
    int64_t day; /* since 1970 */
    unsigned char salt[ADDRESS_SALT_SIZE];
  } items[16];
  size_t count;
  uint64_t generation; /* database_generation of what is kept */
};

/* The salt of the day that holds this moment; made if it is missing. Outside a transaction: it must be stored before
 * anything is that was made with it. *ret_salt lives until the next call. */
enum error address_salts_get(struct address_salts *salts, struct database *database, int64_t granted_us,
                             const unsigned char **ret_salt) MUST_CHECK;
/* Forgets here those of days before the one that holds this moment. */
void address_salts_forget(struct address_salts *salts, int64_t before_us);
/* Destroys the salts of days that ended more than `keep_seconds` ago, here and in the database. There they stay for a
 * node that is behind, or silent, as long as it is known: its lines would get other salts, and its views be doubled. */
enum error address_salts_expire(struct address_salts *salts, struct database *database, int64_t keep_seconds,
                                int64_t *ret_destroyed) MUST_CHECK;
/* All that there are, oldest first. The caller frees *ret_salts. */
enum error address_salt_store_list(struct database *database, struct address_salt **ret_salts,
                                   size_t *ret_count) MUST_CHECK;

#endif
