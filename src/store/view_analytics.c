/* SPDX-License-Identifier: ISC */
/*
 * What is counted of a medium's views, from one snapshot, so that the sums agree. PostgreSQL knows the time zones: the
 * transaction runs in the caller's zone. Days and months are steps of local time, hours are steps of absolute time (a
 * repeated hour is two buckets).
 */
#include "config.h"

#include "store/view_store.h"

#include <stdlib.h>
#include <string.h>

#include "store/statement.h"

#define BUCKETS_MAX     10000
#define MICROSECONDS(s) ((s)*INT64_C(1000000))
#define ZONE_NAME_MAX   64

/* $1 the medium, $2 and $3 the range. */
#define FROM SQL_TIMESTAMP("$2")
#define TO   SQL_TIMESTAMP("$3")
#define LAST "(" TO " - interval '1 microsecond')"
#define THE_VIEWS                                                                                                      \
  " from media_view_log where media_id = $1 and \"timestamp\" >= " FROM " and \"timestamp\" < " TO " and not bot"
#define SERIES(format, starts, start_of_view)                                                                          \
  "select to_char(s.start, '" format "'), coalesce(v.views, 0), coalesce(v.unique_ips, 0) from " starts " as s(start)" \
  " left join (select " start_of_view                                                                                  \
  " as start, count(*) as views, count(distinct address_hash) as unique_ips" THE_VIEWS                                 \
  " group by 1) v on v.start = s.start order by s.start"
#define LOCAL_SERIES(format, unit)                                                                                     \
  SERIES(format,                                                                                                       \
         "generate_series(date_trunc('" unit "', " FROM "::timestamp), " LAST "::timestamp, interval '1 " unit "')",   \
         "date_trunc('" unit "', \"timestamp\"::timestamp)")

static const char *const series_sql[] = {
    /* Quarters of an hour, because not all zones begin their hours where UTC does. */
    [VIEW_HOUR] =
        SERIES("YYYY-MM-DD\"T\"HH24:MI:SSTZH:TZM",
               "(select date_trunc('hour', q) from generate_series(" FROM ", " LAST ", interval '15 minutes') q"
               " union select date_trunc('hour', " LAST "))",
               "date_trunc('hour', \"timestamp\")"),
    [VIEW_DAY] = LOCAL_SERIES("YYYY-MM-DD", "day"),
    [VIEW_MONTH] = LOCAL_SERIES("YYYY-MM", "month"),
};

void view_totals_free(struct view_totals *totals) {
  if (totals != NULL) {
    free(totals->series);
    free(totals->days);
    *totals = (struct view_totals){0};
  }
}

struct range {
  int64_t media_id, from_us, to_us;
};

static void add_range(struct parameters *parameters, const struct range *range) {
  parameters_i64(parameters, range->media_id);
  parameters_i64(parameters, range->from_us);
  parameters_i64(parameters, range->to_us);
}

/* PostgreSQL takes POSIX zones too ("Foo/Bar3" is three hours west): names with digits are looked up, which is slow and
 * rare. */
