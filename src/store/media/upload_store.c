/* SPDX-License-Identifier: ISC */
/*
 * Resumable uploads. See the header.
 */
#include "config.h"

#include "store/media/upload_store.h"

#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "domain/digest.h"
#include "domain/medium.h"
#include "store/media/media_row.h"
#include "store/media/package_store.h"
#include "store/engine/event_add.h"
#include "store/engine/event_add.sql.h"
#include "store/engine/statement.h"

#define UPLOAD_COLUMNS                                                                                                 \
  "u.id, u.length_bytes, u.offset_bytes, u.hash_state, u.tail_boot, u.metadata, u.title, u.type, "                     \
  "u.media_id, " SQL_MICROSECONDS(                                                                                     \
      "u.expires_at") ", u.expires_at <= now(), u.completed_at is not null, u.refusal, "                               \
                      "u.begun_at is not null, u.max_bytes, u.max_duration_seconds, u.package"
#define TAKEN     "id = $1 and writer = $2::uuid"
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
  ret_upload->type = type[0] == '\0' ? MEDIA_UNKNOWN : strcmp(type, "audio") == 0 ? MEDIA_AUDIO : MEDIA_VIDEO;
  ret_upload->media_id = rows_i64_or(rows, 0);
  ret_upload->expires_at_us = rows_i64(rows);
  ret_upload->expired = rows_bool(rows);
  ret_upload->completed = rows_bool(rows);
  rows_text(rows, ret_upload->refusal, sizeof ret_upload->refusal);
  ret_upload->begun = rows_bool(rows);
  ret_upload->max_bytes = rows_i64_or(rows, 0);
  ret_upload->max_duration_seconds = rows_i64_or(rows, 0);
  ret_upload->package = rows_bool(rows);
}

/* Runs what returns one row or none (ERROR_NOT_FOUND) of one number. */
static enum error execute_number(struct database *database, const char *sql, enum statement_repeat repeat,
                                 const struct parameters *parameters, int64_t *ret_number) {
  struct rows row = statement_row(database, sql, repeat, parameters);
  int64_t number = rows_i64(&row);
  return rows_close_into(&row, ret_number, &number, sizeof number);
}

static struct parameters of_taken(const struct upload_row *upload) {
  struct parameters parameters = {0};
  parameters_text(&parameters, upload->id);
  parameters_text_or_null(&parameters, upload->writer);
  return parameters;
}

/* Changes the one row that was taken. */
static enum error change_upload(struct database *database, const char *sql, const struct parameters *parameters) {
  int64_t affected = 0;
  enum error error = statement_change(database, sql, STATEMENT_REPEATABLE, parameters, &affected);
  return error == ERROR_NONE && affected == 0 ? ERROR_TIMEOUT : error;
}

/* --- creation: one at a time, so that two cannot both take the last of the room --- */

static enum error lock_room(struct database *database) {
  return statement_execute(database, "select pg_advisory_xact_lock(7307200405)", STATEMENT_ONCE, NULL, NULL);
}

/* Of the others: those of this id, and URLs that nobody has begun to use, do not count. */
static enum error check_room(struct database *database, int64_t account_id, const struct upload_limits *limits,
                             int64_t length, const char *id) {
  static const char *const select =
      "select count(*) filter (where account_id = $1),"
      " coalesce(sum(coalesce(length_bytes, $2::int8)) filter (where account_id = $1), 0)::int8,"
      " coalesce(sum(coalesce(length_bytes, $2::int8)), 0)::int8"
      " from upload where " UNDER_WAY " and expires_at > now() and begun_at is not null and id <> $3";
  struct parameters parameters = {0};
  parameters_i64(&parameters, account_id);
  parameters_i64(&parameters, limits->unknown_length);
  parameters_text(&parameters, id);
  struct rows row = statement_row(database, select, STATEMENT_ONCE, &parameters);
  int64_t count = rows_i64(&row);
  int64_t account_bytes = rows_i64(&row);
  int64_t bytes = rows_i64(&row);
  enum error error = rows_close(&row);
  int64_t wanted = length == UPLOAD_LENGTH_UNKNOWN ? limits->unknown_length : length;
  if (error == ERROR_NONE && (count >= limits->account_uploads || wanted > limits->account_bytes - account_bytes)) {
    error = ERROR_LIMITED;
  }
  return error == ERROR_NONE && wanted > limits->total_bytes - bytes ? ERROR_NO_SPACE : error;
}

