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

/* What a user agent says of itself; see audience/device_list.h. */
struct user_agent_facts {
  int64_t id;
  const char *device, *system, *browser; /* not empty */
};

struct user_agent_text {
  int64_t id;
  char *text; /* malloc'd */
};

/* At most `limit` whose facts are not known yet. *ret_texts is malloc'd; release it with user_agent_texts_free. */
enum error user_agent_store_undescribed(struct database *database, int limit, struct user_agent_text **ret_texts,
                                        size_t *ret_count) MUST_CHECK;
void user_agent_texts_free(struct user_agent_text *texts, size_t count);
/* Those that were swept meanwhile are left out. */
enum error user_agent_store_describe(struct database *database, const struct user_agent_facts *facts,
                                     size_t count) MUST_CHECK;

#endif
