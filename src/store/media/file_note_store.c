/* SPDX-License-Identifier: ISC */
/* See file_note_store.h. */
#include "config.h"

#include "store/media/file_note_store.h"

#include "store/engine/statement.h"

enum error file_note_store_write(struct database *database, int64_t media_id, const char *entry, bool intent,
                                 bool keep_time) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, media_id);
  parameters_text(&parameters, entry);
  parameters_bool(&parameters, intent);
  parameters_bool(&parameters, keep_time);
  return statement_change(database,
                          "insert into file_note as n (media_id, entry, intent) values ($1, $2, $3)"
                          " on conflict (media_id, entry) do update set noted_at = now(), intent = excluded.intent"
                          " where not $4::boolean",
                          STATEMENT_REPEATABLE, &parameters, NULL);
}

enum error file_note_store_remove(struct database *database, int64_t media_id, const char *entry) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, media_id);
  parameters_text(&parameters, entry);
  return statement_change(database, "delete from file_note where media_id = $1 and entry = $2", STATEMENT_REPEATABLE,
                          &parameters, NULL);
}

enum error file_note_store_remove_all(struct database *database, int64_t media_id) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, media_id);
  return statement_change(database, "delete from file_note where media_id = $1", STATEMENT_REPEATABLE, &parameters,
                          NULL);
}

enum error file_note_store_due(struct database *database, const struct file_note_ages *ages,
                               const struct file_note *after, struct file_note *ret_notes, size_t count,
                               size_t *ret_count) {
  static const char *const select =
      "select media_id, entry, intent, floor(extract(epoch from now() - noted_at))::int8 from file_note"
      " where (media_id, entry) > ($1::int8, $2::text)"
      " and (entry = '' or noted_at <= now() - case when intent then $4::int8 else $3::int8 end * interval '1 s')"
      " order by media_id, entry limit $5::int8";
  struct parameters parameters = {0};
  struct rows rows;
  size_t found = 0;
  parameters_i64(&parameters, after->media_id);
  parameters_text(&parameters, after->entry);
  parameters_i64(&parameters, ages->replaced_seconds);
  parameters_i64(&parameters, ages->intent_seconds);
  parameters_i64(&parameters, (int64_t)count);
  enum error error = statement_execute(database, select, STATEMENT_REPEATABLE, &parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  while (found < count && rows_next(&rows)) {
    struct file_note *note = &ret_notes[found++];
    note->media_id = rows_i64(&rows);
    rows_text(&rows, note->entry, sizeof note->entry);
    note->intent = rows_bool(&rows);
    note->age_seconds = rows_i64(&rows);
  }
  error = rows_close(&rows);
  if (error == ERROR_NONE) {
    *ret_count = found;
  }
  return error;
}
