/* SPDX-License-Identifier: ISC */
/* Revoked grants and issuer tags (table revoked_grant): rows from which the files revoked/<name> are rebuilt. */
#ifndef MEDIAGATE_STORE_ACCOUNTS_GRANT_STORE_H
#define MEDIAGATE_STORE_ACCOUNTS_GRANT_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "store/engine/database.h"

/* name: 32 hex digits of a grant, or 8 of an issuer tag. Twice is fine. */
enum error grant_store_revoke(struct database *database, const char *name, int64_t revoked_by,
                              int64_t expires_at_us) MUST_CHECK;
/* The same of one whose row was lost. An account or API key that has a revoked issuer tag again gets another one: else
 * nothing that it issues would play. */
enum error grant_store_restore(struct database *database, const char *name, int64_t expires_at_us) MUST_CHECK;
/* Was this grant revoked, or all of its issuer tag? */
enum error grant_store_is_revoked(struct database *database, const char *grant_id, bool *ret_revoked) MUST_CHECK;
/* Calls `row` for every revocation that has not expired. */
enum error grant_store_list_revoked(struct database *database,
                                    void (*row)(void *context, const char *name, int64_t expires_at_us),
                                    void *context) MUST_CHECK;
enum error grant_store_sweep(struct database *database, int64_t *ret_deleted) MUST_CHECK;

#endif
