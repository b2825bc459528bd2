/* SPDX-License-Identifier: ISC */
/*
 * Looks first and writes only what is missing, or was not asked for of late, so that a known text writes nothing. An id
 * may be asked for an hour before its row says so, kept by a cache for some minutes and stored a transaction later: a
 * day leaves all of them time.
 */
#include "config.h"

#include "store/views/user_agent_store.h"

#include "store/engine/array.h"
#include "store/engine/statement.h"

#define REFRESHED_AFTER "interval '1 hour'"
#define UNUSED_AFTER    "interval '1 day'"

/* In the order of the array. *ret_missing: how many are not stored yet; *ret_stale: how many are to be refreshed. */
static enum error find(struct database *database, const char *array, size_t count, int64_t *ret_ids,
                       size_t *ret_missing, size_t *ret_stale) {
  static const char *const select = "select a.id, t.text is null, coalesce(a.used_at < now() - " REFRESHED_AFTER
                                    ", false) from unnest($1::text[]) with ordinality t (text, place)"
                                    " left join user_agent a on a.text = t.text order by t.place";
  struct parameters parameters = {0};
  parameters_text(&parameters, array);
  struct rows rows;
  enum error error = statement_execute(database, select, STATEMENT_REPEATABLE, &parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  *ret_missing = *ret_stale = 0;
  for (size_t i = 0; i < count && rows_next(&rows); i++) {
    ret_ids[i] = rows_i64_or(&rows, 0);
    bool none = rows_bool(&rows);
    *ret_missing += ret_ids[i] == 0 && !none;
    *ret_stale += rows_bool(&rows);
  }
  return rows_close(&rows);
}

/* In one order, so that two who write the same wait for each other instead of dying. */
static enum error insert_or_refresh(struct database *database, const char *array) {
  struct parameters parameters = {0};
  parameters_text(&parameters, array);
  return statement_change(database,
                          "insert into user_agent (text) select distinct text from unnest($1::text[]) t (text)"
                          " where text is not null and not exists (select from user_agent a where a.text = t.text"
                          "  and a.used_at >= now() - " REFRESHED_AFTER ")"
                          " order by text on conflict (text) do update set used_at = now()",
                          STATEMENT_REPEATABLE, &parameters, NULL);
}

enum error user_agent_store_ids(struct database *database, const char *const *texts, size_t count, int64_t *ret_ids) {
  struct text array = {0};
  for (size_t i = 0; i < count; i++) {
    array_add_text(&array, texts[i]);
  }
  const char *values = array_end(&array);
  size_t missing = 0, stale = 0;
  enum error error = values == NULL ? ERROR_MEMORY : find(database, values, count, ret_ids, &missing, &stale);
  if (error == ERROR_NONE && (missing > 0 || stale > 0)) {
    error = insert_or_refresh(database, values);
    if (error == ERROR_NONE) {
      error = find(database, values, count, ret_ids, &missing, &stale);
    }
  }
  text_free(&array);
  return error == ERROR_NONE && missing > 0 ? ERROR_INTERNAL : error;
}

enum error user_agent_store_sweep(struct database *database, int limit, int64_t *after_id, int64_t *ret_deleted,
                                  bool *ret_more) {
  /* Whoever refreshed one meanwhile keeps it: the condition on the row itself is looked at again. */
  static const char *const sweep =
      "with batch as materialized (select id, used_at from user_agent where id > $1 order by id limit $2),"
      " gone as (delete from user_agent a using batch b where a.id = b.id and b.used_at < now() - " UNUSED_AFTER
      "  and a.used_at < now() - " UNUSED_AFTER
      "  and not exists (select from media_view_log v where v.user_agent_id = b.id) returning 1)"
      " select coalesce(max(id), $1), count(*), (select count(*) from gone) from batch";
  struct parameters parameters = {0};
  parameters_i64(&parameters, *after_id);
  parameters_i64(&parameters, limit);
  struct rows row = statement_row(database, sweep, STATEMENT_ONCE, &parameters);
  int64_t last = rows_i64(&row);
  int64_t seen = rows_i64(&row);
  int64_t deleted = rows_i64(&row);
  enum error error = rows_close(&row);
  if (error == ERROR_NONE) {
    *after_id = last;
    *ret_deleted = deleted;
    *ret_more = seen == limit;
  }
  return error;
}
