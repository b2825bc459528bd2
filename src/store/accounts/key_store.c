/* SPDX-License-Identifier: ISC */
/* API keys: made, found, rotated, revoked. Each change is one statement, writes its event, and tells the caches
 * (trigger on api_key). */
#include "config.h"

#include "store/accounts/key_store.h"

#include <string.h>

#include "base/random.h"
#include "domain/scope.h"
#include "store/engine/event_add.h"
#include "store/engine/event_add.sql.h"
#include "store/engine/statement.h"

#define TAG_ATTEMPTS 8 /* a random tag of 32 bits is rarely taken */

#define KEY_TIMES                                                                                                      \
  SQL_MICROSECONDS("k.previous_expires_at")                                                                            \
  ", " SQL_MICROSECONDS("k.expires_at") ", " SQL_MICROSECONDS("k.created_at") ", " SQL_MICROSECONDS("k.last_used_at")
#define KEY_COLUMNS                                                                                                    \
  "k.id, k.name, k.account_id, k.created_by_key, k.scopes, encode(k.secret_hash, 'hex'),"                              \
  " encode(coalesce(k.previous_hash, k.secret_hash), 'hex'), k.networks, k.max_ttl_seconds, k.require_viewer,"         \
  " k.issuer_tag, " KEY_TIMES
/* Of this account, where one is named: $2 is 0 for any. */
#define KEY_IS_MANAGED "k.id = $1 and ($2::int8 = 0 or k.account_id = $2::int8)"

/* What does not parse permits nothing: the key is then good from nowhere. */
static void parse_networks(const char *text, struct rows *rows, struct api_key *key) {
  key->network_count = 0;
  while (*text != '\0' && rows->error == ERROR_NONE) {
    char one[NETWORK_TEXT_SIZE] = "";
    size_t length = strcspn(text, " ");
    if (length < sizeof one) {
      memcpy(one, text, length);
    }
    if (key->network_count == API_KEY_NETWORKS_MAX ||
        network_parse(one, &key->networks[key->network_count]) != ERROR_NONE) {
      rows->error = ERROR_INTERNAL;
      return;
    }
    key->network_count++;
    text += length + strspn(text + length, " ");
  }
}

static void read_key_row(struct rows *rows, struct api_key *key) {
  char scopes[SCOPE_SET_TEXT_SIZE * 2], networks[API_KEY_NETWORKS_SIZE];
  key->id = rows_i64(rows);
  rows_text(rows, key->name, sizeof key->name);
  key->account_id = rows_i64(rows);
  key->created_by_key = rows_i64_or(rows, 0);
  rows_text(rows, scopes, sizeof scopes);
  key->scopes = scope_set_parse(scopes);
  rows_bytes(rows, key->hash, sizeof key->hash);
  rows_bytes(rows, key->previous_hash, sizeof key->previous_hash);
  rows_text(rows, networks, sizeof networks);
  parse_networks(networks, rows, key);
  key->max_ttl_seconds = rows_i64_or(rows, 0);
  key->require_viewer = rows_bool(rows);
  key->issuer_tag = (uint32_t)rows_i64(rows);
  key->previous_expires_at_us = rows_i64_or(rows, 0);
  key->expires_at_us = rows_i64_or(rows, 0);
  key->created_at_us = rows_i64(rows);
  key->last_used_at_us = rows_i64_or(rows, 0);
}

static enum error execute_key(struct database *database, const char *sql, enum statement_repeat repeat,
                              const struct parameters *parameters, struct api_key *ret_key) {
  struct rows row = statement_row(database, sql, repeat, parameters);
  struct api_key key = {0};
  if (row.error == ERROR_NONE) {
    read_key_row(&row, &key);
  }
  return rows_close_into(&row, ret_key, &key, sizeof key);
}

