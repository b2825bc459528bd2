/* SPDX-License-Identifier: ISC */
/*
 * What a poster was made of stands beside it. One at a time is made anew when the file changes.
 */
#include "config.h"

#include "store/media/poster_store.h"

#include <stdlib.h>
#include <string.h>

#include "store/engine/event_add.h"
#include "store/engine/event_add.sql.h"
#include "store/engine/statement.h"

#define KEY "(m.poster_wanted || case when m.poster_wanted like 'time %' then ' ' || m.file_version else '' end)"

enum error poster_store_want(struct database *database, int64_t media_id, const char *wanted) {
  static const char *const update =
      "with m as (update media_asset set poster_wanted = $2, poster_error = null,"
      "  poster_of = case when $2::text is not null then poster_of end,"
      "  poster_name = case when $2::text is not null then poster_name end, updated_at = now()"
      " where id = $1 and deleted_at is null and ($2::text is not null or poster_wanted is not null) returning id),"
      " added as (" EVENT_ADD_SQL("case when $2::text is null then 'poster.removed' else 'poster.chosen' end",
                                  "$3::text", "'medium:' || m.id", "'{}'::jsonb", "m") ") select from m";
  struct parameters parameters = {0};
  int64_t found = 0;
  parameters_i64(&parameters, media_id);
  parameters_text(&parameters, wanted);
  parameters_text(&parameters, event_origin(database));
  enum error error = statement_change(database, update, STATEMENT_ONCE, &parameters, &found);
  return error == ERROR_NONE && found == 0 ? ERROR_NOT_FOUND : error;
}

/* The conditions are those of media_asset_wanted_poster_idx. */
enum error poster_store_find_wanted(struct database *database, struct wanted_poster *ret_wanted) {
  static const char *const select =
      "select m.id, " KEY ", m.poster_wanted like 'file %', split_part(m.poster_wanted, ' ', 2), m.stored_name"
      " from media_asset m where m.deleted_at is null and m.poster_wanted is not null"
      " and m.poster_of is distinct from " KEY
      " and (m.poster_wanted like 'file %' or m.stored_name is not null) order by m.id limit 1";
  char what[POSTER_WANTED_SIZE] = "";
  struct wanted_poster wanted = {.media_id = 0};
  struct rows row = statement_row(database, select, STATEMENT_REPEATABLE, NULL);
  wanted.media_id = rows_i64(&row);
  rows_text(&row, wanted.key, sizeof wanted.key);
  wanted.is_file = rows_bool(&row);
  rows_text(&row, what, sizeof what);
  rows_text(&row, wanted.stored_name, sizeof wanted.stored_name);
  enum error error = rows_close(&row);
  if (error != ERROR_NONE) {
    return error;
  }
  if (wanted.is_file) {
    memcpy(wanted.stored_name, what, sizeof what);
  }
  wanted.seconds = wanted.is_file ? 0 : strtod(what, NULL);
  *ret_wanted = wanted;
  return ERROR_NONE;
}

enum error poster_store_set(struct database *database, const struct wanted_poster *wanted, const char *name_or_null,
                            const char *reason_or_null, char ret_old_name[UNIQUE_NAME_SIZE]) {
  static const char *const update =
      "with old as (select m.id, m.poster_name from media_asset m where m.id = $1 and m.deleted_at is null"
      "  and m.poster_wanted is not null and " KEY " = $2 for update),"
      " m as (update media_asset m set poster_of = $2, poster_name = $3, poster_error = $4, updated_at = now()"
      "  from old where m.id = old.id returning m.id, old.poster_name),"
      " added as (" EVENT_ADD_SQL("case when $3::text is null then 'poster.failed' else 'poster.ready' end", "$5::text",
                                  "'medium:' || m.id", "'{}'::jsonb", "m") ") select poster_name from m";
  struct parameters parameters = {0};
  char old_name[UNIQUE_NAME_SIZE] = "";
  parameters_i64(&parameters, wanted->media_id);
  parameters_text(&parameters, wanted->key);
  parameters_text(&parameters, name_or_null);
  parameters_text(&parameters, reason_or_null);
  parameters_text(&parameters, event_origin(database));
  struct rows row = statement_row(database, update, STATEMENT_ONCE, &parameters);
  rows_text(&row, old_name, sizeof old_name);
  enum error error = rows_close_into(&row, ret_old_name, old_name, sizeof old_name);
  return error == ERROR_NOT_FOUND ? ERROR_CONFLICT : error;
}
