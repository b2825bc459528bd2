/* SPDX-License-Identifier: ISC */
/*
 * Media: made, found, changed, deleted. Lists are in media_list.c.
 */
#include "config.h"

#include "store/media/media_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "domain/medium.h"
#include "store/media/media_row.h"
#include "store/engine/array.h"
#include "store/engine/event_add.h"
#include "store/engine/event_add.sql.h"
#include "store/engine/statement.h"
#include "store/media/media_set_file.sql.h"
#include "store/media/media_update.sql.h"

void media_free(struct media *media) {
  if (media != NULL) {
    free(media->file_url);
    free(media->subtitles);
    free(media->description);
    free(media->tags);
    free(media->external_id);
    free(media->metadata);
    free(media->package.facts);
    free(media->poster);
    *media = (struct media){0};
  }
}

const char *media_type_name(enum media_type type) {
  return type == MEDIA_UNKNOWN ? NULL : type == MEDIA_VIDEO ? "video" : "audio";
}

static void read_package(struct rows *rows, struct media_package *package) {
  rows_text(rows, package->name, sizeof package->name);
  rows_text(rows, package->state, sizeof package->state);
  package->progress = (int)rows_i64_or(rows, 0);
  package->seconds_left = rows_i64_or(rows, -1);
  rows_text(rows, package->error, sizeof package->error);
  package->segments = (int)rows_i64_or(rows, 0);
  package->has_poster = rows_bool(rows);
  package->facts = rows_text_copy(rows);
  package->has_storyboard = rows_bool(rows);
  rows_text(rows, package->master, sizeof package->master);
}

void media_row_read(struct rows *rows, struct media *ret_media) {
  struct media_file_facts *file = &ret_media->file;
  char type[8];
  ret_media->id = rows_i64(rows);
  rows_text(rows, ret_media->title, sizeof ret_media->title);
  rows_text(rows, type, sizeof type);
  ret_media->type = type[0] == '\0' ? MEDIA_UNKNOWN : strcmp(type, "audio") == 0 ? MEDIA_AUDIO : MEDIA_VIDEO;
  ret_media->file_url = rows_text_copy(rows);
  rows_text(rows, file->stored_name, sizeof file->stored_name);
  file->size_bytes = rows_i64_or(rows, 0);
  rows_text(rows, file->sha256, sizeof file->sha256);
  rows_text(rows, file->content_type, sizeof file->content_type);
  file->duration_seconds = rows_f64_or(rows, 0);
  file->width = (int)rows_i64_or(rows, 0);
  file->height = (int)rows_i64_or(rows, 0);
  rows_text(rows, file->container, sizeof file->container);
  rows_text(rows, file->video_codec, sizeof file->video_codec);
  rows_text(rows, file->audio_codec, sizeof file->audio_codec);
  read_package(rows, &ret_media->package);
  ret_media->subtitles = rows_text_copy(rows);
  rows_text(rows, ret_media->poster_name, sizeof ret_media->poster_name);
  ret_media->poster = rows_text_copy(rows);
  rows_text(rows, ret_media->chapters, sizeof ret_media->chapters);
  ret_media->chapter_count = (int)rows_i64_or(rows, 0);
  ret_media->file_version = rows_i64(rows);
  ret_media->description = rows_text_copy(rows);
  ret_media->tags = rows_text_copy(rows);
  ret_media->external_id = rows_text_copy(rows);
  ret_media->metadata = rows_text_copy(rows);
  ret_media->created_by = rows_i64_or(rows, 0);
  ret_media->created_at_us = rows_i64(rows);
  ret_media->updated_at_us = rows_i64(rows);
}

