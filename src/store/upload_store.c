/* SPDX-License-Identifier: ISC */
/*
 * Resumable uploads. See the header.
 */
#include "config.h"

#include "store/upload_store.h"

#include <stdio.h>
#include <string.h>

#include "store/media_row.h"
#include "store/statement.h"

#define UPLOAD_COLUMNS                                                                                                 \
  "u.id, u.length_bytes, u.offset_bytes, u.hash_state, u.tail_boot, u.metadata, u.title, u.type, "                     \
  "u.media_id, " SQL_MICROSECONDS("u.expires_at") ", u.expires_at <= now(), u.completed_at is not null, u.refusal"
#define UNDER_WAY "completed_at is null and refusal is null"

static void read_row(struct rows *rows, struct upload_row *ret_upload) {
  char type[8];
  rows_text(rows, ret_upload->id, sizeof ret_upload->id);
  ret_upload->length = rows_i64_or(rows, UPLOAD_LENGTH_UNKNOWN);
  ret_upload->offset = rows_i64(rows);
  rows_text(rows, ret_upload->hash_state, sizeof ret_upload->hash_state);
  rows_text(rows, ret_upload->tail_boot, sizeof ret_upload->tail_boot);
  rows_text(rows, ret_upload->metadata, sizeof ret_upload->metadata);
  rows_text(rows, ret_upload->title, sizeof ret_upload->title);
  rows_text(rows, type, sizeof type);
  ret_upload->type = strcmp(type, "audio") == 0 ? MEDIA_AUDIO : MEDIA_VIDEO;
  ret_upload->media_id = rows_i64_or(rows, 0);
  ret_upload->expires_at_us = rows_i64(rows);
  ret_upload->expired = rows_bool(rows);
  ret_upload->completed = rows_bool(rows);
  rows_text(rows, ret_upload->refusal, sizeof ret_upload->refusal);
}

