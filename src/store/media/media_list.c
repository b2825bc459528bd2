/* SPDX-License-Identifier: ISC */
/*
 * Lists of media, newest first, and their number. Each combination of filters is a statement of its own, so that each
 * is answered by its own index.
 */
#include "config.h"

#include "store/media/media_list.h"

#include <stdlib.h>

#include "base/text.h"
#include "store/media/media_row.h"
#include "store/media/media_store.h"
#include "store/engine/statement.h"

/* $1 and $2 are the cursor, $3 the limit. */
/* clang-format off */
#define LIST(condition) \
  "select " MEDIA_COLUMNS " from media_asset m where m.deleted_at is null" condition \
  " and (m.created_at, m.id) < (coalesce(" SQL_TIMESTAMP("$1") ", 'infinity'), coalesce($2, 9223372036854775807))" \
  " order by m.created_at desc, m.id desc limit $3"
/* clang-format on */

static const char *const list_all = LIST("");
static const char *const list_type = LIST(" and m.type = $4");
static const char *const list_search = LIST(" and m.title ilike $4");
static const char *const list_type_search = LIST(" and m.type = $4 and m.title ilike $5");

/* "%" + the text + "%", with what LIKE takes for a pattern made plain. */
static char *like_pattern(const char *search) {
  struct text pattern = {0};
  text_append(&pattern, "%");
  for (const char *c = search; *c != '\0'; c++) {
    if (*c == '%' || *c == '_' || *c == '\\') {
      text_append(&pattern, "\\");
    }
    text_append_bytes(&pattern, c, 1);
  }
  text_append(&pattern, "%");
  if (pattern.failed) {
    text_free(&pattern);
    return NULL;
  }
  return pattern.data;
}

static enum error read_items(struct rows *rows, struct media **ret_items, size_t *ret_count) {
  size_t capacity = rows_count(rows);
  struct media *items = calloc(capacity == 0 ? 1 : capacity, sizeof *items);
  size_t count = 0;
  while (items != NULL && rows_next(rows)) {
    media_row_read(rows, &items[count++]);
  }
  enum error error = rows_close(rows);
  if (items == NULL) {
    return ERROR_MEMORY;
  }
  if (error != ERROR_NONE) {
    for (size_t i = 0; i < count; i++) {
      media_free(&items[i]);
    }
    free(items);
    return error;
  }
  *ret_items = items;
  *ret_count = count;
  return ERROR_NONE;
}

enum error media_list_find(struct database *database, const struct media_filter *filter, struct media **ret_items,
                           size_t *ret_count) {
  struct parameters parameters = {0};
  parameters_i64_or_null(&parameters, filter->before_created_at_us);
  parameters_i64_or_null(&parameters, filter->before_id);
  parameters_i64(&parameters, filter->limit);
  if (filter->type >= 0) {
    parameters_text(&parameters, media_type_name((enum media_type)filter->type));
  }
  char *pattern = NULL;
  if (filter->search != NULL) {
    pattern = like_pattern(filter->search);
    if (pattern == NULL) {
      return ERROR_MEMORY;
    }
    parameters_text(&parameters, pattern);
  }
  const char *sql =
      filter->type >= 0 ? (pattern == NULL ? list_type : list_type_search) : (pattern == NULL ? list_all : list_search);
  struct rows rows;
  /* A search is planned with its text in view: only so a rare one is found by its index. */
  enum error error = pattern == NULL
                         ? statement_execute(database, sql, STATEMENT_REPEATABLE, &parameters, &rows)
                         : statement_execute_planned(database, sql, STATEMENT_REPEATABLE, &parameters, &rows);
  free(pattern);
  return error == ERROR_NONE ? read_items(&rows, ret_items, ret_count) : error;
}

enum error media_list_count(struct database *database, struct media_counts *ret_counts) {
  static const char *const select =
      "select count(*), count(*) filter (where type = 'video'), coalesce(sum(size_bytes), 0)::int8"
      " from media_asset where deleted_at is null";
  struct rows row = statement_row(database, select, STATEMENT_REPEATABLE, NULL);
  struct media_counts counts;
  counts.media = rows_i64(&row);
  counts.videos = rows_i64(&row);
  counts.size_bytes = rows_i64(&row);
  return rows_close_into(&row, ret_counts, &counts, sizeof counts);
}
