/* SPDX-License-Identifier: ISC */
/*
 * Lists of media in any order, filtered by anything, and their number.
 */
#include "config.h"

#include "store/media/media_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/media/media_row.h"
#include "store/media/media_store.h"
#include "store/engine/statement.h"

/* $1 and $2 are the cursor, $3 the limit, the rest the filter. Statements with filters are planned with the values in
 * view, so that of each "is null or" nothing or the plain condition is left, and its index is found. */
/* clang-format off */
#define LIST(key, sort, after, views, direction, than)                                                                 \
  "select " MEDIA_COLUMNS ", " key " from media_asset m" views                                                         \
  " where m.deleted_at is null and ($2::int8 is null or (" sort ", m.id) " than " (" after ", $2::int8))" FILTER       \
  " order by " sort " " direction ", m.id " direction " limit $3"
#define BOTH_WAYS(key, sort, after, views)                                                                             \
  {LIST(key, sort, after, views, "desc", "<"), LIST(key, sort, after, views, "asc", ">")}
#define FILTER                                                                                                         \
  " and ($4::text is null or m.type = $4)"                                                                             \
  " and ($5::text is null or fold_case(m.title) like fold_case($5))"                                                   \
  " and ($6::text is null or fold_case(m.description) like fold_case($6))"                                             \
  " and ($7::text[] is null or (m.tags @> $7 and m.tags <> '{}'))"                                                     \
  " and ($8::text is null or m.external_id = $8)"                                                                      \
  " and ($9::jsonb is null or (m.metadata @> $9 and m.metadata <> '{}'))"                                              \
  " and ($10::text is null or m.package_state = $10)"                                                                  \
  " and ($11::boolean is not true or m.package_state is null)"                                                         \
  " and ($12::boolean is not true or m.stored_name is not null or m.file_url is not null)"                             \
  " and ($12::boolean is not false or (m.stored_name is null and m.file_url is null))"

#define SIZE     "coalesce(m.size_bytes, 0)"
#define DURATION "(coalesce(m.duration_seconds, 0) * 1000000)::int8"
#define TITLE    "m.title collate \"und-x-icu\""
#define VIEWS                                                                                                          \
  " left join (select media_id, sum(views)::int8 as views from view_rollup"                                            \
  " where grain = 'month' and media_id <> 0 and not bot and not internal group by media_id) v on v.media_id = m.id"

static const char *const lists[MEDIA_SORT_COUNT][2] = {
    [MEDIA_BY_CREATED_AT] = BOTH_WAYS(SQL_MICROSECONDS("m.created_at"), "m.created_at", SQL_TIMESTAMP("$1"), ""),
    [MEDIA_BY_TITLE] = BOTH_WAYS("1::int8", TITLE,
                                 "(select t.title from media_asset t where t.id = $2 and $1::int8 is not null)", ""),
    [MEDIA_BY_DURATION] = BOTH_WAYS(DURATION, DURATION, "$1::int8", ""),
    [MEDIA_BY_SIZE] = BOTH_WAYS(SIZE, SIZE, "$1::int8", ""),
    [MEDIA_BY_VIEWS] = BOTH_WAYS("coalesce(v.views, 0)", "coalesce(v.views, 0)", "$1::int8", VIEWS),
};
/* The lists that are asked for most, prepared: so without an "or", which would hide the cursor from the index. */
#define NEWEST(filter)                                                                                                 \
  "select " MEDIA_COLUMNS ", " SQL_MICROSECONDS("m.created_at") " from media_asset m where m.deleted_at is null"       \
  " and (m.created_at, m.id) < (coalesce(" SQL_TIMESTAMP("$1") ", 'infinity'), coalesce($2, 9223372036854775807))"     \
  filter " order by m.created_at desc, m.id desc limit $3"
static const char *const newest = NEWEST("");
static const char *const newest_of_type = NEWEST(" and m.type = $4");
/* clang-format on */

/* "%" + the text + "%", with what LIKE takes for a pattern made plain; empty for NULL. */
static void append_pattern(struct text *pattern, const char *search) {
  if (search == NULL) {
    return;
  }
  text_append(pattern, "%");
  for (const char *c = search; *c != '\0'; c++) {
    if (*c == '%' || *c == '_' || *c == '\\') {
      text_append(pattern, "\\");
    }
    text_append_bytes(pattern, c, 1);
  }
  text_append(pattern, "%");
}

/* What the parameters of a filter point to. */
struct patterns {
  struct text title, description;
};

static void free_patterns(struct patterns *patterns) {
  text_free(&patterns->title);
  text_free(&patterns->description);
}

