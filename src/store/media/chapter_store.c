/* SPDX-License-Identifier: ISC */
/*
 * See chapter_store.h.
 */
#include "config.h"

#include "store/media/chapter_store.h"

#include "store/engine/event_add.h"
#include "store/engine/event_add.sql.h"
#include "store/engine/statement.h"

static enum error execute_name(struct database *database, const char *sql, const struct parameters *parameters,
                               char ret_name[MEDIUM_TEXT_NAME_SIZE]) {
  struct rows row = statement_row(database, sql, STATEMENT_ONCE, parameters);
  char name[MEDIUM_TEXT_NAME_SIZE] = "";
  rows_text(&row, name, sizeof name);
  return rows_close_into(&row, ret_name, name, sizeof name);
}

enum error chapter_store_put(struct database *database, int64_t media_id, const char *stored_name, int64_t size_bytes,
                             int64_t cues, char ret_old_name[MEDIUM_TEXT_NAME_SIZE]) {
  static const char *const update =
      "with old as (select id, chapters ->> 'file' as file from media_asset where id = $1 and deleted_at is null"
      "  for update),"
      " m as (update media_asset m set chapters = jsonb_build_object('file', $2::text, 'size_bytes', $3::int8, 'cues',"
      "  $4::int8), updated_at = now() from old where m.id = old.id returning m.id, old.file),"
      " added as (" EVENT_ADD_SQL("'chapters.stored'", "$5::text", "'medium:' || m.id",
                                  "jsonb_build_object('cues', $4::int8)", "m") ") select file from m";
  struct parameters parameters = {0};
  parameters_i64(&parameters, media_id);
  parameters_text(&parameters, stored_name);
  parameters_i64(&parameters, size_bytes);
  parameters_i64(&parameters, cues);
  parameters_text(&parameters, event_origin(database));
  return execute_name(database, update, &parameters, ret_old_name);
}

enum error chapter_store_remove(struct database *database, int64_t media_id, char ret_old_name[MEDIUM_TEXT_NAME_SIZE]) {
  static const char *const update =
      "with old as (select id, chapters ->> 'file' as file from media_asset where id = $1 and deleted_at is null"
      "  and chapters is not null for update),"
      " m as (update media_asset m set chapters = null, updated_at = now() from old where m.id = old.id"
      "  returning m.id, old.file),"
      " added as (" EVENT_ADD_SQL("'chapters.removed'", "$2::text", "'medium:' || m.id", "'{}'::jsonb",
                                  "m") ")"
                                       " select file from m";
  struct parameters parameters = {0};
  parameters_i64(&parameters, media_id);
  parameters_text(&parameters, event_origin(database));
  return execute_name(database, update, &parameters, ret_old_name);
}
