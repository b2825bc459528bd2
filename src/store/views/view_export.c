/* SPDX-License-Identifier: ISC */
/*
 * Keyset pages in the order of (timestamp, id), each by an index of its own. One join finds all user agents of a page.
 * Both conditions on the time begin at the same one: an index is read from where the pair says, and the first alone is
 * what leaves partitions out.
 */
#include "config.h"

#include "store/views/view_export.h"

#include "store/views/view_row.h"

/* clang-format off */
#define PAGE(condition) \
  "select " VIEW_COLUMNS_WITH("a.text") " from (select * from media_view_log l where " condition \
  " l.\"timestamp\" >= " SQL_TIMESTAMP("$2") " and l.\"timestamp\" < " SQL_TIMESTAMP("$3") \
  " and (l.\"timestamp\", l.id) > (" SQL_TIMESTAMP("$2") ", $4::int8) and (not l.bot or $5::boolean)" \
  " order by l.\"timestamp\", l.id limit $6) v left join user_agent a on a.id = v.user_agent_id order by v.\"timestamp\", v.id"
static const char *const page_of_medium = PAGE("l.media_id = $1 and");
static const char *const page_of_all = PAGE("$1::int8 = 0 and");
/* clang-format on */

enum error view_export_page(struct database *database, const struct view_export *wanted, int limit,
                            struct view **ret_items, size_t *ret_count) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, wanted->media_id);
  bool begun = wanted->after_us >= wanted->from_us;
  parameters_i64(&parameters, begun ? wanted->after_us : wanted->from_us);
  parameters_i64(&parameters, wanted->to_us);
  parameters_i64(&parameters, begun ? wanted->after_id : 0); /* below every id */
  parameters_bool(&parameters, wanted->bots);
  parameters_i64(&parameters, limit);
  struct rows rows;
  enum error error = statement_execute(database, wanted->media_id == 0 ? page_of_all : page_of_medium,
                                       STATEMENT_REPEATABLE, &parameters, &rows);
  return error == ERROR_NONE ? view_row_list(&rows, ret_items, ret_count) : error;
}
