/* SPDX-License-Identifier: ISC */
/* Texts of user agents, each stored once (table user_agent): rows of views hold their ids. */
#ifndef MEDIAGATE_STORE_USER_AGENT_STORE_H
#define MEDIAGATE_STORE_USER_AGENT_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/database.h"

/* The id of each text, stored if it is new; 0 of "". Texts are valid UTF-8 without NUL, at most 2048 bytes. In a
 * transaction or not; ids made in one that is rolled back are none. */
enum error user_agent_store_ids(struct database *database, const char *const *texts, size_t count,
                                int64_t *ret_ids) MUST_CHECK;

#endif
