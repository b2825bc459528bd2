/* SPDX-License-Identifier: ISC */
/* Shared reports (table report): links that show analytics. Only the SHA-256 of a link's secret is stored. */
#ifndef MEDIAGATE_STORE_ANALYTICS_REPORT_STORE_H
#define MEDIAGATE_STORE_ANALYTICS_REPORT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/digest.h"
#include "domain/medium.h"
#include "domain/scope.h"
#include "store/engine/database.h"
#include "store/views/view_filter.h"

#define REPORT_TITLE_MAX     200 /* code points */
#define REPORT_TITLE_SIZE    801
#define REPORT_ZONE_SIZE     65
#define REPORT_VALUE_SIZE    256
#define REPORT_LAST_DAYS_MAX 3660

struct report {
  int64_t id;
  char title[REPORT_TITLE_SIZE];
  int64_t account_id;     /* who made it */
  int64_t created_by_key; /* that account's key that made it; 0: a person did */
  unsigned char hash[DIGEST_SIZE];
  char hashed_password[128]; /* "": the link is enough */
  int64_t media_id;          /* 0: of all media */
  char media_title[MEDIUM_TITLE_MAX * 4 + 1];
  double media_seconds;                               /* 0: unknown */
  char filter[VIEW_FILTER_COUNT_][REPORT_VALUE_SIZE]; /* "": any */
  int64_t from_us, to_us;                             /* 0: open. With last_days: since when that is now */
  int64_t last_days;                                  /* 0: from and to hold as they are */
  char tz[REPORT_ZONE_SIZE];
  bool robots, show_viewers;
  int64_t created_at_us, expires_at_us;
  bool deleted;         /* somebody withdrew it */
  bool media_is_gone;   /* its medium was deleted */
  bool maker_is_gone;   /* whoever made it is disabled … */
  enum role maker_role; /* … or may have another role by now */
};

/* Reads all but the ids, the times of making and deleting, and what is told of medium and maker. The account must be
 * there. ERROR_NOT_FOUND: no such medium. */
enum error report_store_create(struct database *database, const struct report *report,
                               struct report *ret_report) MUST_CHECK;
/* ERROR_NOT_FOUND. A report that was deleted a while ago may still be there, and says so. */
enum error report_store_find(struct database *database, int64_t id, struct report *ret_report) MUST_CHECK;
/* account_id: only a report of this account; 0: of any. ERROR_NOT_FOUND. */
enum error report_store_delete(struct database *database, int64_t id, int64_t account_id) MUST_CHECK;

/* Of a time that wall clocks in `tz` show, as if they showed UTC: when that is, as view_local_times has it. May run
 * within a transaction. ERROR_INVALID: no such zone. */
enum error report_store_local_time(struct database *database, const char *tz, int64_t *time_us) MUST_CHECK;

struct report_list {
  int64_t before;     /* only reports with smaller ids; 0: all */
  int64_t account_id; /* only reports of this account; 0: of any */
  int limit;
};
/* Calls `row` for each report that was not deleted, newest first. One that expired stays on the list for a while. */
enum error report_store_list(struct database *database, const struct report_list *list,
                             void (*row)(void *context, const struct report *report), void *context) MUST_CHECK;
/* Deletes up to `limit` rows of reports that ended longer ago than this. */
enum error report_store_sweep(struct database *database, int64_t grace_seconds, int64_t limit,
                              int64_t *ret_deleted) MUST_CHECK;

#endif
