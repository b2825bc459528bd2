/* SPDX-License-Identifier: ISC */
/*
 * Statements and transactions of one connection. Internal to the stores.
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
 *
 * Of one row:
 *
 *   struct rows row = statement_row(database, "select count(*) from …", STATEMENT_REPEATABLE, &parameters);
 *   int64_t count = rows_i64(&row);
 *   return rows_close_into(&row, ret_count, &count, sizeof count);
 */
#ifndef MEDIAGATE_STORE_ENGINE_STATEMENT_H
#define MEDIAGATE_STORE_ENGINE_STATEMENT_H

#include <stdint.h>

#include "base/error.h"
#include "store/engine/database.h"
#include "store/engine/parameters.h"
#include "store/engine/rows.h"

/* May it run twice when the connection broke and nobody knows whether it ran? */
enum statement_repeat { STATEMENT_ONCE, STATEMENT_REPEATABLE };

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
/* As statement_execute for what returns one row or none, and already stands at it. Errors wait for rows_close, as that
 * of a cell does: ERROR_NOT_FOUND when there is no row. Until then every cell reads as 0, false or "". */
struct rows statement_row(struct database *database, const char *sql, enum statement_repeat repeat,
                          const struct parameters *parameters) MUST_CHECK;
/* The same, never prepared. */
struct rows statement_row_planned(struct database *database, const char *sql, enum statement_repeat repeat,
                                  const struct parameters *parameters) MUST_CHECK;
/* As statement_execute for what returns no rows; *ret_affected (may be NULL) is how many it changed. */
enum error statement_change(struct database *database, const char *sql, enum statement_repeat repeat,
                            const struct parameters *parameters, int64_t *ret_affected) MUST_CHECK;
/* How far this machine's clock is ahead of the database's, exact to half the time that asking takes. */
/* Of a standby: it has everything that was committed longer ago than this. It may have all: while nobody writes the
 * number grows. 0 of a primary. */
enum error statement_lag(struct database *database, int64_t *ret_seconds) MUST_CHECK;
enum error statement_clock_offset(struct database *database, int64_t *ret_offset_us) MUST_CHECK;
enum error statement_begin(struct database *database) MUST_CHECK;
/* ERROR_UNKNOWN_OUTCOME when the reply was lost. */
enum error statement_commit(struct database *database) MUST_CHECK;
void statement_rollback(struct database *database); /* fine without a transaction */
/* The end of a transaction whose steps came to `error`: commits after ERROR_NONE, else rolls back and returns it. */
enum error statement_end_transaction(struct database *database, enum error error) MUST_CHECK;
/* From here on a transaction that begins is a part of this one: it is undone when it fails, and is stored with all of
 * it. So whatever runs between these two is stored at once, or not at all. */
enum error statement_enclose(struct database *database) MUST_CHECK;
/* As statement_end_transaction. */
enum error statement_end_enclosure(struct database *database, enum error error) MUST_CHECK;
/* Several statements without parameters and without a deadline; inside a transaction. For migrations. */
enum error statement_run_script(struct database *database, const char *sql) MUST_CHECK;

#endif
