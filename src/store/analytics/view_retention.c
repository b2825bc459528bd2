/* SPDX-License-Identifier: ISC */
/*
 * The curve of what was delivered. The database adds up where ranges begin and end; here they become a curve. Few views
 * are all looked at, of many every 16th, 256th or further one, by its id, whose last bits say nothing about the view.
 */
#include "config.h"

#include "store/analytics/view_retention.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "domain/timeline.h"
#include "store/analytics/view_range.h"
#include "store/analytics/view_retention.sql.h"
#include "store/analytics/view_sums.h"
#include "store/engine/statement.h"
#include "store/views/view_kinds.h"

#define FILTER        VIEW_FILTER_SQL("$9")
#define KINDS         VIEW_KINDS_SQL("$4")
#define LOOKED_AT_MAX 8192
#define READ_MAX      20000

static const struct {
  int64_t every;
  const char *sql;
} tiers[] = {
    {1, VIEW_RETENTION_SQL(KINDS, "true", FILTER)},
    {16, VIEW_RETENTION_SQL(KINDS, "id & 15 = 0", FILTER)},
    {256, VIEW_RETENTION_SQL(KINDS, "id & 255 = 0", FILTER)},
};
#define TIERS (sizeof tiers / sizeof *tiers)

/* --- the medium --- */

/* Where its parts lie, as far as that is known. */
struct places {
  double duration_seconds;
  bool has_bytes, has_segments;
  int64_t file_bytes;
  struct timeline bytes, segments;
};

/* "{1,2,3}" as PostgreSQL writes an array. False: not as many as there are marks. */
static bool read_marks(const char *array, struct timeline *ret_timeline) {
  const char *at = array;
  for (int i = 0; i <= TIMELINE_STEPS; i++) {
    char *end = NULL;
    if (*at != '{' && *at != ',') {
      return false;
    }
    ret_timeline->marks[i] = strtoll(at + 1, &end, 10);
    at = end;
  }
  return strcmp(at, "}") == 0;
}

static enum error read_places(struct database *database, int64_t media_id, struct places *ret_places) {
  static const char *const select =
      "select duration_seconds, coalesce(container in ('hls', 'dash'), false), size_bytes, package_segments,"
      " segment_count, case when package_segments > 0 then package_timeline::text else timeline::text end,"
      " timeline::text from media_asset where id = $1 and deleted_at is null";
  struct parameters parameters = {0};
  parameters_i64(&parameters, media_id);
  struct rows row = statement_row(database, select, STATEMENT_REPEATABLE, &parameters);
  struct places places = {.duration_seconds = rows_f64_or(&row, 0)};
  bool is_playlist = rows_bool(&row);
  int64_t size_bytes = rows_i64_or(&row, 0), packaged = rows_i64_or(&row, 0), listed = rows_i64_or(&row, 0);
  char *segment_marks = rows_text_copy(&row), *byte_marks = rows_text_copy(&row);
  enum error error = rows_close(&row);
  struct timeline segments, bytes;
  bool has_segment_marks = segment_marks != NULL && read_marks(segment_marks, &segments);
  bool has_byte_marks = byte_marks != NULL && read_marks(byte_marks, &bytes);
  free(segment_marks);
  free(byte_marks);
  if (error != ERROR_NONE) {
    return error;
  }
  places.has_segments = packaged > 0 || (is_playlist && listed > 0);
  places.has_bytes = !is_playlist && size_bytes > 0;
  places.file_bytes = size_bytes;
  if (places.has_segments) { /* those of a package are numbered from 1 */
    timeline_spread(packaged > 0, packaged > 0 ? packaged + 1 : listed, &places.segments);
  }
  if (places.has_segments && has_segment_marks) {
    places.segments = segments;
  }
  if (places.has_bytes) {
    timeline_spread(0, size_bytes, &places.bytes);
  }
  if (places.has_bytes && has_byte_marks) {
    places.bytes = bytes;
  }
  *ret_places = places;
  return ERROR_NONE;
}

/* --- the views --- */

static void append_middles(struct text *array, bool known, const struct timeline *timeline, int parts) {
  text_append(array, "{");
  for (int part = 0; known && part < parts; part++) {
    text_append(array, part == 0 ? "" : ",");
    text_append_i64(array, timeline_position(timeline, (part + 0.5) / parts));
  }
  text_append(array, "}");
}

