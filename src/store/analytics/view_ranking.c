/* SPDX-License-Identifier: ISC */
/*
 * The first of many media without adding up all of them: no medium has more in a time than in the whole months that the
 * time touches. So media are added up in the order of those bounds, and when the last place is worth more than the next
 * bound, nobody that was not looked at can be among the first.
 */
#include "config.h"

#include "store/analytics/view_ranking.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "store/analytics/view_range.h"
#include "store/engine/statement.h"
#include "store/analytics/view_ranking.sql.h"
#include "store/analytics/view_ranking_filtered.sql.h"
#include "store/analytics/view_sums.h"
#include "store/views/view_kinds.h"

/* So many media more than are wanted are added up at first. */
#define SPARE 60

#define KINDS VIEW_KINDS_SQL("$3")
static const char *const ranking_sql[] = {
    [VIEW_BY_VIEWS] = VIEW_RANKING_SQL("views", KINDS),
    [VIEW_BY_PLAYS] = VIEW_RANKING_SQL("plays", KINDS),
    [VIEW_BY_BYTES] = VIEW_RANKING_SQL("bytes_sent", KINDS),
    [VIEW_BY_SECONDS] = VIEW_RANKING_SQL("watched_seconds", KINDS),
};

#define FILTER VIEW_FILTER_SQL("$4")
static const char *const filtered_sql[] = {
    [VIEW_BY_VIEWS] = VIEW_RANKING_FILTERED_SQL("views", KINDS, FILTER),
    [VIEW_BY_PLAYS] = VIEW_RANKING_FILTERED_SQL("plays", KINDS, FILTER),
    [VIEW_BY_BYTES] = VIEW_RANKING_FILTERED_SQL("bytes_sent", KINDS, FILTER),
    [VIEW_BY_SECONDS] = VIEW_RANKING_FILTERED_SQL("watched_seconds", KINDS, FILTER),
};

void view_ranking_free(struct view_ranking *ranking) {
  if (ranking != NULL) {
    for (size_t i = 0; i < ranking->count; i++) {
      free(ranking->items[i].title);
    }
    free(ranking->items);
    *ranking = (struct view_ranking){0};
  }
}

/* --- the parts of a time --- */

/* The month boundary (UTC) that is nearest to a midnight. */
static int64_t nearest_month(int64_t midnight_us) {
  time_t seconds = (time_t)(midnight_us / 1000000);
  struct tm date;
  gmtime_r(&seconds, &date);
  int64_t before = midnight_us - (date.tm_mday - 1) * DAY_US;
  seconds = (time_t)((before + 32 * DAY_US) / 1000000);
  gmtime_r(&seconds, &date);
  int64_t after = before + 32 * DAY_US - (date.tm_mday - 1) * DAY_US;
  return midnight_us - before <= after - midnight_us ? before : after;
}

struct parts {
  struct text lows, highs;           /* of rollups */
  struct text edge_lows, edge_highs; /* of views */
};

static void parts_free(struct parts *parts) {
  text_free(&parts->lows);
  text_free(&parts->highs);
  text_free(&parts->edge_lows);
  text_free(&parts->edge_highs);
}

static enum error take_apart(const struct view_range *range, struct parts *parts) {
  int64_t low = view_range_quarter_after(range->from_us), high = view_range_quarter_before(range->to_us);
  bool whole = low > high; /* all of it lies within one quarter */
  int64_t edge_lows[] = {range->from_us, whole ? range->to_us : high};
  int64_t edge_highs[] = {whole ? range->to_us : low, range->to_us};
  low = whole ? 0 : low;
  high = whole ? 0 : high;
  int64_t first_day = (low + DAY_US / 2) / DAY_US * DAY_US, last_day = (high + DAY_US / 2) / DAY_US * DAY_US;
  int64_t first_month = nearest_month(first_day), last_month = nearest_month(last_day);
  int64_t lows[] = {first_month, first_day, last_month, low, last_day};
  int64_t highs[] = {last_month, first_month, last_day, first_day, high};
  view_range_append_times(&parts->lows, lows, sizeof lows / sizeof *lows);
  view_range_append_times(&parts->highs, highs, sizeof highs / sizeof *highs);
  view_range_append_times(&parts->edge_lows, edge_lows, 2);
  view_range_append_times(&parts->edge_highs, edge_highs, 2);
  return parts->lows.failed || parts->highs.failed || parts->edge_lows.failed || parts->edge_highs.failed ? ERROR_MEMORY
                                                                                                          : ERROR_NONE;
}

/* --- the ranking --- */

struct round {
  int64_t least_bound; /* only media whose bound is this at least, */
  int64_t most_media;  /* and no more than so many */
  int64_t last_value;  /* of the last item */
  int64_t bound;       /* the least of the media that were added up */
  int64_t media;       /* so many were */
};

