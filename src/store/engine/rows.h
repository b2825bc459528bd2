/* SPDX-License-Identifier: ISC */
/* The rows that a statement returned, read cell by cell with their types. Internal to the stores. */
#ifndef MEDIAGATE_STORE_ENGINE_ROWS_H
#define MEDIAGATE_STORE_ENGINE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct pg_result;

struct rows {
  struct pg_result *result; /* PGresult */
  int row;                  /* the current one, -1 before the first */
  int column;               /* the next one to be read */
  enum error error;
};

/* The next row, if any. Every column of the row before must have been read. */
bool rows_next(struct rows *rows);
/* Each reads the next column of the row. One that does not parse, or is NULL where it cannot be, fails the query:
 * rows_close says so. */
int64_t rows_i64(struct rows *rows);
int64_t rows_i64_or(struct rows *rows, int64_t if_null);
double rows_f64_or(struct rows *rows, double if_null);
bool rows_bool(struct rows *rows);
void rows_text(struct rows *rows, char *ret_text, size_t size); /* NULL is "" */
/* Bytes in hexadecimal, exactly so many. */
void rows_bytes(struct rows *rows, unsigned char *ret_bytes, size_t size);
char *rows_text_copy(struct rows *rows); /* malloc'd; NULL for NULL and when memory is out */
size_t rows_count(const struct rows *rows);
/* Is the next column of the current row NULL? Reads nothing. */
bool rows_next_is_null(const struct rows *rows);
/* Frees the rows. ERROR_INTERNAL when a cell did not parse, ERROR_MEMORY. */
enum error rows_close(struct rows *rows) MUST_CHECK;
/* As rows_close for a row that was read to its end into *value, which is then copied to *ret_value. After an error
 * *ret_value is as it was. */
enum error rows_close_into(struct rows *rows, void *ret_value, const void *value, size_t size) MUST_CHECK;

#endif
