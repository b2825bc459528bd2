/* SPDX-License-Identifier: ISC */
/*
 * Distinct addresses, by distinct sampling (P. Gibbons, Distinct Sampling for Highly-Accurate Answers to Distinct
 * Values Queries and Event Reports, VLDB 2001; P. Flajolet, On Adaptive Sampling, Computing 43, 1990). An address's
 * hash is spread evenly over 63 bits. The addresses with a hash below 2^63/n are every n-th address, whatever they
 * viewed and how often. Their number times n estimates all of them, whichever steps and media are put together.
 * Partial indexes hold such samples; a finer one is read from the next coarser index.
 */
#include "config.h"

#include "store/analytics/view_uniques.h"

#include <math.h>

#include "base/clock.h"
#include "store/engine/statement.h"
#include "store/analytics/view_uniques.sql.h"
#include "store/views/view_kinds.h"

/* A sample is as fine as leaves this many views, since counting distinct ones costs a microsecond each. */
#define SAMPLED_MAX 8192
/* A denser index is read, and most of it passed over, while it holds no more views than this. */
#define READ_OF_MEDIUM_MAX 40000
#define READ_OF_ALL_MAX    160000
/* Few addresses with many views each: a sample that shows less than this is made so much finer that some more may be
 * expected, but no more views are read for it than that. */
#define SHOWN_MIN      100
#define SHOWN_WANTED   128
#define READ_AGAIN_MAX 1000000

#define OF_MEDIUM "media_id = $1"
#define OF_ALL    "$1::int8 = 0"

/* In the words of the partial indexes, the densest first. */
struct tier {
  int64_t every; /* so many-th address is in the index */
  const char *sql, *filtered_sql;
};
#define FILTER VIEW_FILTER_SQL("$7")
#define KINDS  VIEW_KINDS_SQL("$5")
/* Without a filter an index alone has the answer. */
#define BOTH_SQL(media, sample)                                                                                        \
  VIEW_UNIQUES_SQL(KINDS, media, sample, "true"), VIEW_UNIQUES_SQL(KINDS, media, sample, FILTER)
static const struct tier tiers_of_medium[] = {
    {1, BOTH_SQL(OF_MEDIUM, "true")},
    {16, BOTH_SQL(OF_MEDIUM, "address_hash < 576460752303423488")},
    {256, BOTH_SQL(OF_MEDIUM, "address_hash < 36028797018963968")},
};
static const struct tier tiers_of_all[] = {
    {1, BOTH_SQL(OF_ALL, "true")},
    {64, BOTH_SQL(OF_ALL, "address_hash < 144115188075855872")},
    {4096, BOTH_SQL(OF_ALL, "address_hash < 2251799813685248")},
};
#define TIERS (sizeof tiers_of_all / sizeof *tiers_of_all)
_Static_assert(sizeof tiers_of_medium == sizeof tiers_of_all, "as many tiers of a medium as of all");

static const struct tier *choose_tier(const struct view_range *range, int64_t rows) {
  const struct tier *tiers = range->media_id == 0 ? tiers_of_all : tiers_of_medium;
  int64_t read_max = range->media_id == 0 ? READ_OF_ALL_MAX : READ_OF_MEDIUM_MAX;
  size_t chosen = 0;
  while (chosen + 1 < TIERS && rows / tiers[chosen].every > read_max) {
    chosen++;
  }
  return &tiers[chosen];
}

/* The emptiest index that holds all of a sample. */
static const struct tier *tier_of(const struct view_range *range, int64_t sample) {
  const struct tier *tiers = range->media_id == 0 ? tiers_of_all : tiers_of_medium;
  size_t chosen = 0;
  while (chosen + 1 < TIERS && tiers[chosen + 1].every <= sample) {
    chosen++;
  }
  return &tiers[chosen];
}

/* The next sample after one that showed so many addresses; the same when it will do, or a finer one cost too much. */
static int64_t finer_sample(const struct view_range *range, int64_t rows, int64_t sample, int64_t shown) {
  if (shown >= SHOWN_MIN) {
    return sample;
  }
  int64_t finer = 1; /* all are powers of two */
  while (finer * 2 * SHOWN_WANTED <= sample * (shown == 0 ? 1 : shown)) {
    finer *= 2;
  }
  while (finer < sample && rows / tier_of(range, finer)->every > READ_AGAIN_MAX) {
    finer *= 2;
  }
  return finer;
}

