/* SPDX-License-Identifier: ISC */
/*
 * Texts of user agents, each stored once (table user_agent): rows of views hold their ids. An id is good for a day
 * after it was asked for; then its row is swept if no view holds it.
 */
#ifndef MEDIAGATE_STORE_VIEWS_USER_AGENT_STORE_H
#define MEDIAGATE_STORE_VIEWS_USER_AGENT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/engine/database.h"

/* The id of each text, stored if it is new; 0 of "". Texts are valid UTF-8 without NUL, at most 2048 bytes. In a
 * transaction or not; ids made in one that is rolled back are none. */
enum error user_agent_store_ids(struct database *database, const char *const *texts, size_t count,
                                int64_t *ret_ids) MUST_CHECK;

/* Deletes the texts that no view holds and nobody asked for of late, of at most `limit` after *after_id, which it moves
 * on. *ret_more: there are some behind these. */
enum error user_agent_store_sweep(struct database *database, int limit, int64_t *after_id, int64_t *ret_deleted,
                                  bool *ret_more) MUST_CHECK;

#endif
