/* SPDX-License-Identifier: ISC */
/* See delivery_sum_store.h. The rows are named by the labels of their metrics. */
#include "config.h"

#include "store/views/delivery_sum_store.h"

#include <string.h>

#include "metrics/metric.h"
#include "store/engine/array.h"
#include "store/engine/statement.h"
#include "store/views/delivery_sum_add.sql.h"

enum column {
  COLUMN_KIND,
  COLUMN_CODE,
  COLUMN_RENDITION,
  COLUMN_DELIVERIES,
  COLUMN_BYTES,
  COLUMN_BROKEN_OFF,
  COLUMN_LONG_MEDIUM,
  COLUMN_LONG_DURATION,
  COLUMN_LONG_RENDITION,
  COLUMNS
};

static void add_label(struct text *array, enum metric_label label, int value) {
  array_add_plain(array, metric_label_value(label, (size_t)value));
}

static void add_rows(struct text columns[COLUMNS], const struct delivery_sum_change *change) {
  for (size_t i = 0; i < change->sum_count; i++) {
    const struct delivery_sum *sum = &change->sums[i];
    add_label(&columns[COLUMN_KIND], METRIC_LABEL_KIND, (int)sum->kind);
    add_label(&columns[COLUMN_CODE], METRIC_LABEL_CODE, (int)sum->code);
    add_label(&columns[COLUMN_RENDITION], METRIC_LABEL_RENDITION, (int)sum->rendition);
    array_add_i64(&columns[COLUMN_DELIVERIES], sum->deliveries);
    array_add_i64(&columns[COLUMN_BYTES], sum->bytes);
    array_add_i64(&columns[COLUMN_BROKEN_OFF], sum->broken_off);
  }
  for (size_t i = 0; i < change->long_count; i++) {
    const struct delivery_long *longer = &change->longs[i];
    array_add_i64(&columns[COLUMN_LONG_MEDIUM], longer->media_id);
    array_add_i64(&columns[COLUMN_LONG_DURATION], longer->duration_us);
    add_label(&columns[COLUMN_LONG_RENDITION], METRIC_LABEL_RENDITION, (int)longer->rendition);
  }
}

enum error delivery_sum_store_add(struct database *database, const struct delivery_sum_change *change) {
  static const char *const add = DELIVERY_SUM_ADD_SQL;
  struct text columns[COLUMNS] = {{0}};
  struct parameters parameters = {0};
  if (change->sum_count == 0) {
    return ERROR_NONE;
  }
  add_rows(columns, change);
  enum error error = array_end_columns(columns, COLUMNS, &parameters);
  if (error == ERROR_NONE) {
    error = statement_execute(database, add, STATEMENT_ONCE, &parameters, NULL);
  }
  array_free_columns(columns, COLUMNS);
  return error;
}

/* The value of this name; a name of another version is the last one, which is not `count` at least. */
static size_t find_value(enum metric_label label, size_t count, size_t otherwise, const char *name) {
  for (size_t i = 0; i < count; i++) {
    if (strcmp(metric_label_value(label, i), name) == 0) {
      return i;
    }
  }
  return otherwise;
}

static void read_row(struct rows *rows, struct delivery_sums *sums) {
  char name[32];
  rows_text(rows, name, sizeof name);
  size_t kind = find_value(METRIC_LABEL_KIND, METRIC_KIND_COUNT, METRIC_KIND_OTHER, name);
  rows_text(rows, name, sizeof name);
  size_t code = find_value(METRIC_LABEL_CODE, METRIC_CODE_COUNT, METRIC_CODE_OTHER, name);
  rows_text(rows, name, sizeof name);
  size_t rendition = find_value(METRIC_LABEL_RENDITION, METRIC_RENDITION_COUNT, METRIC_RENDITION_OTHER, name);
  int64_t deliveries = rows_i64(rows);
  sums->deliveries[kind][code] += deliveries;
  sums->bytes[kind] += rows_i64(rows);
  sums->broken_off[kind] += rows_i64(rows);
  sums->slow += rows_i64(rows);
  if (kind == METRIC_KIND_SEGMENT && (code == METRIC_CODE_200 || code == METRIC_CODE_206)) {
    sums->segments[rendition] += deliveries;
  }
}

enum error delivery_sum_store_read(struct database *database, struct delivery_sums *ret_sums) {
  struct delivery_sums sums;
  struct rows rows;
  memset(&sums, 0, sizeof sums);
  enum error error = statement_execute(
      database, "select kind, code, rendition, deliveries, bytes_sent, broken_off, slow from delivery_sum",
      STATEMENT_REPEATABLE, NULL, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  while (rows_next(&rows)) {
    read_row(&rows, &sums);
  }
  error = rows_close(&rows);
  if (error == ERROR_NONE) {
    *ret_sums = sums;
  }
  return error;
}