static enum error check_zone(struct database *database, const char *tz) {
  size_t length = strlen(tz);
  if (length == 0 || length > ZONE_NAME_MAX ||
      strspn(tz, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") != length) {
    return ERROR_INVALID;
  }
  if (strcspn(tz, "0123456789") == length) {
    return ERROR_NONE;
  }
  struct parameters parameters = {0};
  parameters_text(&parameters, tz);
  int64_t found = 0;
  enum error error = statement_change(database, "select from pg_timezone_names where name = $1", STATEMENT_REPEATABLE,
                                      &parameters, &found);
  return error == ERROR_NONE && found == 0 ? ERROR_INVALID : error;
}

static enum error enter_zone(struct database *database, const char *tz) {
  struct parameters parameters = {0};
  parameters_text(&parameters, tz);
  enum error error = statement_change(database, "set transaction isolation level repeatable read, read only",
                                      STATEMENT_REPEATABLE, NULL, NULL);
  if (error == ERROR_NONE) {
    error = check_zone(database, tz);
  }
  return error == ERROR_NONE ? statement_execute(database, "select set_config('timezone', $1, true)",
                                                 STATEMENT_REPEATABLE, &parameters, NULL)
                             : error;
}

/* Closes what is open: from the first view; up to now where a beginning was given, else up to the last view. Equal
 * bounds: nothing there. */
static enum error close_range(struct database *database, struct range *range) {
  /* clang-format off */
  static const char *const select =
      "select " SQL_MICROSECONDS("v.first") ", " SQL_MICROSECONDS("v.last") ", " SQL_MICROSECONDS("now()")
      " from media_asset m left join lateral"
      " (select min(\"timestamp\") as first, max(\"timestamp\") as last"
      "  from media_view_log where media_id = m.id and not bot) v on true"
      " where m.id = $1 and m.deleted_at is null";
  /* clang-format on */
  struct parameters parameters = {0};
  parameters_i64(&parameters, range->media_id);
  struct rows rows;
  enum error error = statement_execute(database, select, STATEMENT_REPEATABLE, &parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  bool found = rows_next(&rows);
  int64_t first = found ? rows_i64_or(&rows, 0) : 0;
  int64_t last = found ? rows_i64_or(&rows, 0) : 0;
  int64_t now = found ? rows_i64(&rows) : 0;
  error = rows_close(&rows);
  if (error != ERROR_NONE || !found) {
    return error == ERROR_NONE ? ERROR_NOT_FOUND : error;
  }
  bool from_given = range->from_us != 0;
  range->from_us = from_given ? range->from_us : first;
  range->to_us = range->to_us != 0 ? range->to_us : from_given ? now : last + (last != 0);
  if (range->from_us == 0 || range->from_us > range->to_us) {
    range->from_us = range->to_us;
  }
  return ERROR_NONE;
}

static enum error count_totals(struct database *database, const struct range *range, struct view_totals *totals) {
  struct parameters parameters = {0};
  add_range(&parameters, range);
  struct rows rows;
  enum error error = statement_execute(
      database, "select count(*), count(distinct address_hash), coalesce(sum(bytes_sent), 0)::int8" THE_VIEWS,
      STATEMENT_REPEATABLE, &parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  if (rows_next(&rows)) {
    totals->total_views = rows_i64(&rows);
    totals->unique_ips = rows_i64(&rows);
    totals->bytes_sent = rows_i64(&rows);
  }
  return rows_close(&rows);
}

static enum error count_series(struct database *database, const char *sql, const struct range *range,
                               struct view_bucket **ret_buckets, size_t *ret_count) {
  struct parameters parameters = {0};
  add_range(&parameters, range);
  struct rows rows;
  enum error error = statement_execute(database, sql, STATEMENT_REPEATABLE, &parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  struct view_bucket *buckets = calloc(rows_count(&rows) + 1, sizeof *buckets);
  size_t count = 0;
  while (buckets != NULL && rows_next(&rows)) {
    rows_text(&rows, buckets[count].start, sizeof buckets[count].start);
    buckets[count].views = rows_i64(&rows);
    buckets[count].unique_ips = rows_i64(&rows);
    count++;
  }
  error = rows_close(&rows);
  if (buckets == NULL || error != ERROR_NONE) {
    free(buckets);
    return buckets == NULL ? ERROR_MEMORY : error;
  }
  *ret_buckets = buckets;
  *ret_count = count;
  return ERROR_NONE;
}

/* In the transaction. */
static enum error count_all(struct database *database, struct range *range, enum view_interval interval,
                            struct view_totals *totals) {
  enum error error = close_range(database, range);
  int64_t shortest = MICROSECONDS(interval == VIEW_HOUR ? 3600 : 86400);
  if (error == ERROR_NONE && range->to_us / shortest - range->from_us / shortest >= BUCKETS_MAX) {
    error = ERROR_TOO_LARGE;
  }
  if (error != ERROR_NONE || range->from_us == range->to_us) {
    return error;
  }
  error = count_totals(database, range, totals);
  if (error == ERROR_NONE) {
    error = count_series(database, series_sql[VIEW_DAY], range, &totals->days, &totals->day_count);
  }
  if (error == ERROR_NONE) {
    error = count_series(database, series_sql[interval], range, &totals->series, &totals->series_count);
  }
  return error;
}

enum error view_store_analytics(struct database *database, int64_t media_id, int64_t from_us, int64_t to_us,
                                enum view_interval interval, const char *tz, struct view_totals *ret_totals) {
  struct range range = {.media_id = media_id, .from_us = from_us, .to_us = to_us};
  struct view_totals totals = {0};
  enum error error = database_begin(database);
  if (error != ERROR_NONE) {
    return error;
  }
  error = enter_zone(database, tz);
  if (error == ERROR_NONE) {
    error = count_all(database, &range, interval, &totals);
  }
  database_rollback(database); /* nothing was written, and the zone goes with it */
  if (error != ERROR_NONE) {
    view_totals_free(&totals);
    return error;
  }
  *ret_totals = totals;
  return ERROR_NONE;
}
