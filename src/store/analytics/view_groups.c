/* SPDX-License-Identifier: ISC */
/* Rollups know nothing of countries and devices, so views are counted: all of them, or the sample of view_filtered.c.
 */
#include "config.h"

#include "store/analytics/view_groups.h"

#include <stdlib.h>

#include "base/clock.h"
#include "store/analytics/view_filtered.h"
#include "store/analytics/view_groups.sql.h"
#include "store/analytics/view_sums.h"
#include "store/engine/statement.h"
#include "store/views/view_kinds.h"

#define FILTER VIEW_FILTER_SQL("$6")
#define KINDS  VIEW_KINDS_SQL("$4")

/* clang-format off */
#define BY(key, name) \
  {VIEW_GROUPS_SQL(key, KINDS, "$1::int8 = 0", "true", FILTER, name), \
   VIEW_GROUPS_SQL(key, KINDS, "media_id = $1", "true", FILTER, name), \
   VIEW_GROUPS_SQL(key, KINDS, "media_id = $1", "id & 15 = 0", FILTER, name), \
   VIEW_GROUPS_SQL(key, KINDS, "media_id = $1", "id & 255 = 0", FILTER, name)}
#define BY_AGENT(column) BY("v.user_agent_id", "(select a." column " from user_agent a where a.id = c.key)")
/* Of all media, all views of one, and its samples. */
static const char *const groups_sql[][4] = {
    [VIEW_GROUP_COUNTRY] = BY("v.country", "c.key"), [VIEW_GROUP_REFERRER] = BY("v.referrer", "c.key"),
    [VIEW_GROUP_DEVICE] = BY_AGENT("device"), [VIEW_GROUP_SYSTEM] = BY_AGENT("system"),
    [VIEW_GROUP_BROWSER] = BY_AGENT("browser"),
};
/* clang-format on */

static const char *statement_of(const struct view_range *range, enum view_group_by by, int64_t sample) {
  return groups_sql[by][range->media_id == 0 ? 0 : sample >= 256 ? 3 : sample >= 16 ? 2 : 1];
}

/* The groups come in their order, so each new one is the next. */
static struct view_group *group_at(struct view_groups *groups, int64_t place, size_t steps) {
  if (place < 1 || place > groups->most + 1) {
    return NULL;
  }
  struct view_group *group = &groups->items[groups->count == 0 ? 0 : groups->count - 1];
  if (groups->count == 0 || group->place != place) {
    group = &groups->items[groups->count];
    group->steps = calloc(steps, sizeof *group->steps);
    if (group->steps == NULL) {
      return NULL;
    }
    group->place = place;
    group->is_others = place == groups->most + 1;
    groups->count++;
  }
  return group;
}

static enum error read_groups(struct rows *rows, size_t steps, struct view_groups *groups) {
  bool fits = true;
  while (rows_next(rows)) {
    struct view_group *group = group_at(groups, rows_i64(rows), steps);
    char *name = rows_text_copy(rows);
    int64_t step = rows_i64(rows);
    struct view_sums counted = view_sums_read(rows);
    fits = fits && group != NULL && name != NULL && step >= 1 && (uint64_t)step <= steps;
    if (fits) {
      view_sums_add(&group->steps[step - 1], &counted, groups->sample);
      view_sums_add(&group->sums, &counted, groups->sample);
    }
    if (fits && group->name == NULL && *name != '\0') {
      group->name = name;
      name = NULL;
    }
    free(name);
  }
  enum error error = rows_close(rows);
  return error == ERROR_NONE && !fits ? ERROR_INTERNAL : error;
}

static enum error count_groups(struct database *database, const struct view_range *range, enum view_group_by by,
                               struct view_totals *totals) {
  char to[CLOCK_RFC3339_SIZE];
  clock_format_rfc3339(range->to_us, to);
  __attribute__((cleanup(text_free))) struct text begins = {0}, filter = {0};
  view_range_append_begins(&begins, &totals->series);
  const char *filter_array = view_filter_array(&range->filter, &filter);
  if (begins.failed || filter_array == NULL) {
    return ERROR_MEMORY;
  }
  struct parameters parameters = {0};
  parameters_i64(&parameters, range->media_id);
  parameters_text(&parameters, begins.data);
  parameters_text(&parameters, to);
  parameters_i64(&parameters, range->kinds);
  parameters_i64(&parameters, totals->groups.sample - 1);
  parameters_text(&parameters, filter_array);
  parameters_i64(&parameters, totals->groups.most);
  struct rows rows;
  enum error error = statement_execute(database, statement_of(range, by, totals->groups.sample), STATEMENT_REPEATABLE,
                                       &parameters, &rows);
  return error == ERROR_NONE ? read_groups(&rows, totals->series.count, &totals->groups) : error;
}

enum error view_groups_fill(struct database *database, const struct view_range *range,
                            const struct view_question *question, int64_t rows, struct view_totals *totals) {
  totals->groups.most = question->groups;
  enum error error = view_filtered_sample(range, rows, &totals->groups.sample);
  if (error == ERROR_NONE && totals->series.count > 0) {
    error = count_groups(database, range, question->group_by, totals);
  }
  return error;
}