static enum error execute_row(struct database *database, const char *sql, enum statement_repeat repeat,
                              const struct parameters *parameters, struct media *ret_media, char *old_name,
                              size_t old_name_size) {
  struct rows row = statement_row(database, sql, repeat, parameters);
  struct media media = {0};
  if (old_name != NULL) {
    rows_text(&row, old_name, old_name_size);
  }
  media_row_read(&row, &media);
  enum error error = rows_close_into(&row, ret_media, &media, sizeof media);
  if (error != ERROR_NONE) {
    media_free(&media);
  }
  return error;
}

/* Elements are quoted, quotes in them are escaped, and no tag has a comma: so an element cannot be part of another. */
static bool has_element(const struct text *array, const char *element, size_t length) {
  for (const char *at = array->data; at != NULL; at = strchr(at + 1, ',')) {
    if (strncmp(at + 1, element, length) == 0 && (at[1 + length] == ',' || at[1 + length] == '\0')) {
      return true;
    }
  }
  return false;
}

void media_tags_add(struct text *tags, const char *tag) {
  struct text alone = {0};
  array_add_text(&alone, tag);
  if (alone.failed) {
    tags->failed = true;
  } else if (!has_element(tags, alone.data + 1, alone.length - 1)) { /* behind the brace */
    array_add_text(tags, tag);
  }
  text_free(&alone);
}

const char *media_tags_end(struct text *tags) {
  return array_end(tags);
}

/* Six parameters: what a change says of the fields that are the caller's own. */
static void add_own_fields(struct parameters *parameters, const struct media_change *change) {
  parameters_bool(parameters, change->set_description);
  parameters_text(parameters, change->set_description ? change->description : NULL);
  parameters_text(parameters, change->tags);
  parameters_bool(parameters, change->set_external_id);
  parameters_text(parameters, change->set_external_id ? change->external_id : NULL);
  parameters_text(parameters, change->metadata);
}

static const char *type_of(const struct media_change *change) {
  return change->type == NULL ? NULL : media_type_name(*change->type);
}

enum error media_store_create_with(struct database *database, const struct media_change *fields, int64_t created_by,
                                   struct media *ret_media) {
  struct parameters parameters = {0};
  parameters_text(&parameters, fields->title);
  parameters_text(&parameters, type_of(fields));
  parameters_text(&parameters, fields->file_url);
  parameters_i64_or_null(&parameters, created_by);
  parameters_text(&parameters, fields->description);
  parameters_text(&parameters, fields->tags);
  parameters_text(&parameters, fields->external_id);
  parameters_text(&parameters, fields->metadata);
  parameters_text(&parameters, event_origin(database));
  return execute_row(
      database,
      "with m as (insert into media_asset (title, type, file_url, created_by, description, tags, external_id, metadata)"
      " values ($1, $2, $3, $4, $5, coalesce($6::text[], '{}'), $7, coalesce($8::jsonb, '{}')) returning *),"
      " added as (" EVENT_ADD_SQL("'media.created'", "$9::text", "'medium:' || m.id",
                                  "jsonb_build_object('title', m.title, 'type', m.type)", "m") ") select " MEDIA_COLUMNS
                                                                                               " from m",
      STATEMENT_ONCE, &parameters, ret_media, NULL, 0);
}

enum error media_store_create(struct database *database, const char *title, enum media_type type, const char *file_url,
                              int64_t created_by, struct media *ret_media) {
  const struct media_change fields = {.title = title, .type = &type, .file_url = file_url};
  return media_store_create_with(database, &fields, created_by, ret_media);
}

enum error media_store_find(struct database *database, int64_t id, struct media *ret_media) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, id);
  return execute_row(database, "select " MEDIA_COLUMNS " from media_asset m where m.id = $1 and m.deleted_at is null",
                     STATEMENT_REPEATABLE, &parameters, ret_media, NULL, 0);
}

