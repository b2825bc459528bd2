/* SPDX-License-Identifier: ISC */
/*
 * Looks first and inserts only what is missing, so that a known text writes nothing.
 */
#include "config.h"

#include "store/user_agent_store.h"

#include "store/array.h"
#include "store/statement.h"

/* In the order of the array. *ret_missing: how many are not stored yet. */
static enum error find(struct database *database, const char *array, size_t count, int64_t *ret_ids,
                       size_t *ret_missing) {
  static const char *const select =
      "select a.id, t.text is null from unnest($1::text[]) with ordinality t (text, place)"
      " left join user_agent a on a.text = t.text order by t.place";
  struct parameters parameters = {0};
  parameters_text(&parameters, array);
  struct rows rows;
  enum error error = statement_execute(database, select, STATEMENT_REPEATABLE, &parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  *ret_missing = 0;
  for (size_t i = 0; i < count && rows_next(&rows); i++) {
    ret_ids[i] = rows_i64_or(&rows, 0);
    bool none = rows_bool(&rows);
    *ret_missing += ret_ids[i] == 0 && !none;
  }
  return rows_close(&rows);
}

/* In one order, so that two who insert the same wait for each other instead of dying. */
static enum error insert(struct database *database, const char *array) {
  struct parameters parameters = {0};
  parameters_text(&parameters, array);
  return statement_change(database,
                          "insert into user_agent (text) select distinct text from unnest($1::text[]) t (text)"
                          " where text is not null and not exists (select from user_agent a where a.text = t.text)"
                          " order by text on conflict (text) do nothing",
                          STATEMENT_REPEATABLE, &parameters, NULL);
}

enum error user_agent_store_ids(struct database *database, const char *const *texts, size_t count, int64_t *ret_ids) {
  struct text array = {0};
  for (size_t i = 0; i < count; i++) {
    array_add_text(&array, texts[i]);
  }
  const char *values = array_end(&array);
  size_t missing = 0;
  enum error error = values == NULL ? ERROR_MEMORY : find(database, values, count, ret_ids, &missing);
  if (error == ERROR_NONE && missing > 0) {
    error = insert(database, values);
    if (error == ERROR_NONE) {
      error = find(database, values, count, ret_ids, &missing);
    }
  }
  text_free(&array);
  return error == ERROR_NONE && missing > 0 ? ERROR_INTERNAL : error;
}
