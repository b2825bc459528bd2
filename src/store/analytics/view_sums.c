/* SPDX-License-Identifier: ISC */
/*
 * The rollups are of UTC. A step of local days is the UTC days between the midnights that are nearest to its ends, with
 * the quarter hours between each midnight and its end added or taken away: at most 48 rows an end, none in UTC.
 */
#include "config.h"

#include "store/analytics/view_sums.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/engine/statement.h"
#include "store/views/view_kinds.h"

#define KINDS   VIEW_KINDS_SQL("$4")
#define ROLLUPS " from view_rollup r where r.media_id = $1 and " KINDS

/* clang-format off */
/* $2 are where the steps begin, $3 is the end of the last one. */
#define GRAIN_SQL(grain) \
  "select width_bucket(r.start, $2::timestamptz[]), " VIEW_SUM_COLUMNS ROLLUPS \
  " and r.grain = '" grain "' and r.start >= ($2::timestamptz[])[1] and r.start < $3::timestamptz group by 1"
static const char *const day_sql = GRAIN_SQL("day");
static const char *const quarter_sql = GRAIN_SQL("quarter");
/* What lies between each time of $2 and its midnight of $3: taken away when it is the midnight that comes later. */
static const char *const correction_sql =
    "select e.i, e.sign * r.views, e.sign * r.plays, e.sign * r.bytes_sent, e.sign * r.seconds, e.sign * r.watched_seconds,"
    " e.sign * r.points, e.sign * r.points_views"
    " from (select i, least(at, day) as low, greatest(at, day) as high, case when at < day then -1 else 1 end as sign"
    "  from unnest($2::timestamptz[], $3::timestamptz[]) with ordinality t (at, day, i) where at <> day) e"
    " cross join lateral (select " VIEW_SUM_COLUMNS ROLLUPS
    "  and r.grain = 'quarter' and r.start >= e.low and r.start < e.high) r (views, plays, bytes_sent, seconds, watched_seconds, points, points_views)";
/* Of views, where the rollups are too coarse. */
#define ROWS_SQL(table) \
  "select count(*), count(*) filter (where played), coalesce(sum(bytes_sent), 0)::int8, coalesce(sum(seconds), 0)::int8," \
  " coalesce(sum(watched_seconds), 0)::int8," \
  " coalesce(sum(delivered_points), 0)::int8, count(delivered_points)" \
  " from media_view_log where " table " and \"timestamp\" >= $2::timestamptz and \"timestamp\" < $3::timestamptz" \
  " and " KINDS
static const char *const rows_of_medium_sql = ROWS_SQL("media_id = $1");
static const char *const rows_of_all_sql = ROWS_SQL("$1::int8 = 0");
/* clang-format on */

struct view_sums view_sums_read(struct rows *rows) {
  struct view_sums sums;
  sums.views = rows_i64_or(rows, 0);
  sums.plays = rows_i64_or(rows, 0);
  sums.bytes_sent = rows_i64_or(rows, 0);
  sums.seconds = rows_i64_or(rows, 0);
  sums.watched_seconds = rows_i64_or(rows, 0);
  sums.points = rows_i64_or(rows, 0);
  sums.points_views = rows_i64_or(rows, 0);
  return sums;
}

void view_sums_add(struct view_sums *sums, const struct view_sums *more, int64_t times) {
  sums->views += times * more->views;
  sums->plays += times * more->plays;
  sums->bytes_sent += times * more->bytes_sent;
  sums->seconds += times * more->seconds;
  sums->watched_seconds += times * more->watched_seconds;
  sums->points += times * more->points;
  sums->points_views += times * more->points_views;
}