static enum error insert(struct database *database, int64_t account_id, int64_t ttl_seconds,
                         struct upload_row *upload) {
  static const char *const sql =
      "with u as (insert into upload (id, account_id, length_bytes, tail_boot, metadata, title, type, media_id, "
      "expires_at)"
      " select $1, $2, $3, $4::uuid, $5, $6, $7, $8::int8, now() + $9::int8 * interval '1 second'"
      " where $8::int8 is null or exists (select from media_asset where id = $8 and deleted_at is null)"
      " returning id, length_bytes, media_id, title, expires_at),"
      " added as (" EVENT_ADD_SQL("'upload.created'", "$10::text", "'upload:' || u.id",
                                  "jsonb_strip_nulls(jsonb_build_object('length', u.length_bytes, 'title', u.title,"
                                  " 'media_id', u.media_id))",
                                  "u") ") select " SQL_MICROSECONDS("u.expires_at") " from u";
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
  parameters_text(&parameters, event_origin(database));
  return execute_number(database, sql, STATEMENT_ONCE, &parameters, &upload->expires_at_us);
}

enum error upload_store_create(struct database *database, int64_t account_id, const struct upload_limits *limits,
                               struct upload_row *upload) {
  enum error error = statement_begin(database);
  if (error != ERROR_NONE) {
    return error;
  }
  error = lock_room(database);
  if (error == ERROR_NONE) {
    error = check_room(database, account_id, limits, upload->length, upload->id);
  }
  if (error == ERROR_NONE) {
    error = insert(database, account_id, limits->ttl_seconds, upload);
  }
  return statement_end_transaction(database, error);
}

/* --- URLs to upload to --- */

enum error upload_store_begin(struct database *database, int64_t account_id, const struct upload_limits *limits,
                              struct upload_row *upload) {
  static const char *const begin =
      "with u as (update upload set begun_at = coalesce(begun_at, now()), length_bytes = $3::int8, offset_bytes = 0,"
      "  hash_state = null, tail_boot = $4::uuid, metadata = $5,"
      "  expires_at = case when begun_at is null then now() + $6::int8 * interval '1 second' else expires_at end"
      "  where " TAKEN " and completed_at is null and refusal is null"
      "  returning id, length_bytes, media_id, title, expires_at),"
      " added as (" EVENT_ADD_SQL("'upload.begun'", "$7::text", "'upload:' || u.id",
                                  "jsonb_strip_nulls(jsonb_build_object('length', u.length_bytes, 'title', u.title,"
                                  " 'media_id', u.media_id))",
                                  "u") ") select " SQL_MICROSECONDS("u.expires_at") " from u";
  struct parameters parameters = of_taken(upload);
  char length[24] = "";
  if (upload->length != UPLOAD_LENGTH_UNKNOWN) {
    snprintf(length, sizeof length, "%lld", (long long)upload->length);
  }
  parameters_text_or_null(&parameters, length);
  parameters_text_or_null(&parameters, upload->tail_boot);
  parameters_text(&parameters, upload->metadata);
  parameters_i64(&parameters, limits->ttl_seconds);
  parameters_text(&parameters, event_origin(database));
  enum error error = statement_begin(database);
  if (error != ERROR_NONE) {
    return error;
  }
  error = lock_room(database);
  if (error == ERROR_NONE) {
    error = check_room(database, account_id, limits, upload->length, upload->id);
  }
  if (error == ERROR_NONE) {
    error = execute_number(database, begin, STATEMENT_ONCE, &parameters, &upload->expires_at_us);
    error = error == ERROR_NOT_FOUND ? ERROR_TIMEOUT : error;
  }
  return statement_end_transaction(database, error);
}