/* Of m in a sample of every n-th: m times n, the Horvitz-Thompson estimator of a Bernoulli sample with rate 1/n. Its
 * standard error is sqrt((1 - 1/n) / m) as a share. Who shows nobody may stand for as many as one does, and there are
 * no more addresses than views. */
static struct view_uniques estimate(int64_t sampled, int64_t sample, int64_t views) {
  struct view_uniques uniques = {.count = sampled * sample};
  if (sample > 1 && views > 0) {
    int64_t shown = sampled == 0 ? 1 : sampled;
    uniques.standard_error = sqrt((1 - 1 / (double)sample) / (double)shown);
    uniques.count = shown * sample > views ? views : shown * sample;
  }
  return uniques;
}

static enum error read_uniques(struct rows *rows, struct view_totals *totals, int64_t *ret_shown) {
  bool fits = true;
  *ret_shown = 0;
  while (rows_next(rows)) {
    int64_t step = rows_i64(rows), sampled = rows_i64(rows);
    struct view_series *series = &totals->series;
    fits = fits && step >= 0 && (uint64_t)step <= series->count;
    if (fits && step == 0) {
      *ret_shown = sampled;
      totals->uniques = estimate(sampled, totals->unique_sample, totals->sums.views);
    } else if (fits) {
      struct view_bucket *bucket = &series->buckets[step - 1];
      bucket->uniques = estimate(sampled, totals->unique_sample, bucket->sums.views);
    }
  }
  enum error error = rows_close(rows);
  return error == ERROR_NONE && !fits ? ERROR_INTERNAL : error;
}

/* Steps of which the sample has nobody have no row, but views. */
static void estimate_none(struct view_totals *totals) {
  for (size_t i = 0; i < totals->series.count; i++) {
    struct view_bucket *bucket = &totals->series.buckets[i];
    bucket->uniques = estimate(0, totals->unique_sample, bucket->sums.views);
  }
}

/* In one sample. */
static enum error count_sampled(struct database *database, const struct view_range *range, const struct tier *tier,
                                const char *begins, struct view_totals *totals, int64_t *ret_shown) {
  static const int64_t highest = INT64_MAX;
  char from[CLOCK_RFC3339_SIZE], to[CLOCK_RFC3339_SIZE];
  clock_format_rfc3339(range->from_us, from);
  clock_format_rfc3339(range->to_us, to);
  struct parameters parameters = {0};
  parameters_i64(&parameters, range->media_id);
  parameters_text(&parameters, from);
  parameters_text(&parameters, to);
  parameters_text(&parameters, begins);
  parameters_i64(&parameters, range->kinds);
  parameters_i64(&parameters, highest / totals->unique_sample);
  __attribute__((cleanup(text_free))) struct text filter = {0};
  bool filtered = view_filter_is_set(&range->filter);
  if (filtered) {
    parameters_text(&parameters, view_filter_array(&range->filter, &filter));
  }
  estimate_none(totals);
  struct rows rows;
  enum error error = filter.failed ? ERROR_MEMORY
                                   : statement_execute(database, filtered ? tier->filtered_sql : tier->sql,
                                                       STATEMENT_REPEATABLE, &parameters, &rows);
  return error == ERROR_NONE ? read_uniques(&rows, totals, ret_shown) : error;
}

enum error view_uniques_fill(struct database *database, const struct view_range *range, int64_t rows_there,
                             struct view_totals *totals) {
  const struct tier *tier = choose_tier(range, rows_there);
  int64_t sample = tier->every, shown = 0;
  while (rows_there / sample > SAMPLED_MAX) {
    sample *= 2;
  }
  struct text begins = {0};
  view_range_append_begins(&begins, &totals->series);
  enum error error = begins.failed ? ERROR_MEMORY : ERROR_NONE;
  do {
    totals->unique_sample = sample;
    if (error == ERROR_NONE) {
      error = count_sampled(database, range, tier, begins.data, totals, &shown);
    }
    sample = finer_sample(range, rows_there, sample, shown);
    tier = tier_of(range, sample);
  } while (error == ERROR_NONE && sample < totals->unique_sample);
  text_free(&begins);
  return error;
}
