/* SPDX-License-Identifier: ISC */
/*
 * What a master was made of stands beside it, so a change of the package or of the subtitles makes it outdated without
 * a word about it.
 */
#include "config.h"

#include "store/media/subtitle_store.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "domain/digest.h"
#include "store/engine/event_add.h"
#include "store/engine/event_add.sql.h"
#include "store/engine/statement.h"

#define TEXT_(number) #number
#define TEXT(number)  TEXT_(number)
#define MASTER_OF     "(m.package_name || ' ' || md5(m.subtitles::text))"

/* The first column of the only row, a text of at most MEDIUM_TEXT_NAME_SIZE. ERROR_NOT_FOUND: no row. */
static enum error execute_text(struct database *database, const char *sql, const struct parameters *parameters,
                               char *ret_text, size_t size) {
  struct rows row = statement_row(database, sql, STATEMENT_ONCE, parameters);
  char text[MEDIUM_TEXT_NAME_SIZE] = "";
  rows_text(&row, text, size);
  return rows_close_into(&row, ret_text, text, size);
}

static enum error why_not_put(struct database *database, int64_t media_id) {
  struct parameters parameters = {0};
  char found[8];
  parameters_i64(&parameters, media_id);
  enum error error = execute_text(database, "select 'yes' from media_asset where id = $1 and deleted_at is null",
                                  &parameters, found, sizeof found);
  return error == ERROR_NONE ? ERROR_TOO_LARGE : error;
}

enum error subtitle_store_put(struct database *database, int64_t media_id, const struct subtitle *subtitle,
                              int64_t size_bytes, int64_t cues, char ret_old_name[MEDIUM_TEXT_NAME_SIZE]) {
  static const char *const update =
      "with old as (select id, subtitles -> $2 ->> 'file' as file from media_asset where id = $1"
      "  and deleted_at is null and (subtitles ? $2 or"
      "  (select count(*) from jsonb_object_keys(subtitles)) < " TEXT(
          SUBTITLES_MAX) ") for update),"
                         " m as (update media_asset m set subtitles = m.subtitles || jsonb_build_object($2::text,"
                         "  jsonb_build_object('file', $3::text, 'size_bytes', $4::int8, 'cues', $5::int8,"
                         "   'label', $7::text, 'forced', $8::bool, 'sdh', $9::bool)), "
                         "updated_at = now()"
                         " from old where m.id = old.id returning m.id, old.file),"
                         " added as (" EVENT_ADD_SQL("'subtitles.stored'", "$6::text", "'medium:' || m.id",
                                                     "jsonb_build_object('language', $2::text, 'cues', $5::int8)",
                                                     "m") ") select file from m";
  struct parameters parameters = {0};
  parameters_i64(&parameters, media_id);
  parameters_text(&parameters, subtitle->language);
  parameters_text(&parameters, subtitle->stored_name);
  parameters_i64(&parameters, size_bytes);
  parameters_i64(&parameters, cues);
  parameters_text(&parameters, event_origin(database));
  parameters_text_or_null(&parameters, subtitle->label);
  parameters_bool(&parameters, subtitle->forced);
  parameters_bool(&parameters, subtitle->sdh);
  enum error error = execute_text(database, update, &parameters, ret_old_name, MEDIUM_TEXT_NAME_SIZE);
  return error == ERROR_NOT_FOUND ? why_not_put(database, media_id) : error;
}

enum error subtitle_store_remove(struct database *database, int64_t media_id, const char *language,
                                 char ret_old_name[MEDIUM_TEXT_NAME_SIZE]) {
  static const char *const update =
      "with old as (select id, subtitles -> $2 ->> 'file' as file from media_asset"
      "  where id = $1 and deleted_at is null and subtitles ? $2 for update),"
      " m as (update media_asset m set subtitles = m.subtitles - $2::text, updated_at = now() from old"
      "  where m.id = old.id returning m.id, old.file),"
      " added as (" EVENT_ADD_SQL("'subtitles.removed'", "$3::text", "'medium:' || m.id",
                                  "jsonb_build_object('language', $2::text)", "m") ") select file from m";
  struct parameters parameters = {0};
  parameters_i64(&parameters, media_id);
  parameters_text(&parameters, language);
  parameters_text(&parameters, event_origin(database));
  return execute_text(database, update, &parameters, ret_old_name, MEDIUM_TEXT_NAME_SIZE);
}