static void format_networks(const struct api_key *key, char ret_text[API_KEY_NETWORKS_SIZE]) {
  size_t used = 0;
  ret_text[0] = '\0';
  for (size_t i = 0; i < key->network_count; i++) {
    char one[NETWORK_TEXT_SIZE];
    network_format(&key->networks[i], one);
    if (i > 0) {
      ret_text[used++] = ' ';
    }
    memcpy(ret_text + used, one, strlen(one) + 1);
    used += strlen(one);
  }
}

enum error key_store_create(struct database *database, const struct api_key *key, struct api_key *ret_key) {
  /* clang-format off */
  static const char *const insert =
      "with k as (insert into api_key (name, account_id, created_by_key, secret_hash, scopes, networks,"
      " max_ttl_seconds, require_viewer, expires_at, issuer_tag)"
      " select $1, $2, $3, $4, $5, $6, $7::int8, $8, case when $9::int8 > 0 then " SQL_TIMESTAMP("$9") " end, $10::int8"
      " where not exists (select from admin_user where issuer_tag = $10::int8)"
      " and not exists (select from revoked_grant where name = lpad(to_hex($10::int8), 8, '0'))"
      " on conflict (issuer_tag) do nothing returning *),"
      " added as (" EVENT_ADD_SQL("'key.created'", "$11::text", "'key:' || k.id",
                                  "jsonb_build_object('name', k.name, 'scopes', string_to_array(k.scopes, ' '),"
                                  " 'account', k.account_id)", "k")
      ") select " KEY_COLUMNS " from k";
  /* clang-format on */
  char scopes[SCOPE_SET_TEXT_SIZE], networks[API_KEY_NETWORKS_SIZE];
  scope_set_format(key->scopes, scopes);
  format_networks(key, networks);
  for (int i = 0; i < TAG_ATTEMPTS; i++) {
    struct parameters parameters = {0};
    parameters_text(&parameters, key->name);
    parameters_i64(&parameters, key->account_id);
    parameters_i64_or_null(&parameters, key->created_by_key);
    parameters_hash(&parameters, key->hash);
    parameters_text(&parameters, scopes);
    parameters_text(&parameters, networks);
    parameters_i64_or_null(&parameters, key->max_ttl_seconds);
    parameters_bool(&parameters, key->require_viewer);
    parameters_i64(&parameters, key->expires_at_us);
    parameters_i64(&parameters, random_u32());
    parameters_text(&parameters, event_origin(database));
    enum error error = execute_key(database, insert, STATEMENT_ONCE, &parameters, ret_key);
    if (error != ERROR_NOT_FOUND) {
      return error;
    }
  }
  return ERROR_UNAVAILABLE;
}

enum error key_store_find(struct database *database, int64_t id, struct api_key *ret_key) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, id);
  return execute_key(database, "select " KEY_COLUMNS " from api_key k where k.id = $1 and k.revoked_at is null",
                     STATEMENT_REPEATABLE, &parameters, ret_key);
}

enum error key_store_revoke(struct database *database, int64_t id, int64_t account_id) {
  /* clang-format off */
  static const char *const update =
      "with k as (update api_key k set revoked_at = now() where " KEY_IS_MANAGED " and k.revoked_at is null returning *),"
      " added as (" EVENT_ADD_SQL("'key.revoked'", "$3::text", "'key:' || k.id", "'{}'::jsonb", "k") ") select id from k";
  /* clang-format on */
  struct parameters parameters = {0};
  parameters_i64(&parameters, id);
  parameters_i64(&parameters, account_id);
  parameters_text(&parameters, event_origin(database));
  struct rows row = statement_row(database, update, STATEMENT_ONCE, &parameters);
  return rows_close(&row);
}

