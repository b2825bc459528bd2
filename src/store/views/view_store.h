/* SPDX-License-Identifier: ISC */
/* Views (table media_view_log) and the questions asked of them. */
#ifndef MEDIAGATE_STORE_VIEWS_VIEW_STORE_H
#define MEDIAGATE_STORE_VIEWS_VIEW_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/address.h"
#include "domain/grant.h"
#include "store/views/view_filter.h"
#include "store/engine/database.h"

struct view {
  int64_t id;
  int64_t media_id;
  char viewed_by_ip[ADDRESS_TEXT_SIZE];
  int64_t timestamp_us;
  char viewer[VIEWER_SIZE]; /* "" for none, as the others */
  char grant_id[GRANT_ID_SIZE];
  char *user_agent; /* NULL for none; malloc'd */
  char country[COUNTRY_SIZE];
  char *referrer;          /* host; NULL for none; malloc'd */
  int64_t bytes_sent;      /* -1 unknown */
  int64_t seconds;         /* -1 unknown */
  int64_t watched_seconds; /* -1 unknown */
  int delivered_points;    /* hundredths of a percent of the medium; -1 unknown */
  char source[16];         /* "reported", or "stream" for one counted from the delivery log */
  bool robot;
  bool internal;       /* somebody of the house, as the settings say */
  bool played;         /* as much as the settings ask for */
  unsigned renditions; /* bits of domain/rendition.h */
};

void view_free(struct view *view);

/* A view that somebody else's player reports. Texts are valid UTF-8 without NUL. */
struct view_report {
  int64_t media_id;
  const char *address;              /* as it is to be shown */
  const unsigned char *address_key; /* 16 bytes: who views, known before the address was masked */
  int64_t address_hash;             /* >= 0, evenly spread */
  const char *viewer;               /* NULL for none, as the others */
  const char *user_agent;
  const char *country; /* "" unknown */
  bool robot;
  bool internal;
};
/* Counts against the limit, which is for each medium and address, and inserts, in one transaction. ERROR_LIMITED with
 * *ret_retry_after seconds; ERROR_NOT_FOUND: no such medium. */
enum error view_store_report(struct database *database, const struct view_report *report, int64_t limit_per_minute,
                             struct view *ret_view, int64_t *ret_retry_after) MUST_CHECK;
struct view_listing {
  int64_t media_id;
  unsigned kinds; /* of view_kinds.h */
  struct view_filter filter;
  int64_t before_us, before_id; /* the cursor; 0, 0 for the first page */
};

/* Where a page with a filter ended although there may be more that fit: behind this view. us is 0: it did not. */
struct view_place {
  int64_t us, id;
};

/* Newest first. With a filter it looks at VIEW_FILTER_PAGE_MAX views, and says in *ret_end where it stopped.
 * ERROR_NOT_FOUND: no such medium. */
enum error view_store_list(struct database *database, const struct view_listing *wanted, int limit,
                           struct view **ret_items, size_t *ret_count, struct view_place *ret_end) MUST_CHECK;

struct view_export {
  int64_t media_id;       /* 0: all */
  int64_t from_us, to_us; /* from <= timestamp < to */
  unsigned kinds;         /* of view_kinds.h */
  struct view_filter filter;
  int64_t after_us, after_id; /* behind this view; 0, 0: from the beginning */
};

/* A page of all views of a time, oldest first: no transaction stays open while somebody downloads. *ret_end as in
 * view_store_list. The caller frees each view and the array. */
enum error view_store_export(struct database *database, const struct view_export *wanted, int limit,
                             struct view **ret_items, size_t *ret_count, struct view_place *ret_end) MUST_CHECK;

/* A view of one grant, for whoever holds it against the delivery log. */
struct grant_view {
  int64_t id;
  int64_t media_id;
  int64_t timestamp_us;
  int64_t last_seen_us;
  int64_t bytes_sent;
  int64_t seconds;
  int64_t delivered_points; /* hundredths of a percent; -1 unknown */
  bool robot;
  bool internal;
  char viewed_by_ip[ADDRESS_TEXT_SIZE]; /* as view_ip shows it */
  char viewer[VIEWER_SIZE];             /* "" for none */
  char country[COUNTRY_SIZE];           /* "" unknown */
};

/* Oldest first. grant_id: 32 hex digits. The caller frees *ret_views. */
enum error view_store_of_grant(struct database *database, const char *grant_id, struct grant_view **ret_views,
                               size_t *ret_count) MUST_CHECK;

#endif