/* An array's text. What masters are made of has no character that it would have to escape. */
static void append_array(struct text *text, const char *const *elements, size_t count) {
  text_append(text, "{");
  for (size_t i = 0; i < count; i++) {
    text_appendf(text, "%s\"%s\"", i == 0 ? "" : ",", elements[i]);
  }
  text_append(text, "}");
}

/* One row for each language; a medium without any has one row with neither. The conditions before $2 are those of
 * media_asset_stale_master_idx. */
enum error subtitle_store_find_stale(struct database *database, int64_t after, const char *const *put_off,
                                     size_t put_off_count, struct stale_master *ret_stale) {
  static const char *const select =
      "with stale as (select * from media_asset m where m.deleted_at is null and m.package_name is not null"
      "  and (m.subtitles <> '{}' or m.master_name is not null) and m.master_of is distinct from " MASTER_OF
      "  and " MASTER_OF " <> all ($2::text[]) order by m.id > $1 desc, m.id limit 1)"
      " select m.id, m.package_name, " MASTER_OF ", m.duration_seconds, s.key, s.value ->> 'file',"
      " s.value ->> 'label', coalesce((s.value -> 'forced')::bool, false), coalesce((s.value -> 'sdh')::bool, false)"
      " from stale m left join lateral jsonb_each(m.subtitles) s on true order by s.key";
  __attribute__((cleanup(text_free))) struct text array = {0};
  struct parameters parameters = {0};
  struct rows rows;
  struct stale_master stale = {.count = 0};
  append_array(&array, put_off, put_off_count);
  if (array.failed) {
    return ERROR_MEMORY;
  }
  parameters_i64(&parameters, after);
  parameters_text(&parameters, array.data);
  enum error error = statement_execute(database, select, STATEMENT_REPEATABLE, &parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  while (stale.count < SUBTITLES_MAX && rows_next(&rows)) {
    struct subtitle *subtitle = &stale.subtitles[stale.count];
    stale.media_id = rows_i64(&rows);
    rows_text(&rows, stale.package_name, sizeof stale.package_name);
    rows_text(&rows, stale.master_of, sizeof stale.master_of);
    stale.duration_seconds = rows_f64_or(&rows, 0);
    rows_text(&rows, subtitle->language, sizeof subtitle->language);
    rows_text(&rows, subtitle->stored_name, sizeof subtitle->stored_name);
    rows_text(&rows, subtitle->label, sizeof subtitle->label);
    subtitle->forced = rows_bool(&rows);
    subtitle->sdh = rows_bool(&rows);
    stale.count += subtitle->language[0] != '\0';
  }
  error = rows_close(&rows);
  if (error == ERROR_NONE && stale.media_id == 0) {
    error = ERROR_NOT_FOUND;
  }
  if (error == ERROR_NONE) {
    *ret_stale = stale;
  }
  return error;
}

enum error subtitle_store_set_master(struct database *database, const struct stale_master *stale, const char *name,
                                     char ret_old_name[UNIQUE_NAME_SIZE]) {
  static const char *const update =
      "with old as (select id, master_name from media_asset m where m.id = $1 and m.deleted_at is null"
      "  and " MASTER_OF " = $2 for update)"
      " update media_asset m set master_name = $3, master_of = $2 from old where m.id = old.id"
      " returning old.master_name";
  struct parameters parameters = {0};
  parameters_i64(&parameters, stale->media_id);
  parameters_text(&parameters, stale->master_of);
  parameters_text(&parameters, name);
  enum error error = execute_text(database, update, &parameters, ret_old_name, 33);
  return error == ERROR_NOT_FOUND ? ERROR_CONFLICT : error;
}
