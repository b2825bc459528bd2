/* SPDX-License-Identifier: ISC */
/* Cells on their way out. Knows libpq's results, but no connection. */
#include "config.h"

#include "store/engine/rows.h"

#include <errno.h>
#include <libpq-fe.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text_parse.h"

static void fail_rows(struct rows *rows, enum error error) {
  if (rows->error == ERROR_NONE) {
    rows->error = error;
  }
}

bool rows_next(struct rows *rows) {
  if (rows->error != ERROR_NONE) {
    return false;
  }
  if (rows->row >= 0 && rows->column != PQnfields(rows->result)) {
    fail_rows(rows, ERROR_INTERNAL); /* the column list and its reader disagree */
    return false;
  }
  rows->column = 0;
  return ++rows->row < PQntuples(rows->result);
}

size_t rows_count(const struct rows *rows) {
  return (size_t)PQntuples(rows->result);
}

bool rows_next_is_null(const struct rows *rows) {
  return PQgetisnull(rows->result, rows->row, rows->column) != 0;
}

/* The next cell; NULL for SQL's NULL, and where there is none. */
static const char *next_cell(struct rows *rows) {
  int column = rows->column++;
  if (rows->row < 0 || column >= PQnfields(rows->result)) {
    fail_rows(rows, ERROR_INTERNAL);
    return NULL;
  }
  return PQgetisnull(rows->result, rows->row, column) ? NULL : PQgetvalue(rows->result, rows->row, column);
}

static bool parse_i64(const char *cell, int64_t *ret_number) {
  bool negative = cell[0] == '-';
  const char *digits = cell + negative;
  uint64_t number = 0;
  if (text_parse_u64(digits, strlen(digits), INT64_MAX, &number) != ERROR_NONE) {
    return false;
  }
  *ret_number = negative ? -(int64_t)number : (int64_t)number;
  return true;
}

int64_t rows_i64_or(struct rows *rows, int64_t if_null) {
  const char *cell = next_cell(rows);
  if (cell == NULL) {
    return if_null;
  }
  int64_t number = 0;
  if (!parse_i64(cell, &number)) {
    fail_rows(rows, ERROR_INTERNAL);
  }
  return number;
}

int64_t rows_i64(struct rows *rows) {
  const char *cell = next_cell(rows);
  int64_t number = 0;
  if (cell == NULL || !parse_i64(cell, &number)) {
    fail_rows(rows, ERROR_INTERNAL);
  }
  return number;
}

double rows_f64_or(struct rows *rows, double if_null) {
  const char *cell = next_cell(rows);
  if (cell == NULL) {
    return if_null;
  }
  char *end = NULL;
  errno = 0;
  double number = strtod(cell, &end);
  if (end == cell || *end != '\0' || errno != 0 || !isfinite(number)) {
    fail_rows(rows, ERROR_INTERNAL);
    return 0;
  }
  return number;
}

bool rows_bool(struct rows *rows) {
  const char *cell = next_cell(rows);
  if (cell == NULL || (strcmp(cell, "t") != 0 && strcmp(cell, "f") != 0)) {
    fail_rows(rows, ERROR_INTERNAL);
    return false;
  }
  return cell[0] == 't';
}

void rows_text(struct rows *rows, char *ret_text, size_t size) {
  const char *cell = next_cell(rows);
  size_t length = cell == NULL ? 0 : strlen(cell);
  if (length >= size) {
    fail_rows(rows, ERROR_INTERNAL);
    length = 0;
  }
  if (length > 0) {
    memcpy(ret_text, cell, length);
  }
  ret_text[length] = '\0';
}

void rows_bytes(struct rows *rows, unsigned char *ret_bytes, size_t size) {
  const char *cell = next_cell(rows);
  if (cell == NULL || strlen(cell) != 2 * size || text_hex_decode(cell, 2 * size, ret_bytes) != ERROR_NONE) {
    fail_rows(rows, ERROR_INTERNAL);
  }
}

char *rows_text_copy(struct rows *rows) {
  const char *cell = next_cell(rows);
  char *copy = cell == NULL ? NULL : strdup(cell);
  if (cell != NULL && copy == NULL) {
    fail_rows(rows, ERROR_MEMORY);
  }
  return copy;
}

enum error rows_close(struct rows *rows) {
  PQclear(rows->result);
  rows->result = NULL;
  return rows->error;
}

enum error rows_close_into(struct rows *rows, void *ret_value, const void *value, size_t size) {
  if (rows->error == ERROR_NONE && rows->column != PQnfields(rows->result)) {
    fail_rows(rows, ERROR_INTERNAL);
  }
  enum error error = rows_close(rows);
  if (error == ERROR_NONE) {
    memcpy(ret_value, value, size);
  }
  return error;
}
