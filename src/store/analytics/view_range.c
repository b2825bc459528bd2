/* SPDX-License-Identifier: ISC */
/*
 * PostgreSQL knows the time zones: the transaction runs in the caller's. Days are steps of local time, hours are steps
 * of absolute time (a repeated hour is two). Every zone's offset has been a multiple of a quarter hour since before
 * there were views, so each step begins with a quarter.
 */
#include "config.h"

#include "store/analytics/view_range.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "domain/grant.h"
#include "store/engine/statement.h"
#include "store/analytics/view_bounds.sql.h"
#include "store/views/view_kinds.h"

#define STEPS_MAX     10000
#define HOUR_US       (4 * QUARTER_US)
#define ZONE_NAME_MAX 64

#define FROM SQL_TIMESTAMP("$1")
#define LAST "(" SQL_TIMESTAMP("$2") " - interval '1 microsecond')"

/* clang-format off */
static const char *const steps_sql[] = {
    /* Quarters of an hour, because not all zones begin their hours where UTC does. */
    [VIEW_HOUR] =
        "select to_char(min(q), 'YYYY-MM-DD\"T\"HH24:MI:SSTZH:TZM'), " SQL_MICROSECONDS("min(q)")
        " from generate_series(date_trunc('hour', " FROM "), " LAST ", interval '15 minutes') q"
        " group by date_trunc('hour', q) order by min(q)",
    /* A day begins a second after the last one of the day before: midnight itself is missing on some days and comes
     * twice on others. */
    [VIEW_DAY] =
        "select to_char(d, 'YYYY-MM-DD'), "
        SQL_MICROSECONDS("((d - interval '1 second')::timestamptz + interval '1 second')")
        " from generate_series(date_trunc('day', " FROM "::timestamp), " LAST "::timestamp, interval '1 day') d order by d",
};
/* clang-format on */

int64_t view_range_quarter_before(int64_t time_us) {
  return time_us - time_us % QUARTER_US;
}

int64_t view_range_quarter_after(int64_t time_us) {
  return view_range_quarter_before(time_us + QUARTER_US - 1);
}

static void append_time(struct text *array, int64_t time_us) {
  char time_text[CLOCK_RFC3339_SIZE];
  clock_format_rfc3339(time_us, time_text);
  text_append(array, array->length == 0 ? "{" : ",");
  text_append(array, time_text);
}

void view_range_append_times(struct text *array, const int64_t *times_us, size_t count) {
  for (size_t i = 0; i < count; i++) {
    append_time(array, times_us[i]);
  }
  text_append(array, "}");
}

void view_range_append_begins(struct text *array, const struct view_series *series) {
  for (size_t i = 0; i < series->count; i++) {
    append_time(array, series->buckets[i].begin_us);
  }
  text_append(array, "}");
}

/* --- the transaction --- */

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

/* Compiling a query would take longer than these take. */
static enum error enter_zone(struct database *database, const char *tz) {
  struct parameters parameters = {0};
  parameters_text(&parameters, tz);
  enum error error = statement_change(database, "set transaction isolation level repeatable read, read only",
                                      STATEMENT_REPEATABLE, NULL, NULL);
  if (error == ERROR_NONE) {
    error = check_zone(database, tz);
  }
  return error == ERROR_NONE
             ? statement_execute(database, "select set_config('timezone', $1, true), set_config('jit', 'off', true)",
                                 STATEMENT_REPEATABLE, &parameters, NULL)
             : error;
}

enum error view_range_begin(struct database *database, const char *tz) {
  enum error error = statement_begin(database);
  if (error == ERROR_NONE) {
    error = enter_zone(database, tz);
    if (error != ERROR_NONE) {
      statement_rollback(database);
    }
  }
  return error;
}

void view_range_end(struct database *database) {
  statement_rollback(database);
}

/* --- the bounds --- */

struct bounds {
  bool found;             /* the medium */
  int64_t first, last;    /* quarters with views; 0: none */
  int64_t first_of_all;   /* of any medium and kind */
  int64_t oldest, now_us; /* month that rows are kept of; 0: none */
};