/* What a change matched no row for: the medium is not there, or it is and the change does not fit its file. */
static enum error why_unchanged(struct database *database, int64_t id, const struct media_change *change) {
  struct media media = {.id = 0};
  enum error error = media_store_find(database, id, &media);
  bool expired =
      error == ERROR_NONE && ((change->if_updated_at_us != 0 && change->if_updated_at_us != media.updated_at_us) ||
                              (change->if_no_file && media.file.stored_name[0] != '\0'));
  media_free(&media);
  return expired ? ERROR_EXPIRED : error == ERROR_NONE ? ERROR_INVALID : error;
}

/* $5: is file_url ($4) to be set? Another one than the one that stands takes the place of the stored file. */
#define REPLACED "($5::boolean and m.file_url is distinct from $4)"

enum error media_store_update(struct database *database, int64_t id, const struct media_change *change,
                              struct media *ret_media) {
  static const char *const update =
      MEDIA_UPDATE_SQL(REPLACED,
                       EVENT_ADD_SQL("'media.updated'", "$14::text", "'medium:' || change.id",
                                     "jsonb_build_object('changed', change.names)", "change"),
                       MEDIA_COLUMNS);
  struct parameters parameters = {0};
  parameters_i64(&parameters, id);
  parameters_text(&parameters, change->title);
  parameters_text(&parameters, type_of(change));
  parameters_text(&parameters, change->set_file_url ? change->file_url : NULL);
  parameters_bool(&parameters, change->set_file_url);
  parameters_i64_or_null(&parameters, change->if_updated_at_us);
  parameters_bool(&parameters, change->if_no_file);
  add_own_fields(&parameters, change);
  parameters_text(&parameters, event_origin(database));
  enum error error = execute_row(database, update, STATEMENT_REPEATABLE, &parameters, ret_media, NULL, 0);
  return error == ERROR_NOT_FOUND ? why_unchanged(database, id, change) : error;
}

void media_store_append_timeline(struct text *array, const struct timeline *timeline) {
  for (int i = 0; i <= TIMELINE_STEPS; i++) {
    text_append(array, i == 0 ? "{" : ",");
    text_append_i64(array, timeline->marks[i]);
  }
  text_append(array, "}");
}

enum error media_store_set_file(struct database *database, int64_t id, const struct media_file_facts *facts,
                                const struct media_change *change_or_null, struct media *ret_media,
                                char ret_old_name[MEDIUM_STORED_NAME_SIZE]) {
  static const struct media_change no_change = {.title = NULL};
  const struct media_change *change = change_or_null != NULL ? change_or_null : &no_change;
  static const char *const update =
      MEDIA_SET_FILE_SQL(EVENT_ADD_SQL("'media.file_stored'", "$25::text", "'medium:' || m.id",
                                       "jsonb_build_object('size_bytes', m.size_bytes, 'sha256', m.sha256,"
                                       " 'content_type', m.content_type, 'file_version', m.file_version)",
                                       "m"),
                         MEDIA_COLUMNS);
  struct parameters parameters = {0};
  parameters_i64(&parameters, id);
  parameters_text_or_null(&parameters, facts->stored_name);
  parameters_i64(&parameters, facts->size_bytes);
  parameters_text_or_null(&parameters, facts->sha256);
  parameters_text_or_null(&parameters, facts->content_type);
  parameters_f64_or_null(&parameters, facts->duration_seconds);
  parameters_i64_or_null(&parameters, facts->width);
  parameters_i64_or_null(&parameters, facts->height);
  parameters_text_or_null(&parameters, facts->container);
  parameters_text_or_null(&parameters, facts->video_codec);
  parameters_text_or_null(&parameters, facts->audio_codec);
  parameters_text(&parameters, change->file_url);
  parameters_text(&parameters, change->title);
  parameters_text(&parameters, type_of(change));
  parameters_i64_or_null(&parameters, facts->segment_count);
  parameters_i64_or_null(&parameters, change->if_updated_at_us);
  parameters_bool(&parameters, change->if_no_file);
  struct text timeline = {0};
  if (facts->timeline != NULL) {
    media_store_append_timeline(&timeline, facts->timeline);
  }
  parameters_text(&parameters, timeline.data);
  add_own_fields(&parameters, change);
  parameters_text(&parameters, event_origin(database));
  char old_name[MEDIUM_STORED_NAME_SIZE] = "";
  enum error error = timeline.failed ? ERROR_MEMORY
                                     : execute_row(database, update, STATEMENT_ONCE, &parameters, ret_media, old_name,
                                                   sizeof old_name);
  text_free(&timeline);
  if (error == ERROR_NONE) {
    memcpy(ret_old_name, old_name, sizeof old_name);
  }
  return error == ERROR_NOT_FOUND ? why_unchanged(database, id, change) : error;
}

