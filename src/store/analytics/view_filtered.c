/* SPDX-License-Identifier: ISC */
/*
 * Up to some 20,000 views of a medium are all looked at. Of more every 16th, 256th or further one is, by its id, whose
 * last bits say nothing about the view; partial indexes hold such samples.
 */
#include "config.h"

#include "store/analytics/view_filtered.h"

#include "base/clock.h"
#include "store/analytics/view_filtered.sql.h"
#include "store/analytics/view_sums.h"
#include "store/engine/statement.h"
#include "store/views/view_kinds.h"

#define READ_MAX 20000

#define OF_MEDIUM "media_id = $1"
#define OF_ALL    "$1::int8 = 0"
#define FILTER    VIEW_FILTER_SQL("$6")
#define KINDS     VIEW_KINDS_SQL("$4")

static const struct {
  int64_t every;
  const char *sql;
} tiers[] = {
    {1, VIEW_FILTERED_SQL(KINDS, OF_MEDIUM, "true", FILTER)},
    {16, VIEW_FILTERED_SQL(KINDS, OF_MEDIUM, "id & 15 = 0", FILTER)},
    {256, VIEW_FILTERED_SQL(KINDS, OF_MEDIUM, "id & 255 = 0", FILTER)},
};
#define TIERS (sizeof tiers / sizeof *tiers)
static const char *const all_media_sql = VIEW_FILTERED_SQL(KINDS, OF_ALL, "true", FILTER);

enum error view_filtered_sample(const struct view_range *range, int64_t views, int64_t *ret_sample) {
  *ret_sample = 1;
  if (range->media_id == 0) {
    return views > VIEW_FILTER_OF_ALL_MAX ? ERROR_UNSUPPORTED : ERROR_NONE;
  }
  size_t tier = 0;
  while (tier + 1 < TIERS && views / tiers[tier].every > READ_MAX) {
    tier++;
  }
  *ret_sample = tiers[tier].every;
  while (*ret_sample > 1 && views / *ret_sample > READ_MAX) {
    *ret_sample *= 2;
  }
  return ERROR_NONE;
}

static const char *statement_of(const struct view_range *range, int64_t sample) {
  size_t tier = sample >= tiers[2].every ? 2 : sample >= tiers[1].every ? 1 : 0;
  return range->media_id == 0 ? all_media_sql : tiers[tier].sql;
}

static enum error read_steps(struct rows *rows, int64_t sample, struct view_series *series) {
  bool fits = true;
  while (rows_next(rows)) {
    int64_t step = rows_i64(rows);
    struct view_sums counted = view_sums_read(rows);
    fits = fits && step >= 1 && (uint64_t)step <= series->count;
    if (fits) {
      view_sums_add(&series->buckets[step - 1].sums, &counted, sample);
    }
  }
  enum error error = rows_close(rows);
  return error == ERROR_NONE && !fits ? ERROR_INTERNAL : error;
}

enum error view_filtered_fill(struct database *database, const struct view_range *range, int64_t sample,
                              struct view_series *series) {
  if (series->count == 0) {
    return ERROR_NONE;
  }
  char to[CLOCK_RFC3339_SIZE];
  clock_format_rfc3339(range->to_us, to);
  __attribute__((cleanup(text_free))) struct text begins = {0}, filter = {0};
  view_range_append_begins(&begins, series);
  const char *filter_array = view_filter_array(&range->filter, &filter);
  if (begins.failed || filter_array == NULL) {
    return ERROR_MEMORY;
  }
  struct parameters parameters = {0};
  parameters_i64(&parameters, range->media_id);
  parameters_text(&parameters, begins.data);
  parameters_text(&parameters, to);
  parameters_i64(&parameters, range->kinds);
  parameters_i64(&parameters, sample - 1);
  parameters_text(&parameters, filter_array);
  struct rows rows;
  enum error error = statement_execute(database, statement_of(range, sample), STATEMENT_REPEATABLE, &parameters, &rows);
  return error == ERROR_NONE ? read_steps(&rows, sample, series) : error;
}