/* The changes from part to part become what each part has. */
static enum error read_curve(struct rows *rows, struct view_retention *retention, int64_t *ret_views) {
  int64_t changes[VIEW_RETENTION_PARTS_MAX] = {0};
  bool fits = true;
  while (rows_next(rows)) {
    int64_t part = rows_i64(rows), change = rows_i64(rows);
    fits = fits && part >= -2 && part <= retention->parts;
    if (part == -2) {
      *ret_views = change;
    } else if (part == -1) {
      retention->looked_at = change;
    } else if (fits && part < retention->parts) {
      changes[part] = change;
    }
  }
  enum error error = rows_close(rows);
  int64_t reached = 0;
  for (int part = 0; part < retention->parts; part++) {
    reached += changes[part];
    retention->reached[part] = reached;
  }
  return error == ERROR_NONE && !fits ? ERROR_INTERNAL : error;
}

static enum error sweep_views(struct database *database, const struct view_range *range, const struct places *places,
                              int64_t sample, struct view_retention *retention, int64_t *ret_views) {
  char from[CLOCK_RFC3339_SIZE], to[CLOCK_RFC3339_SIZE];
  clock_format_rfc3339(range->from_us, from);
  clock_format_rfc3339(range->to_us, to);
  struct text bytes = {0}, segments = {0}, filter = {0};
  append_middles(&bytes, places->has_bytes, &places->bytes, retention->parts);
  append_middles(&segments, places->has_segments, &places->segments, retention->parts);
  size_t tier = sample >= 256 ? 2 : sample >= 16 ? 1 : 0;
  struct parameters parameters = {0};
  parameters_i64(&parameters, range->media_id);
  parameters_text(&parameters, from);
  parameters_text(&parameters, to);
  parameters_i64(&parameters, range->kinds);
  parameters_i64(&parameters, sample - 1);
  parameters_text(&parameters, bytes.data);
  parameters_i64(&parameters, places->file_bytes);
  parameters_text(&parameters, segments.data);
  parameters_text(&parameters, view_filter_array(&range->filter, &filter));
  struct rows rows;
  enum error error = bytes.failed || segments.failed
                         ? ERROR_MEMORY
                         : statement_execute(database, tiers[tier].sql, STATEMENT_REPEATABLE, &parameters, &rows);
  if (error == ERROR_NONE) {
    error = read_curve(&rows, retention, ret_views);
  }
  text_free(&bytes);
  text_free(&segments);
  text_free(&filter);
  return error;
}

/* --- all of it --- */

/* A sample leaves few enough views to look at; the views that it passes over on the way cost little. */
static int64_t choose_sample(int64_t views) {
  size_t tier = 0;
  while (tier + 1 < TIERS && views / tiers[tier].every > READ_MAX) {
    tier++;
  }
  int64_t sample = tiers[tier].every;
  while (sample > 1 && views / sample > LOOKED_AT_MAX) {
    sample *= 2;
  }
  return sample;
}

static enum error read_all(struct database *database, const struct view_question *question,
                           struct view_retention *retention) {
  struct view_range range;
  struct places places;
  enum error error = view_range_resolve(database, question, &range);
  if (error == ERROR_NONE) {
    error = read_places(database, question->media_id, &places);
  }
  if (error != ERROR_NONE) {
    return error;
  }
  retention->duration_seconds = places.duration_seconds;
  if (range.from_us == range.to_us) {
    return ERROR_NONE;
  }
  retention->from_us = range.from_us;
  retention->to_us = range.to_us;
  struct view_sums all = {.views = 0};
  error = view_sums_total(database, &range, &all);
  retention->views = all.views;
  const bool filtered = view_filter_is_set(&question->filter);
  if (error == ERROR_NONE && (places.has_bytes || places.has_segments || filtered)) {
    int64_t matching = 0;
    retention->sample = choose_sample(retention->views);
    error = sweep_views(database, &range, &places, retention->sample, retention, &matching);
    if (filtered) { /* the rollups do not know how many fit */
      retention->views = matching * retention->sample;
    }
    int64_t known = retention->looked_at * retention->sample;
    retention->known = known > retention->views ? retention->views : known;
  }
  return error;
}

enum error view_retention_read(struct database *database, const struct view_question *question, int parts,
                               struct view_retention *ret_retention) {
  struct view_retention retention = {.parts = parts, .sample = 1};
  enum error error = view_range_begin(database, question->tz);
  if (error != ERROR_NONE) {
    return error;
  }
  error = read_all(database, question, &retention);
  view_range_end(database);
  if (error == ERROR_NONE) {
    *ret_retention = retention;
  }
  return error;
}