/* Somebody else may have deleted it meanwhile, or changed it. */
static enum error why_undeleted(struct database *database, int64_t id, const struct media_change *change) {
  struct media media = {.id = 0};
  if (change->if_updated_at_us == 0 && !change->if_no_file) {
    return ERROR_NOT_FOUND;
  }
  enum error error = media_store_find(database, id, &media);
  media_free(&media);
  return error == ERROR_NONE ? ERROR_EXPIRED : error;
}

enum error media_store_delete_if(struct database *database, int64_t id, const struct media_change *change,
                                 int64_t tombstone_seconds) {
  struct parameters parameters = {0};
  static const char *const update =
      "with m as (update media_asset set deleted_at = now(), updated_at = now()"
      "  where id = $1 and deleted_at is null"
      "  and ($3::int8 is null or $3::int8 = (extract(epoch from updated_at) * 1000000)::int8)"
      "  and not ($4::boolean and stored_name is not null) returning id, title),"
      " tombstone as (insert into revoked_grant (name, expires_at)"
      "  select 'm' || id, now() + $5::int8 * interval '1 s' from m where $5::int8 is not null"
      "  on conflict (name) do update set expires_at = excluded.expires_at),"
      " added as (" EVENT_ADD_SQL("'media.deleted'", "$2::text", "'medium:' || m.id",
                                  "jsonb_build_object('title', m.title)", "m") ") select from m";
  parameters_i64(&parameters, id);
  parameters_text(&parameters, event_origin(database));
  parameters_i64_or_null(&parameters, change->if_updated_at_us);
  parameters_bool(&parameters, change->if_no_file);
  parameters_i64_or_null(&parameters, tombstone_seconds);
  int64_t affected = 0;
  enum error error = statement_change(database, update, STATEMENT_ONCE, &parameters, &affected);
  return error == ERROR_NONE && affected == 0 ? why_undeleted(database, id, change) : error;
}

enum error media_store_delete(struct database *database, int64_t id) {
  return media_store_delete_if(database, id, &(struct media_change){.title = NULL}, 0);
}

enum error media_store_is_current(struct database *database, int64_t id, const char *entry, bool *ret_current,
                                  bool *ret_deleted) {
  static const char *const select =
      "select deleted_at is not null, coalesce(deleted_at is null and $2 in "
      "(split_part(stored_name, '/', 1), package_name,"
      " case when split_part(master_of, ' ', 1) = package_name then master_name end), false)"
      " or (deleted_at is null and (poster_name is not distinct from $2"
      "  or poster_wanted is not distinct from 'file ' || $2))"
      " or (deleted_at is null and chapters ->> 'file' is not distinct from $2)"
      " or (deleted_at is null and exists (select from jsonb_each(subtitles) s"
      "  where s.value ->> 'file' = $2))"
      " from media_asset where id = $1";
  struct parameters parameters = {0};
  parameters_i64(&parameters, id);
  parameters_text(&parameters, entry);
  struct rows row = statement_row(database, select, STATEMENT_REPEATABLE, &parameters);
  bool deleted = rows_bool(&row);
  bool current = rows_bool(&row);
  enum error error = rows_close(&row);
  if (error == ERROR_NONE) {
    *ret_current = current;
    *ret_deleted = deleted;
  }
  return error;
}