static enum error read_ranking(struct rows *rows, struct round *round, struct view_ranking *ret_ranking) {
  struct view_ranking ranking = {.items = calloc(rows_count(rows) + 1, sizeof *ranking.items)};
  while (ranking.items != NULL && rows_next(rows)) {
    struct view_rank *rank = &ranking.items[ranking.count++];
    rank->media_id = rows_i64(rows);
    rank->title = rows_text_copy(rows);
    rank->deleted = rows_bool(rows);
    rank->views = rows_i64(rows);
    rank->plays = rows_i64(rows);
    rank->bytes_sent = rows_i64(rows);
    rank->seconds = rows_i64(rows);
    rank->watched_seconds = rows_i64(rows);
    round->last_value = rows_i64(rows);
    round->bound = rows_i64(rows);
    round->media = rows_i64(rows);
  }
  enum error error = rows_close(rows);
  if (ranking.items == NULL || error != ERROR_NONE) {
    error = ranking.items == NULL ? ERROR_MEMORY : error;
    view_ranking_free(&ranking);
    return error;
  }
  *ret_ranking = ranking;
  return ERROR_NONE;
}

static enum error rank_round(struct database *database, const struct view_range *range, const struct parts *parts,
                             enum view_ranking_by by, int limit, struct round *round,
                             struct view_ranking *ret_ranking) {
  char from[CLOCK_RFC3339_SIZE], to[CLOCK_RFC3339_SIZE];
  clock_format_rfc3339(range->from_us, from);
  clock_format_rfc3339(range->to_us, to);
  struct parameters parameters = {0};
  parameters_text(&parameters, from);
  parameters_text(&parameters, to);
  parameters_i64(&parameters, range->kinds);
  parameters_i64(&parameters, round->least_bound);
  parameters_i64(&parameters, round->most_media);
  parameters_text(&parameters, parts->lows.data);
  parameters_text(&parameters, parts->highs.data);
  parameters_text(&parameters, parts->edge_lows.data);
  parameters_text(&parameters, parts->edge_highs.data);
  parameters_i64(&parameters, limit);
  struct rows rows;
  enum error error = statement_execute(database, ranking_sql[by], STATEMENT_REPEATABLE, &parameters, &rows);
  return error == ERROR_NONE ? read_ranking(&rows, round, ret_ranking) : error;
}

/* Where the first media were not enough, those follow whose bound is as high as the last place. */
static enum error rank_all(struct database *database, const struct view_range *range, enum view_ranking_by by,
                           int limit, struct view_ranking *ranking) {
  __attribute__((cleanup(parts_free))) struct parts parts = {.lows = {0}};
  struct round round = {.most_media = limit + SPARE};
  enum error error = take_apart(range, &parts);
  if (error == ERROR_NONE) {
    error = rank_round(database, range, &parts, by, limit, &round, ranking);
  }
  bool full = ranking->count == (size_t)limit;
  if (error != ERROR_NONE || (ranking->count > 0 && round.media < round.most_media) ||
      (full && round.last_value > round.bound)) {
    return error;
  }
  view_ranking_free(ranking);
  round.least_bound = full ? round.last_value : 0;
  round.most_media = INT64_MAX;
  return rank_round(database, range, &parts, by, limit, &round, ranking);
}

/* The rollups know nothing of filters: the views themselves are counted, while they are few enough. */
static enum error rank_filtered(struct database *database, const struct view_range *range, enum view_ranking_by by,
                                int limit, struct view_ranking *ranking) {
  struct view_sums all = {.views = 0};
  struct round round = {.media = 0};
  enum error error = view_sums_total(database, range, &all);
  if (error == ERROR_NONE && all.views > VIEW_FILTER_OF_ALL_MAX) {
    error = ERROR_UNSUPPORTED;
  }
  if (error != ERROR_NONE) {
    return error;
  }
  char from[CLOCK_RFC3339_SIZE], to[CLOCK_RFC3339_SIZE];
  clock_format_rfc3339(range->from_us, from);
  clock_format_rfc3339(range->to_us, to);
  __attribute__((cleanup(text_free))) struct text filter = {0};
  struct parameters parameters = {0};
  parameters_text(&parameters, from);
  parameters_text(&parameters, to);
  parameters_i64(&parameters, range->kinds);
  parameters_text(&parameters, view_filter_array(&range->filter, &filter));
  parameters_i64(&parameters, limit);
  struct rows rows;
  error = filter.failed ? ERROR_MEMORY
                        : statement_execute(database, filtered_sql[by], STATEMENT_REPEATABLE, &parameters, &rows);
  return error == ERROR_NONE ? read_ranking(&rows, &round, ranking) : error;
}

enum error view_ranking_read(struct database *database, const struct view_question *question, enum view_ranking_by by,
                             int limit, struct view_ranking *ret_ranking) {
  struct view_question of_all = {
      .from_us = question->from_us, .to_us = question->to_us, .kinds = question->kinds, .filter = question->filter};
  struct view_ranking ranking = {.items = NULL};
  struct view_range range;
  enum error error = view_range_begin(database, "UTC");
  if (error != ERROR_NONE) {
    return error;
  }
  error = view_range_resolve(database, &of_all, &range);
  bool empty = error == ERROR_NONE && range.from_us == range.to_us;
  if (error == ERROR_NONE && !empty) {
    error = view_filter_is_set(&range.filter) ? rank_filtered(database, &range, by, limit, &ranking)
                                              : rank_all(database, &range, by, limit, &ranking);
  }
  view_range_end(database);
  if (error != ERROR_NONE) {
    view_ranking_free(&ranking);
    return error;
  }
  ranking.from_us = empty ? 0 : range.from_us;
  ranking.to_us = empty ? 0 : range.to_us;
  *ret_ranking = ranking;
  return ERROR_NONE;
}