enum error key_store_rotate(struct database *database, int64_t id, const unsigned char hash[DIGEST_SIZE],
                            int64_t overlap_seconds, struct api_key *ret_key) {
  /* clang-format off */
  static const char *const update =
      "with k as (update api_key set previous_hash = secret_hash, secret_hash = $2,"
      " previous_expires_at = now() + $3::int8 * interval '1 second'"
      " where id = $1 and revoked_at is null returning *),"
      " added as (" EVENT_ADD_SQL("'key.rotated'", "$4::text", "'key:' || k.id",
                                  "jsonb_build_object('overlap_seconds', $3::int8)", "k")
      ") select " KEY_COLUMNS " from k";
  /* clang-format on */
  struct parameters parameters = {0};
  parameters_i64(&parameters, id);
  parameters_hash(&parameters, hash);
  parameters_i64(&parameters, overlap_seconds);
  parameters_text(&parameters, event_origin(database));
  return execute_key(database, update, STATEMENT_ONCE, &parameters, ret_key);
}

/* A row that somebody else holds is being noted or changed already: nobody waits for it. */
enum error key_store_touch(struct database *database, int64_t id) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, id);
  return statement_change(database,
                          "update api_key set last_used_at = now() where id = (select id from api_key"
                          " where id = $1 and (last_used_at is null or last_used_at < now() - interval '1 hour')"
                          " for no key update skip locked)",
                          STATEMENT_REPEATABLE, &parameters, NULL);
}

enum error key_store_list(struct database *database, const struct key_list *list,
                          void (*row)(void *context, const struct api_key *key), void *context) {
  static const char *const select = "select " KEY_COLUMNS " from api_key k where k.revoked_at is null"
                                    " and ($1::int8 = 0 or k.id < $1::int8)"
                                    " and ($2::int8 = 0 or k.account_id = $2::int8)"
                                    " order by k.id desc limit $3::int8";
  struct parameters parameters = {0};
  parameters_i64(&parameters, list->before);
  parameters_i64(&parameters, list->account_id);
  parameters_i64(&parameters, list->limit);
  struct rows rows;
  enum error error = statement_execute(database, select, STATEMENT_REPEATABLE, &parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  while (rows_next(&rows)) {
    struct api_key key = {0};
    read_key_row(&rows, &key);
    if (rows.error == ERROR_NONE) {
      row(context, &key);
    }
  }
  return rows_close(&rows);
}

enum error key_store_replace_issuer_tag(struct database *database, int64_t id, int64_t account_id,
                                        int64_t expires_at_us, uint32_t *ret_old_tag) {
  /* clang-format off */
  static const char *const update =
      "with old as (select k.id, k.issuer_tag from api_key k where " KEY_IS_MANAGED " for update),"
      " noted as (insert into revoked_grant as r (name, expires_at)"
      " select lpad(to_hex(issuer_tag), 8, '0'), " SQL_TIMESTAMP("$3") " from old"
      " on conflict (name) do update set expires_at = greatest(r.expires_at, excluded.expires_at)),"
      " k as (update api_key k set issuer_tag = $4::int8 from old where k.id = old.id"
      " and not exists (select from admin_user where issuer_tag = $4::int8)"
      " and not exists (select from revoked_grant where name = lpad(to_hex($4::int8), 8, '0'))"
      " returning k.id, old.issuer_tag),"
      " added as (" EVENT_ADD_SQL("'key.grants_revoked'", "$5::text", "'key:' || k.id", "'{}'::jsonb", "k")
      ") select issuer_tag from k";
  /* clang-format on */
  enum error error = ERROR_CONFLICT;
  for (int i = 0; i < TAG_ATTEMPTS && error == ERROR_CONFLICT; i++) {
    struct parameters parameters = {0};
    parameters_i64(&parameters, id);
    parameters_i64(&parameters, account_id);
    parameters_i64(&parameters, expires_at_us);
    parameters_i64(&parameters, random_u32());
    parameters_text(&parameters, event_origin(database));
    struct rows row = statement_row(database, update, STATEMENT_ONCE, &parameters);
    int64_t old_tag = rows_i64(&row);
    error = rows_close(&row);
    if (error == ERROR_NONE) {
      *ret_old_tag = (uint32_t)old_tag;
    }
  }
  return error;
}