static enum error read_bounds(struct database *database, const struct view_question *question,
                              struct bounds *ret_bounds) {
  static const char *const select = VIEW_BOUNDS_SQL(VIEW_KINDS_SQL("$2"));
  struct parameters parameters = {0};
  parameters_i64(&parameters, question->media_id);
  parameters_i64(&parameters, question->kinds);
  struct rows row = statement_row(database, select, STATEMENT_REPEATABLE, &parameters);
  struct bounds bounds;
  bounds.found = rows_bool(&row);
  bounds.first = rows_i64_or(&row, 0);
  bounds.last = rows_i64_or(&row, 0);
  bounds.first_of_all = rows_i64_or(&row, 0);
  bounds.oldest = rows_i64_or(&row, 0);
  bounds.now_us = rows_i64(&row);
  return rows_close_into(&row, ret_bounds, &bounds, sizeof bounds);
}

/* Since when all rows are there; 0: none was ever dropped. Months are those of grants, so a dropped one took views
 * along that began in the next. */
static int64_t rows_since(const struct bounds *bounds) {
  int64_t oldest = bounds->oldest == 0 ? bounds->now_us : bounds->oldest;
  if (bounds->first_of_all == 0 || bounds->first_of_all >= oldest) {
    return 0;
  }
  oldest += GRANT_LIFE_MAX_SECONDS * INT64_C(1000000);
  return oldest < bounds->now_us ? oldest : bounds->now_us;
}

enum error view_range_resolve(struct database *database, const struct view_question *question,
                              struct view_range *ret_range) {
  struct bounds bounds;
  enum error error = read_bounds(database, question, &bounds);
  if (error != ERROR_NONE || !bounds.found) {
    return error == ERROR_NONE ? ERROR_NOT_FOUND : error;
  }
  struct view_range range = {.media_id = question->media_id, .kinds = question->kinds, .filter = question->filter};
  bool open = question->from_us == 0;
  int64_t end = open && bounds.last == 0 ? 0
                : open                   ? bounds.last + QUARTER_US
                                         : view_range_quarter_after(bounds.now_us + 1);
  range.from_us = open ? bounds.first : question->from_us;
  range.to_us = question->to_us == 0 ? end : question->to_us;
  int64_t kept = rows_since(&bounds);
  if (bounds.first != 0 && bounds.first < kept && range.from_us < kept) {
    range.rows_since_us = kept;
    range.from_us = view_range_quarter_before(range.from_us);
    range.to_us = range.to_us < kept ? view_range_quarter_before(range.to_us) : range.to_us;
  }
  if (range.from_us == 0 || range.from_us > range.to_us) {
    range.from_us = range.to_us;
  }
  *ret_range = range;
  return ERROR_NONE;
}

/* --- the steps --- */

static enum error read_steps(struct rows *rows, const struct view_range *range, struct view_series *ret_series) {
  struct view_series series = {.buckets = calloc(rows_count(rows) + 1, sizeof *series.buckets)};
  while (series.buckets != NULL && rows_next(rows)) {
    struct view_bucket bucket = {.begin_us = 0};
    rows_text(rows, bucket.start, sizeof bucket.start);
    bucket.begin_us = rows_i64(rows);
    if (bucket.begin_us <= range->from_us) { /* the first: the last one that begins at or before the range */
      series.count = 0;
      bucket.begin_us = range->from_us;
    }
    series.buckets[series.count++] = bucket;
  }
  enum error error = rows_close(rows);
  if (series.buckets == NULL || error != ERROR_NONE) {
    free(series.buckets);
    return series.buckets == NULL ? ERROR_MEMORY : error;
  }
  *ret_series = series;
  return ERROR_NONE;
}

bool view_range_steps_fit(const struct view_range *range, enum view_interval interval) {
  int64_t shortest = interval == VIEW_HOUR ? HOUR_US : DAY_US;
  return range->to_us / shortest - range->from_us / shortest < STEPS_MAX;
}

enum error view_range_steps(struct database *database, const struct view_range *range, enum view_interval interval,
                            struct view_series *ret_series) {
  if (!view_range_steps_fit(range, interval)) {
    return ERROR_TOO_LARGE;
  }
  struct parameters parameters = {0};
  parameters_i64(&parameters, range->from_us);
  parameters_i64(&parameters, range->to_us);
  struct rows rows;
  enum error error = statement_execute(database, steps_sql[interval], STATEMENT_REPEATABLE, &parameters, &rows);
  return error == ERROR_NONE ? read_steps(&rows, range, ret_series) : error;
}