/* --- the way of one upload --- */

static void make_mark(char ret_mark[UNIQUE_NAME_SIZE]) {
  unsigned char bytes[16];
  random_bytes(bytes, sizeof bytes);
  text_hex_encode(bytes, sizeof bytes, ret_mark);
}

enum error upload_store_take(struct database *database, const char *id, int64_t account_id,
                             struct upload_row *ret_upload) {
  struct parameters parameters = {0};
  char mark[sizeof ret_upload->writer];
  make_mark(mark);
  parameters_text(&parameters, id);
  parameters_i64(&parameters, account_id);
  parameters_text(&parameters, mark);
  struct rows row = statement_row(
      database, "update upload u set writer = $3::uuid where u.id = $1 and u.account_id = $2 returning " UPLOAD_COLUMNS,
      STATEMENT_REPEATABLE, &parameters);
  struct upload_row upload = {.media_id = 0};
  read_row(&row, &upload);
  memcpy(upload.writer, mark, sizeof mark);
  return rows_close_into(&row, ret_upload, &upload, sizeof upload);
}

enum error upload_store_set_length(struct database *database, const struct upload_row *upload, int64_t length) {
  struct parameters parameters = of_taken(upload);
  parameters_i64(&parameters, length);
  return change_upload(
      database, "update upload set length_bytes = $3 where " TAKEN " and (length_bytes is null or length_bytes = $3)",
      &parameters);
}

enum error upload_store_set_tail(struct database *database, const struct upload_row *upload, const char *boot) {
  struct parameters parameters = of_taken(upload);
  parameters_text_or_null(&parameters, boot);
  return change_upload(database, "update upload set tail_boot = $3::uuid where " TAKEN, &parameters);
}

/* Never back: a statement that was repeated because its answer was lost may come late. */
enum error upload_store_advance(struct database *database, const struct upload_row *upload, int64_t offset,
                                const char *hash_state, int64_t ttl_seconds, int64_t *ret_expires_at_us) {
  static const char *const update =
      "update upload u set hash_state = case when $3 >= offset_bytes then $4 else hash_state end,"
      " offset_bytes = greatest(offset_bytes, $3), expires_at = now() + $5::int8 * interval '1 second'"
      " where " TAKEN " returning " SQL_MICROSECONDS("u.expires_at");
  struct parameters parameters = of_taken(upload);
  parameters_i64(&parameters, offset);
  parameters_text_or_null(&parameters, hash_state);
  parameters_i64(&parameters, ttl_seconds);
  enum error error = execute_number(database, update, STATEMENT_REPEATABLE, &parameters, ret_expires_at_us);
  return error == ERROR_NOT_FOUND ? ERROR_TIMEOUT : error;
}

enum error upload_store_refuse(struct database *database, const struct upload_row *upload, const char *reason) {
  /* `before` is the row as it was: what is refused again, after a lost answer, has its event. */
  static const char *const update =
      "with u as (update upload set refusal = $3 where " TAKEN " returning id, media_id),"
      " added as (" EVENT_ADD_SQL(
          "'upload.refused'", "$4::text", "'upload:' || u.id",
          "jsonb_strip_nulls(jsonb_build_object('reason', $3::text, 'media_id', u.media_id))",
          "u join upload before on before.id = u.id and before.refusal is null") ")"
                                                                                 " select from u";
  struct parameters parameters = of_taken(upload);
  parameters_text(&parameters, reason);
  parameters_text(&parameters, event_origin(database));
  return change_upload(database, update, &parameters);
}

/* --- its end: the medium is made with its file, so that nobody sees one without --- */

enum error upload_store_reserve_medium(struct database *database, const struct upload_row *upload,
                                       int64_t *ret_media_id) {
  static const char *const reserve =
      "update upload set reserved_media_id = coalesce(reserved_media_id,"
      " nextval(pg_get_serial_sequence('media_asset', 'id'))) where " TAKEN " returning reserved_media_id";
  struct parameters parameters = of_taken(upload);
  enum error error = execute_number(database, reserve, STATEMENT_REPEATABLE, &parameters, ret_media_id);
  return error == ERROR_NOT_FOUND ? ERROR_TIMEOUT : error;
}

