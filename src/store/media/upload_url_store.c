/* SPDX-License-Identifier: ISC */
/* See the header. The hash is all that is kept of a capability. */
#include "config.h"

#include "store/media/upload_url_store.h"

#include <stdlib.h>
#include <string.h>

#include "store/engine/event_add.h"
#include "store/engine/event_add.sql.h"
#include "store/engine/statement.h"

enum error upload_url_store_create(struct database *database, int64_t ttl_seconds, struct upload_url *url) {
  static const char *const insert =
      "with u as (insert into upload (id, account_id, title, type, media_id, begun_at, capability_hash, max_bytes,"
      "  max_duration_seconds, cors_origin, package, key_id, expires_at)"
      " select $1, $2, $3, $4, $5::int8, null, $6, $7, $8, $9, $10, $13, now() + $11::int8 * interval '1 second'"
      " where $5::int8 is null or exists (select from media_asset where id = $5 and deleted_at is null)"
      " returning *),"
      " added as (" EVENT_ADD_SQL(
          "'upload.created'", "$12::text", "'upload:' || u.id",
          "jsonb_strip_nulls(jsonb_build_object('title', u.title, 'media_id', u.media_id,"
          " 'delegated', true))",
          "u") ") select " SQL_MICROSECONDS("u.created_at") ", " SQL_MICROSECONDS("u.expires_at") " from u";
  struct parameters parameters = {0};
  const bool makes = url->media_id == 0;
  parameters_text(&parameters, url->id);
  parameters_i64(&parameters, url->account_id);
  parameters_text(&parameters, makes ? url->title : NULL);
  parameters_text(&parameters, makes ? media_type_name(url->type) : NULL);
  parameters_i64_or_null(&parameters, url->media_id);
  parameters_hash(&parameters, url->capability_hash);
  parameters_i64_or_null(&parameters, url->max_bytes);
  parameters_i64_or_null(&parameters, url->max_duration_seconds);
  parameters_text_or_null(&parameters, url->cors_origin);
  parameters_bool(&parameters, url->package);
  parameters_i64(&parameters, ttl_seconds);
  parameters_text(&parameters, event_origin(database));
  parameters_i64_or_null(&parameters, url->key_id);
  struct rows row = statement_row(database, insert, STATEMENT_ONCE, &parameters);
  int64_t created_at_us = rows_i64(&row);
  int64_t expires_at_us = rows_i64(&row);
  enum error error = rows_close(&row);
  if (error == ERROR_NONE) {
    url->created_at_us = created_at_us;
    url->expires_at_us = expires_at_us;
  }
  return error;
}

enum error upload_url_store_find(struct database *database, const unsigned char capability_hash[DIGEST_SIZE],
                                 struct upload_capability *ret_capability) {
  struct parameters parameters = {0};
  struct upload_capability capability;
  parameters_hash(&parameters, capability_hash);
  struct rows row = statement_row(database,
                                  "select u.id, u.account_id, u.cors_origin from upload u"
                                  " left join api_key k on k.id = u.key_id where u.capability_hash = $1"
                                  " and (u.key_id is null or (k.revoked_at is null"
                                  "  and (k.expires_at is null or k.expires_at > now())))",
                                  STATEMENT_REPEATABLE, &parameters);
  rows_text(&row, capability.upload_id, sizeof capability.upload_id);
  capability.account_id = rows_i64(&row);
  rows_text(&row, capability.cors_origin, sizeof capability.cors_origin);
  return rows_close_into(&row, ret_capability, &capability, sizeof capability);
}

#define STATE                                                                                                          \
  "case when u.completed_at is not null then 'stored' when u.refusal is not null then 'refused'"                       \
  " when u.expires_at <= now() then 'expired' when u.begun_at is null then 'waiting' else 'receiving' end"

static void read_item(struct rows *rows, struct upload_item *item) {
  struct upload_url *url = &item->url;
  char type[8];
  rows_text(rows, url->id, sizeof url->id);
  url->account_id = rows_i64(rows);
  rows_text(rows, url->title, sizeof url->title);
  rows_text(rows, type, sizeof type);
  url->type = type[0] == '\0' ? MEDIA_UNKNOWN : strcmp(type, "audio") == 0 ? MEDIA_AUDIO : MEDIA_VIDEO;
  url->media_id = rows_i64_or(rows, 0);
  url->max_bytes = rows_i64_or(rows, 0);
  url->max_duration_seconds = rows_i64_or(rows, 0);
  rows_text(rows, url->cors_origin, sizeof url->cors_origin);
  url->package = rows_bool(rows);
  url->created_at_us = rows_i64(rows);
  url->expires_at_us = rows_i64(rows);
  item->delegated = rows_bool(rows);
  rows_text(rows, item->state, sizeof item->state);
  item->length = rows_i64_or(rows, UPLOAD_LENGTH_UNKNOWN);
  item->offset = rows_i64(rows);
  rows_text(rows, item->refusal, sizeof item->refusal);
  item->number = rows_i64(rows);
}

enum error upload_url_store_list(struct database *database, const struct upload_filter *filter,
                                 struct upload_item **ret_items, size_t *ret_count) {
  static const char *const select =
      "select u.id, u.account_id, u.title, u.type, u.media_id, u.max_bytes, u.max_duration_seconds, u.cors_origin,"
      " u.package, " SQL_MICROSECONDS("u.created_at") ", " SQL_MICROSECONDS(
          "u.expires_at") ","
                          " u.capability_hash is not null, " STATE
                          ", u.length_bytes, u.offset_bytes, u.refusal, u.number"
                          " from upload u where u.account_id = $1 and ($2::text is null or " STATE " = $2)"
                          " and (u.created_at, u.number) < (coalesce(" SQL_TIMESTAMP(
                              "$3") ", 'infinity'),"
                                    "  coalesce($4, 9223372036854775807))"
                                    " order by u.created_at desc, u.number desc limit $5";
  struct parameters parameters = {0};
  struct rows rows;
  parameters_i64(&parameters, filter->account_id);
  parameters_text(&parameters, filter->state);
  parameters_i64_or_null(&parameters, filter->before_created_at_us);
  parameters_i64_or_null(&parameters, filter->before_number);
  parameters_i64(&parameters, filter->limit);
  enum error error = statement_execute(database, select, STATEMENT_REPEATABLE, &parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  struct upload_item *items = calloc(rows_count(&rows) + 1, sizeof *items);
  size_t count = 0;
  while (items != NULL && rows_next(&rows)) {
    read_item(&rows, &items[count++]);
  }
  error = rows_close(&rows);
  if (items == NULL || error != ERROR_NONE) {
    free(items);
    return items == NULL ? ERROR_MEMORY : error;
  }
  *ret_items = items;
  *ret_count = count;
  return ERROR_NONE;
}