/* $4 to $12. */
static enum error add_filter(const struct media_filter *filter, struct patterns *patterns,
                             struct parameters *parameters) {
  const bool no_job = filter->package_state != NULL && strcmp(filter->package_state, "none") == 0;
  append_pattern(&patterns->title, filter->search);
  append_pattern(&patterns->description, filter->description);
  parameters_text(parameters, filter->type < 0 ? NULL : media_type_name((enum media_type)filter->type));
  parameters_text(parameters, patterns->title.data);
  parameters_text(parameters, patterns->description.data);
  parameters_text(parameters, filter->tags);
  parameters_text(parameters, filter->external_id);
  parameters_text(parameters, filter->metadata);
  parameters_text(parameters, no_job ? NULL : filter->package_state);
  parameters_bool(parameters, no_job);
  if (filter->has_file == NULL) {
    parameters_text(parameters, NULL);
  } else {
    parameters_bool(parameters, *filter->has_file);
  }
  return patterns->title.failed || patterns->description.failed ? ERROR_MEMORY : ERROR_NONE;
}

static bool is_plain(const struct media_filter *filter) {
  return filter->search == NULL && filter->description == NULL && filter->tags == NULL && filter->external_id == NULL &&
         filter->metadata == NULL && filter->package_state == NULL && filter->has_file == NULL &&
         filter->sort == MEDIA_BY_CREATED_AT && !filter->ascending;
}

static enum error read_items(struct rows *rows, struct media_item **ret_items, size_t *ret_count) {
  size_t capacity = rows_count(rows);
  struct media_item *items = calloc(capacity == 0 ? 1 : capacity, sizeof *items);
  size_t count = 0;
  while (items != NULL && rows_next(rows)) {
    struct media_item *item = &items[count++];
    media_row_read(rows, &item->media);
    item->key = rows_i64(rows);
  }
  enum error error = rows_close(rows);
  if (items == NULL) {
    return ERROR_MEMORY;
  }
  if (error != ERROR_NONE) {
    for (size_t i = 0; i < count; i++) {
      media_free(&items[i].media);
    }
    free(items);
    return error;
  }
  *ret_items = items;
  *ret_count = count;
  return ERROR_NONE;
}

static enum error select_items(struct database *database, const struct media_filter *filter,
                               struct parameters *parameters, struct rows *ret_rows) {
  if (is_plain(filter)) {
    if (filter->type >= 0) {
      parameters_text(parameters, media_type_name((enum media_type)filter->type));
    }
    return statement_execute(database, filter->type >= 0 ? newest_of_type : newest, STATEMENT_REPEATABLE, parameters,
                             ret_rows);
  }
  struct patterns patterns = {0};
  enum error error = add_filter(filter, &patterns, parameters);
  if (error == ERROR_NONE) {
    error = statement_execute_planned(database, lists[filter->sort][filter->ascending ? 1 : 0], STATEMENT_REPEATABLE,
                                      parameters, ret_rows);
  }
  free_patterns(&patterns);
  return error;
}

enum error media_list_find(struct database *database, const struct media_filter *filter, struct media_item **ret_items,
                           size_t *ret_count) {
  struct parameters parameters = {0};
  struct rows rows;
  if (filter->after_id == 0) {
    parameters_text(&parameters, NULL);
  } else {
    parameters_i64(&parameters, filter->after_key);
  }
  parameters_i64_or_null(&parameters, filter->after_id);
  parameters_i64(&parameters, filter->limit);
  enum error error = select_items(database, filter, &parameters, &rows);
  return error == ERROR_NONE ? read_items(&rows, ret_items, ret_count) : error;
}

enum error media_list_matches(struct database *database, const struct media_filter *filter, int64_t *ret_count) {
  static const char *const select = "select count(*) from media_asset m where m.deleted_at is null"
                                    " and coalesce($1::int8, $2::int8, $3::int8) is null" FILTER;
  struct parameters parameters = {0};
  struct patterns patterns = {0};
  for (int i = 0; i < 3; i++) { /* so that the filter's parameters have the same numbers everywhere */
    parameters_text(&parameters, NULL);
  }
  enum error error = add_filter(filter, &patterns, &parameters);
  if (error == ERROR_NONE) {
    struct rows row = statement_row_planned(database, select, STATEMENT_REPEATABLE, &parameters);
    int64_t count = rows_i64(&row);
    error = rows_close_into(&row, ret_count, &count, sizeof count);
  }
  free_patterns(&patterns);
  return error;
}

enum error media_list_count(struct database *database, struct media_counts *ret_counts) {
  static const char *const select =
      "select count(*), count(*) filter (where type = 'video'), count(*) filter (where type = 'audio'),"
      " coalesce(sum(size_bytes), 0)::int8"
      " from media_asset where deleted_at is null";
  struct rows row = statement_row(database, select, STATEMENT_REPEATABLE, NULL);
  struct media_counts counts;
  counts.media = rows_i64(&row);
  counts.videos = rows_i64(&row);
  counts.audios = rows_i64(&row);
  counts.size_bytes = rows_i64(&row);
  return rows_close_into(&row, ret_counts, &counts, sizeof counts);
}
