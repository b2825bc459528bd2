/* SPDX-License-Identifier: ISC */
/*
 * What the stores share and nobody else sees: parameters, the one function that executes, and typed rows.
 *
 *   struct parameters parameters = {0};
 *   parameters_i64(&parameters, id);
 *   struct rows rows;
 *   enum error error = statement_execute(database, "select title from …", STATEMENT_REPEATABLE, &parameters, &rows);
 *   if (error == ERROR_NONE) {
 *     while (rows_next(&rows)) {
 *       rows_text(&rows, title, sizeof title);
 *     }
 *     error = rows_close(&rows);
 *   }
 */
#ifndef MEDIAGATE_STORE_ENGINE_STATEMENT_H
#define MEDIAGATE_STORE_ENGINE_STATEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/engine/database.h"

#define PARAMETERS_MAX 24

/* Zero-initialise. Texts are not copied: they outlive the call of statement_execute. */
struct parameters {
  int count;
  const char *values[PARAMETERS_MAX];
  char scratch[PARAMETERS_MAX][72]; /* numbers and bytes in text form */
};

void parameters_text(struct parameters *parameters, const char *text);         /* NULL is SQL's NULL */
void parameters_text_or_null(struct parameters *parameters, const char *text); /* "" is SQL's NULL too */
void parameters_i64(struct parameters *parameters, int64_t number);
void parameters_i64_or_null(struct parameters *parameters, int64_t number); /* 0 is SQL's NULL */
void parameters_f64_or_null(struct parameters *parameters, double number);  /* 0 is SQL's NULL */
void parameters_bool(struct parameters *parameters, bool value);
void parameters_hash(struct parameters *parameters, const unsigned char hash[32]); /* bytea */

/* Microseconds since 1970 as a column, and as a value made of a parameter. Both are exact. */
#define SQL_MICROSECONDS(column) "(extract(epoch from " column ") * 1000000)::int8"
#define SQL_TIMESTAMP(parameter) "('epoch'::timestamptz + " parameter "::int8 * interval '1 microsecond')"

/* May it run twice when the connection broke and nobody knows whether it ran? */
enum statement_repeat { STATEMENT_ONCE, STATEMENT_REPEATABLE };

struct rows {
  struct pg_result *result; /* PGresult */
  int row;                  /* the current one, -1 before the first */
  int column;               /* the next one to be read */
  enum error error;
};

/* `sql` is static text: prepared statements are known by its address. parameters may be NULL; ret_rows too, when rows
 * do not matter. A broken connection is tried once more outside a transaction when the statement is repeatable.
 * ERROR_CONFLICT: a unique value is taken. ERROR_NOT_FOUND: a foreign key refers to nothing. ERROR_INVALID: a value
 * that the column does not take. ERROR_TIMEOUT. ERROR_UNAVAILABLE: no connection, or a state that passes.
 * ERROR_UNKNOWN_OUTCOME: the reply to a statement that is not repeatable was lost. */
enum error statement_execute(struct database *database, const char *sql, enum statement_repeat repeat,
                             const struct parameters *parameters, struct rows *ret_rows) MUST_CHECK;
/* As statement_execute, never prepared: for statements whose best plan depends on the values, which a prepared one
 * stops looking at. */
enum error statement_execute_planned(struct database *database, const char *sql, enum statement_repeat repeat,
                                     const struct parameters *parameters, struct rows *ret_rows) MUST_CHECK;
/* As statement_execute for what returns no rows; *ret_affected (may be NULL) is how many it changed. */
enum error statement_change(struct database *database, const char *sql, enum statement_repeat repeat,
                            const struct parameters *parameters, int64_t *ret_affected) MUST_CHECK;
/* The end of a transaction whose steps came to `error`: commits after ERROR_NONE, else rolls back and returns it. */
enum error statement_end_transaction(struct database *database, enum error error) MUST_CHECK;
/* Several statements without parameters and without a deadline; inside a transaction. For migrations. */
enum error statement_run_script(struct database *database, const char *sql) MUST_CHECK;

/* The next row, if any. Every column of the row before must have been read. */
bool rows_next(struct rows *rows);
/* Each reads the next column of the row. One that does not parse, or is NULL where it cannot be, fails the query:
 * rows_close says so. */
int64_t rows_i64(struct rows *rows);
int64_t rows_i64_or(struct rows *rows, int64_t if_null);
double rows_f64_or(struct rows *rows, double if_null);
bool rows_bool(struct rows *rows);
void rows_text(struct rows *rows, char *ret_text, size_t size); /* NULL is "" */
char *rows_text_copy(struct rows *rows);                        /* malloc'd; NULL for NULL and when memory is out */
size_t rows_count(const struct rows *rows);
/* Is the next column of the current row NULL? Reads nothing. */
bool rows_next_is_null(const struct rows *rows);
/* Frees the rows. ERROR_INTERNAL when a cell did not parse, ERROR_MEMORY. */
enum error rows_close(struct rows *rows) MUST_CHECK;

#endif
