/* SPDX-License-Identifier: ISC */
/*
 * What deliveries change in views, for the tests of the stores that write them.
 */
#ifndef MEDIAGATE_TESTS_STORE_VIEW_CHANGES_H
#define MEDIAGATE_TESTS_STORE_VIEW_CHANGES_H

#include <stddef.h>
#include <stdint.h>

#include "store/views/delivery_store.h"

#define GRANT "0193550000007000800000000000abcd"
#define OTHER "0193550000007000800000000000abce"
#define START INT64_C(1795370400000000)

/* The views of a batch; each one once. */
struct view_changes {
  struct view_change views[40];
  size_t count;
};

/* Another delivery of a view in the batch is another batch here: adding up is view_batch's. The one of second 0 has a
 * user agent of its own. */
struct view_change *view_changes_add(struct view_changes *changes, int64_t media_id, const char *grant,
                                     const char *address, int second, int64_t bytes);
/* Stores and empties them, from one position of the test's log to another. */
enum error view_changes_commit(struct database *database, struct view_changes *changes, int64_t from, int64_t to);
/* The sums of raw rows that differ from view_rollup. */
int64_t view_changes_wrong_rollups(void);

#endif