/* Runs one of the statements above and adds each of its rows, which are numbered from 1, to ret_sums. */
static enum error add_rows(struct database *database, const char *sql, const struct parameters *parameters,
                           struct view_sums *ret_sums, size_t count) {
  struct rows rows;
  enum error error = statement_execute(database, sql, STATEMENT_REPEATABLE, parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  bool fits = true;
  while (rows_next(&rows)) {
    int64_t number = rows_i64(&rows);
    struct view_sums sums = view_sums_read(&rows);
    fits = fits && number >= 1 && (uint64_t)number <= count;
    if (fits) {
      view_sums_add(&ret_sums[number - 1], &sums, 1);
    }
  }
  error = rows_close(&rows);
  return error == ERROR_NONE && !fits ? ERROR_INTERNAL : error;
}

/* The sums of rollups of one grain. times_us: where each of `count` steps begins, and the end of the last. */
static enum error add_grain(struct database *database, const struct view_range *range, const char *sql,
                            const int64_t *times_us, size_t count, struct view_sums *ret_sums) {
  char end[CLOCK_RFC3339_SIZE];
  struct text begins = {0};
  clock_format_rfc3339(times_us[count], end);
  view_range_append_times(&begins, times_us, count);
  enum error error = begins.failed ? ERROR_MEMORY : ERROR_NONE;
  if (error == ERROR_NONE) {
    struct parameters parameters = {0};
    parameters_i64(&parameters, range->media_id);
    parameters_text(&parameters, begins.data);
    parameters_text(&parameters, end);
    parameters_i64(&parameters, range->kinds);
    error = add_rows(database, sql, &parameters, ret_sums, count);
  }
  text_free(&begins);
  return error;
}

/* For each of `count` times the sums between it and its midnight. */
static enum error read_corrections(struct database *database, const struct view_range *range, const int64_t *times_us,
                                   const int64_t *midnights_us, size_t count, struct view_sums *ret_sums) {
  struct text times = {0}, midnights = {0};
  view_range_append_times(&times, times_us, count);
  view_range_append_times(&midnights, midnights_us, count);
  enum error error = times.failed || midnights.failed ? ERROR_MEMORY : ERROR_NONE;
  if (error == ERROR_NONE) {
    struct parameters parameters = {0};
    parameters_i64(&parameters, range->media_id);
    parameters_text(&parameters, times.data);
    parameters_text(&parameters, midnights.data);
    parameters_i64(&parameters, range->kinds);
    error = add_rows(database, correction_sql, &parameters, ret_sums, count);
  }
  text_free(&times);
  text_free(&midnights);
  return error;
}

/* Steps of local days between whole quarters; times_us has one more than there are steps. */
static enum error add_days(struct database *database, const struct view_range *range, const int64_t *times_us,
                           size_t count, struct view_sums *ret_sums) {
  int64_t *midnights = calloc(count + 1, sizeof *midnights);
  struct view_sums *corrections = calloc(count + 1, sizeof *corrections);
  bool needed = false;
  enum error error = midnights == NULL || corrections == NULL ? ERROR_MEMORY : ERROR_NONE;
  for (size_t i = 0; error == ERROR_NONE && i <= count; i++) {
    midnights[i] = (times_us[i] + DAY_US / 2) / DAY_US * DAY_US;
    needed = needed || midnights[i] != times_us[i];
  }
  if (error == ERROR_NONE) {
    error = add_grain(database, range, day_sql, midnights, count, ret_sums);
  }
  if (error == ERROR_NONE && needed) {
    error = read_corrections(database, range, times_us, midnights, count + 1, corrections);
  }
  for (size_t i = 0; error == ERROR_NONE && i < count; i++) {
    view_sums_add(&ret_sums[i], &corrections[i + 1], 1);
    view_sums_add(&ret_sums[i], &corrections[i], -1);
  }
  free(midnights);
  free(corrections);
  return error;
}

/* The views themselves, from <= timestamp < to, where there are any between two quarters. */
static enum error add_edge(struct database *database, const struct view_range *range, int64_t from_us, int64_t to_us,
                           struct view_sums *sums) {
  if (from_us >= to_us) {
    return ERROR_NONE;
  }
  char from[CLOCK_RFC3339_SIZE], to[CLOCK_RFC3339_SIZE];
  clock_format_rfc3339(from_us, from);
  clock_format_rfc3339(to_us, to);
  struct parameters parameters = {0};
  parameters_i64(&parameters, range->media_id);
  parameters_text(&parameters, from);
  parameters_text(&parameters, to);
  parameters_i64(&parameters, range->kinds);
  struct rows row = statement_row(database, range->media_id == 0 ? rows_of_all_sql : rows_of_medium_sql,
                                  STATEMENT_REPEATABLE, &parameters);
  struct view_sums edge = view_sums_read(&row);
  enum error error = rows_close(&row);
  if (error == ERROR_NONE) {
    view_sums_add(sums, &edge, 1);
  }
  return error;
}

/* Quarters only: times_us are where each step begins and where the last one ends, cut to whole quarters. */
static enum error add_quarters(struct database *database, const struct view_range *range, enum view_interval interval,
                               const struct view_series *series, int64_t low_us, int64_t high_us,
                               struct view_sums *ret_sums) {
  int64_t *times = calloc(series->count + 1, sizeof *times);
  if (times == NULL) {
    return ERROR_MEMORY;
  }
  for (size_t i = 0; i < series->count; i++) {
    times[i] = i == 0 ? low_us : view_range_quarter_before(series->buckets[i].begin_us);
  }
  times[series->count] = high_us;
  enum error error = interval == VIEW_HOUR ? add_grain(database, range, quarter_sql, times, series->count, ret_sums)
                                           : add_days(database, range, times, series->count, ret_sums);
  free(times);
  return error;
}

enum error view_sums_fill(struct database *database, const struct view_range *range, enum view_interval interval,
                          struct view_series *series) {
  if (series->count == 0) {
    return ERROR_NONE;
  }
  int64_t low = view_range_quarter_after(range->from_us), high = view_range_quarter_before(range->to_us);
  struct view_sums *sums = calloc(series->count, sizeof *sums);
  enum error error = sums == NULL ? ERROR_MEMORY : ERROR_NONE;
  if (error == ERROR_NONE && low < high) {
    error = add_quarters(database, range, interval, series, low, high, sums);
  }
  bool whole = low > high; /* all of the range lies within one quarter */
  if (error == ERROR_NONE) {
    error = add_edge(database, range, range->from_us, whole ? range->to_us : low, &sums[0]);
  }
  if (error == ERROR_NONE && !whole) {
    error = add_edge(database, range, high, range->to_us, &sums[series->count - 1]);
  }
  for (size_t i = 0; error == ERROR_NONE && i < series->count; i++) {
    series->buckets[i].sums = sums[i];
  }
  free(sums);
  return error;
}

enum error view_sums_total(struct database *database, const struct view_range *range, struct view_sums *ret_sums) {
  struct view_series days = {.count = 0};
  struct view_sums sums = {.views = 0};
  enum error error = view_range_steps(database, range, VIEW_DAY, &days);
  if (error == ERROR_NONE) {
    error = view_sums_fill(database, range, VIEW_DAY, &days);
  }
  for (size_t i = 0; error == ERROR_NONE && i < days.count; i++) {
    view_sums_add(&sums, &days.buckets[i].sums, 1);
  }
  free(days.buckets);
  *ret_sums = sums;
  return error;
}

enum error view_sums_months(const struct view_series *days, struct view_series *ret_series) {
  static const size_t month_length = sizeof "2026-11" - 1;
  struct view_series months = {.buckets = calloc(days->count + 1, sizeof *months.buckets)};
  if (months.buckets == NULL) {
    return ERROR_MEMORY;
  }
  for (size_t i = 0; i < days->count; i++) {
    const struct view_bucket *day = &days->buckets[i];
    struct view_bucket *month = months.count == 0 ? NULL : &months.buckets[months.count - 1];
    if (month == NULL || memcmp(month->start, day->start, month_length) != 0) {
      month = &months.buckets[months.count++];
      memcpy(month->start, day->start, month_length);
      month->begin_us = day->begin_us;
    }
    view_sums_add(&month->sums, &day->sums, 1);
  }
  *ret_series = months;
  return ERROR_NONE;
}
