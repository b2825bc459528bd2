/* SPDX-License-Identifier: ISC */
/* Views (table media_view_log) and the questions asked of them. */
#ifndef MEDIAGATE_STORE_VIEW_STORE_H
#define MEDIAGATE_STORE_VIEW_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/database.h"

struct view {
  int64_t id;
  int64_t media_id;
  char viewed_by_ip[46];
  int64_t timestamp_us;
  char viewer[65]; /* "" for none, as the others */
  char grant_id[33];
  char *user_agent; /* NULL for none; malloc'd */
  char country[3];
  char *referrer;       /* host; NULL for none; malloc'd */
  int64_t bytes_sent;   /* -1 unknown */
  int64_t seconds;      /* -1 unknown */
  int delivered_points; /* hundredths of a percent of the medium; -1 unknown */
  char source[16];      /* "reported", or "stream" for one counted from the delivery log */
  bool bot;
};

void view_free(struct view *view);

/* Counts against the limit and inserts, in one transaction. ERROR_LIMITED with *ret_retry_after seconds;
 * ERROR_NOT_FOUND: no such medium. */
enum error view_store_report(struct database *database, int64_t media_id, const char *viewed_by_ip,
                             const char *viewer_or_null, const char *user_agent_or_null, int64_t limit_per_minute,
                             struct view *ret_view, int64_t *ret_retry_after) MUST_CHECK;
/* Newest first; before_*: the cursor, 0 for the first page. ERROR_NOT_FOUND: no such medium. */
enum error view_store_list(struct database *database, int64_t media_id, int64_t before_timestamp_us, int64_t before_id,
                           int limit, struct view **ret_items, size_t *ret_count) MUST_CHECK;

#endif