static enum error make_medium(struct database *database, const struct upload_row *upload) {
  static const char *const insert_medium =
      "with m as (insert into media_asset (id, title, type, created_by)"
      " select reserved_media_id, title, type, account_id from upload where " TAKEN
      " and media_id is null returning id, title),"
      " added as (" EVENT_ADD_SQL("'media.created'", "$3::text", "'medium:' || m.id",
                                  "jsonb_build_object('title', m.title, 'upload', $1::text)",
                                  "m") ")"
                                       " update upload set media_id = m.id from m where upload.id = $1";
  struct parameters parameters = of_taken(upload);
  parameters_text(&parameters, event_origin(database));
  return change_upload(database, insert_medium, &parameters);
}

enum error upload_store_complete(struct database *database, const struct upload_row *upload, int64_t media_id,
                                 const struct media_file_facts *facts, struct media *ret_media,
                                 char ret_old_name[MEDIUM_STORED_NAME_SIZE]) {
  struct parameters parameters = of_taken(upload);
  struct media media = {0};
  char old_name[MEDIUM_STORED_NAME_SIZE] = "";
  enum error error = statement_enclose(database); /* a package is asked for in a transaction of its own */
  if (error != ERROR_NONE) {
    return error;
  }
  error = change_upload(database, "update upload set completed_at = now() where " TAKEN, &parameters);
  if (error == ERROR_NONE && upload->media_id == 0) {
    error = make_medium(database, upload);
  }
  if (error == ERROR_NONE) {
    error = media_store_set_file(database, media_id, facts, NULL, &media, old_name);
  }
  if (error == ERROR_NONE && upload->package) {
    error = package_store_request(database, media_id, 0);
  }
  error = statement_end_enclosure(database, error);
  if (error != ERROR_NONE) {
    media_free(&media);
    return error;
  }
  *ret_media = media;
  memcpy(ret_old_name, old_name, sizeof old_name);
  return ERROR_NONE;
}

/* --- the row goes --- */

enum error upload_store_delete(struct database *database, const char *id) {
  struct parameters parameters = {0};
  static const char *const delete =
      "with u as (delete from upload where id = $1 returning id, media_id, " UNDER_WAY " as under_way)"
      " " EVENT_ADD_SQL("'upload.cancelled'", "$2::text", "'upload:' || u.id",
                        "jsonb_strip_nulls(jsonb_build_object('media_id', u.media_id))", "u where under_way");
  parameters_text(&parameters, id);
  parameters_text(&parameters, event_origin(database));
  return statement_change(database, delete, STATEMENT_REPEATABLE, &parameters, NULL);
}

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

enum error upload_store_tell_expired(struct database *database) {
  static const char *const tell =
      "with u as (update upload set expired_at = now() where id = any(array(select id from upload"
      "  where expires_at <= now() and " UNDER_WAY " and expired_at is null limit 1000 for update skip locked))"
      "  returning id, media_id, account_id, offset_bytes)"
      " " EVENT_ADD_SQL("'upload.expired'", "$1::text", "'upload:' || u.id",
                        "jsonb_strip_nulls(jsonb_build_object('media_id', u.media_id, 'account_id', u.account_id,"
                        " 'received_bytes', u.offset_bytes))",
                        "u");
  struct parameters parameters = {0};
  parameters_text(&parameters, event_origin(database));
  return statement_change(database, tell, STATEMENT_REPEATABLE, &parameters, NULL);
}

enum error upload_store_sweep(struct database *database, int64_t grace_seconds, int64_t *ret_deleted) {
  static const char *const sweep =
      "delete from upload where ctid = any(array(select ctid from upload"
      " where expires_at < now() - $1::int8 * interval '1 second' limit 1000 for update skip locked))";
  struct parameters parameters = {0};
  parameters_i64(&parameters, grace_seconds);
  return statement_change(database, sweep, STATEMENT_REPEATABLE, &parameters, ret_deleted);
}