/* Runs what returns one row or none (ERROR_NOT_FOUND) of one number. */
static enum error execute_number(struct database *database, const char *sql, enum statement_repeat repeat,
                                 const struct parameters *parameters, int64_t *ret_number) {
  struct rows rows;
  enum error error = statement_execute(database, sql, repeat, parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  bool found = rows_next(&rows);
  int64_t number = found ? rows_i64(&rows) : 0;
  error = rows_close(&rows);
  if (error == ERROR_NONE && !found) {
    error = ERROR_NOT_FOUND;
  }
  if (error == ERROR_NONE) {
    *ret_number = number;
  }
  return error;
}

/* Changes the one row of this id. */
static enum error change(struct database *database, const char *sql, const struct parameters *parameters) {
  int64_t affected = 0;
  enum error error = statement_change(database, sql, STATEMENT_REPEATABLE, parameters, &affected);
  return error == ERROR_NONE && affected == 0 ? ERROR_NOT_FOUND : error;
}

/* --- creation: one at a time, so that two cannot both take the last of the room --- */

static enum error lock_room(struct database *database) {
  struct rows rows;
  enum error error =
      statement_execute(database, "select 1::int8 from (select pg_advisory_xact_lock(7307200405)) as locked",
                        STATEMENT_ONCE, NULL, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  while (rows_next(&rows)) {
    (void)rows_i64(&rows);
  }
  return rows_close(&rows);
}

static enum error check_room(struct database *database, int64_t account_id, const struct upload_limits *limits,
                             int64_t length) {
  static const char *const select =
      "select count(*) filter (where account_id = $1), coalesce(sum(coalesce(length_bytes, $2::int8)), 0)::int8"
      " from upload where " UNDER_WAY " and expires_at > now()";
  struct parameters parameters = {0};
  parameters_i64(&parameters, account_id);
  parameters_i64(&parameters, limits->unknown_length);
  struct rows rows;
  enum error error = statement_execute(database, select, STATEMENT_ONCE, &parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  int64_t count = 0;
  int64_t bytes = 0;
  if (rows_next(&rows)) {
    count = rows_i64(&rows);
    bytes = rows_i64(&rows);
  }
  error = rows_close(&rows);
  if (error == ERROR_NONE && count >= limits->account_uploads) {
    error = ERROR_LIMITED;
  }
  int64_t wanted = length == UPLOAD_LENGTH_UNKNOWN ? limits->unknown_length : length;
  return error == ERROR_NONE && wanted > limits->total_bytes - bytes ? ERROR_NO_SPACE : error;
}

static enum error insert(struct database *database, int64_t account_id, int64_t ttl_seconds,
                         struct upload_row *upload) {
  static const char *const sql =
      "insert into upload as u (id, account_id, length_bytes, tail_boot, metadata, title, type, media_id, expires_at)"
      " select $1, $2, $3, $4::uuid, $5, $6, $7, $8::int8, now() + $9::int8 * interval '1 second'"
      " where $8::int8 is null or exists (select from media_asset where id = $8 and deleted_at is null)"
      " returning " SQL_MICROSECONDS("u.expires_at");
  struct parameters parameters = {0};
  const bool makes = upload->media_id == 0;
  char length[24] = "";
  if (upload->length != UPLOAD_LENGTH_UNKNOWN) {
    snprintf(length, sizeof length, "%lld", (long long)upload->length);
  }
  parameters_text(&parameters, upload->id);
  parameters_i64(&parameters, account_id);
  parameters_text_or_null(&parameters, length);
  parameters_text_or_null(&parameters, upload->tail_boot);
  parameters_text(&parameters, upload->metadata);
  parameters_text(&parameters, makes ? upload->title : NULL);
  parameters_text(&parameters, makes ? media_type_name(upload->type) : NULL);
  parameters_i64_or_null(&parameters, upload->media_id);
  parameters_i64(&parameters, ttl_seconds);
  return execute_number(database, sql, STATEMENT_ONCE, &parameters, &upload->expires_at_us);
}

enum error upload_store_create(struct database *database, int64_t account_id, const struct upload_limits *limits,
                               struct upload_row *upload) {
  enum error error = database_begin(database);
  if (error != ERROR_NONE) {
    return error;
  }
  error = lock_room(database);
  if (error == ERROR_NONE) {
    error = check_room(database, account_id, limits, upload->length);
  }
  if (error == ERROR_NONE) {
    error = insert(database, account_id, limits->ttl_seconds, upload);
  }
  return statement_end_transaction(database, error);
}

/* --- the way of one upload --- */

enum error upload_store_find(struct database *database, const char *id, int64_t account_id,
                             struct upload_row *ret_upload) {
  struct parameters parameters = {0};
  parameters_text(&parameters, id);
  parameters_i64(&parameters, account_id);
  struct rows rows;
  enum error error =
      statement_execute(database, "select " UPLOAD_COLUMNS " from upload u where u.id = $1 and u.account_id = $2",
                        STATEMENT_REPEATABLE, &parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  bool found = rows_next(&rows);
  if (found) {
    read_row(&rows, ret_upload);
  }
  error = rows_close(&rows);
  return error == ERROR_NONE && !found ? ERROR_NOT_FOUND : error;
}

enum error upload_store_set_length(struct database *database, const char *id, int64_t length) {
  struct parameters parameters = {0};
  parameters_text(&parameters, id);
  parameters_i64(&parameters, length);
  return change(database,
                "update upload set length_bytes = $2 where id = $1 and (length_bytes is null or length_bytes = $2)",
                &parameters);
}

enum error upload_store_set_tail(struct database *database, const char *id, const char *boot) {
  struct parameters parameters = {0};
  parameters_text(&parameters, id);
  parameters_text_or_null(&parameters, boot);
  return change(database, "update upload set tail_boot = $2::uuid where id = $1", &parameters);
}

/* Never back: of a worker that was killed a late statement may come after the next worker's. */
enum error upload_store_advance(struct database *database, const char *id, int64_t offset, const char *hash_state,
                                int64_t ttl_seconds, int64_t *ret_expires_at_us) {
  static const char *const update =
      "update upload u set hash_state = case when $2 >= offset_bytes then $3 else hash_state end,"
      " offset_bytes = greatest(offset_bytes, $2), expires_at = now() + $4::int8 * interval '1 second'"
      " where id = $1 returning " SQL_MICROSECONDS("u.expires_at");
  struct parameters parameters = {0};
  parameters_text(&parameters, id);
  parameters_i64(&parameters, offset);
  parameters_text_or_null(&parameters, hash_state);
  parameters_i64(&parameters, ttl_seconds);
  return execute_number(database, update, STATEMENT_REPEATABLE, &parameters, ret_expires_at_us);
}

enum error upload_store_make_medium(struct database *database, const char *id, struct media *ret_media) {
  static const char *const insert_medium =
      "with u as (select title, type, account_id from upload where id = $1 and media_id is null for update),"
      " m as (insert into media_asset as m (title, type, created_by) select title, type, account_id from u"
      "  returning " MEDIA_COLUMNS "),"
      " named as (update upload set media_id = m.id from m where upload.id = $1)"
      " select * from m";
  struct parameters parameters = {0};
  parameters_text(&parameters, id);
  return media_row_execute(database, insert_medium, STATEMENT_ONCE, &parameters, ret_media, NULL, 0);
}

enum error upload_store_complete(struct database *database, const char *id, int64_t media_id,
                                 const struct media_file_facts *facts, struct media *ret_media,
                                 char ret_old_name[160]) {
  struct parameters parameters = {0};
  parameters_text(&parameters, id);
  struct media media = {0};
  char old_name[160] = "";
  enum error error = database_begin(database);
  if (error != ERROR_NONE) {
    return error;
  }
  error = media_store_set_file(database, media_id, facts, NULL, &media, old_name);
  if (error == ERROR_NONE) {
    error = change(database, "update upload set completed_at = now() where id = $1", &parameters);
  }
  error = statement_end_transaction(database, error);
  if (error != ERROR_NONE) {
    media_free(&media);
    return error;
  }
  *ret_media = media;
  memcpy(ret_old_name, old_name, sizeof old_name);
  return ERROR_NONE;
}

enum error upload_store_refuse(struct database *database, const char *id, const char *reason) {
  struct parameters parameters = {0};
  parameters_text(&parameters, id);
  parameters_text(&parameters, reason);
  return change(database, "update upload set refusal = $2 where id = $1", &parameters);
}

enum error upload_store_delete(struct database *database, const char *id) {
  struct parameters parameters = {0};
  parameters_text(&parameters, id);
  return statement_change(database, "delete from upload where id = $1", STATEMENT_REPEATABLE, &parameters, NULL);
}

/* --- sweeping --- */

enum error upload_store_is_over(struct database *database, const char *id, bool *ret_over) {
  static const char *const select =
      "select case when " UNDER_WAY " and expires_at > now() then 0 else 1 end::int8 from upload where id = $1";
  struct parameters parameters = {0};
  parameters_text(&parameters, id);
  int64_t over = 0;
  enum error error = execute_number(database, select, STATEMENT_REPEATABLE, &parameters, &over);
  if (error == ERROR_NONE) {
    *ret_over = over != 0;
  }
  return error;
}

enum error upload_store_sweep(struct database *database, int64_t grace_seconds, int64_t *ret_deleted) {
  static const char *const sweep =
      "delete from upload where ctid = any(array(select ctid from upload"
      " where expires_at < now() - $1::int8 * interval '1 second' limit 1000 for update skip locked))";
  struct parameters parameters = {0};
  parameters_i64(&parameters, grace_seconds);
  return statement_change(database, sweep, STATEMENT_REPEATABLE, &parameters, ret_deleted);
}
