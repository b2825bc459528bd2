/* SPDX-License-Identifier: ISC */
/*
 * What most views of a medium have in common. Few views are all looked at; of many every 16th, 256th or further one, by
 * its id, whose last bits say nothing about the view.
 */
#include "config.h"

#include "store/analytics/view_tops.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "store/engine/statement.h"
#include "store/analytics/view_tops.sql.h"
#include "store/views/view_kinds.h"

#define SAMPLED_MAX 4096
#define READ_MAX    40000
/* What was seen less often in the sample is not told: its count would be mere chance. */
#define SEEN_MIN 10

_Static_assert(VIEW_TOP_MAX == 10, "the statement says so");

#define FILTER VIEW_FILTER_SQL("$7")
#define KINDS  VIEW_KINDS_SQL("$4")
/* Without a filter an index alone has the answer. */
#define BOTH_SQL(sample) VIEW_TOPS_SQL(KINDS, sample, "true"), VIEW_TOPS_SQL(KINDS, sample, FILTER)

static const struct {
  int64_t every;
  const char *sql, *filtered_sql;
} tiers[] = {
    {1, BOTH_SQL("true")},
    {16, BOTH_SQL("id & 15 = 0")},
    {256, BOTH_SQL("id & 255 = 0")},
};
#define TIERS (sizeof tiers / sizeof *tiers)

/* The statement sets the bits of the columns that a row does not speak of. */
static bool dimension_of(int64_t kind, enum view_dimension *ret_dimension) {
  static const int kinds[] = {
      [VIEW_COUNTRY] = 0x3f, [VIEW_REFERRER] = 0x5f, [VIEW_USER_AGENT] = 0x6f, [VIEW_VIEWER] = 0x77,
      [VIEW_DEVICE] = 0x7b,  [VIEW_SYSTEM] = 0x7d,   [VIEW_BROWSER] = 0x7e};
  for (enum view_dimension dimension = VIEW_COUNTRY; dimension < VIEW_DIMENSION_COUNT_; dimension++) {
    if (kinds[dimension] == kind) {
      *ret_dimension = dimension;
      return true;
    }
  }
  return false;
}

static enum error read_tops(struct rows *rows, struct view_totals *totals) {
  int64_t sample = totals->top_sample;
  bool fits = true;
  while (rows_next(rows)) {
    enum view_dimension dimension = VIEW_COUNTRY;
    fits = dimension_of(rows_i64(rows), &dimension) && totals->top_counts[dimension] < VIEW_TOP_MAX && fits;
    char *name = rows_text_copy(rows);
    int64_t views = rows_i64(rows);
    if (!fits) {
      free(name);
      continue;
    }
    totals->tops[dimension][totals->top_counts[dimension]++] = (struct view_top){
        .name = name,
        .views = views * sample,
        .standard_error = sample == 1 ? 0 : sqrt((1 - 1 / (double)sample) / (double)views),
    };
  }
  enum error error = rows_close(rows);
  return error == ERROR_NONE && !fits ? ERROR_INTERNAL : error;
}

enum error view_tops_fill(struct database *database, const struct view_range *range, int64_t rows_there,
                          struct view_totals *totals) {
  size_t tier = 0;
  int64_t read_max = SAMPLED_MAX; /* without an index that holds all of it, reading a view costs more */
  while (tier + 1 < TIERS && rows_there / tiers[tier].every > read_max) {
    tier++;
    read_max = READ_MAX;
  }
  int64_t sample = tiers[tier].every;
  while (rows_there / sample > SAMPLED_MAX) {
    sample *= 2;
  }
  totals->top_sample = sample;
  char from[CLOCK_RFC3339_SIZE], to[CLOCK_RFC3339_SIZE];
  clock_format_rfc3339(range->from_us, from);
  clock_format_rfc3339(range->to_us, to);
  struct parameters parameters = {0};
  parameters_i64(&parameters, range->media_id);
  parameters_text(&parameters, from);
  parameters_text(&parameters, to);
  parameters_i64(&parameters, range->kinds);
  parameters_i64(&parameters, sample - 1);
  parameters_i64(&parameters, sample == 1 ? 1 : SEEN_MIN);
  __attribute__((cleanup(text_free))) struct text filter = {0};
  bool filtered = view_filter_is_set(&range->filter);
  if (filtered) {
    parameters_text(&parameters, view_filter_array(&range->filter, &filter));
  }
  struct rows rows;
  enum error error = filter.failed ? ERROR_MEMORY
                                   : statement_execute(database, filtered ? tiers[tier].filtered_sql : tiers[tier].sql,
                                                       STATEMENT_REPEATABLE, &parameters, &rows);
  return error == ERROR_NONE ? read_tops(&rows, totals) : error;
}
