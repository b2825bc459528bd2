/* SPDX-License-Identifier: ISC */
/*
 * No index leads to a viewer or an address, so a batch begins with reading the table, which locks nobody out; then the
 * found rows are changed, by index and in turn with those who count.
 */
#include "config.h"

#include "store/views/view_forget.h"

#include "base/text.h"
#include "store/engine/array.h"
#include "store/engine/statement.h"
#include "store/views/view_sql.h"
#include "store/views/view_writer.h"

struct found {
  struct text granted_us, times_us, ids;
  size_t count;
};

static void found_free(struct found *found) {
  text_free(&found->granted_us);
  text_free(&found->times_us);
  text_free(&found->ids);
}

/* Who it is, as the parameters $1 and $2. `keys` must outlive the statement. ERROR_MEMORY. */
static enum error who(const struct forgotten *person, struct text *keys, struct parameters *parameters) {
  for (size_t i = 0; i < person->key_count; i++) {
    char key[2 * sizeof person->keys[0] + 1];
    text_hex_encode(person->keys[i], sizeof person->keys[i], key);
    array_add_plain(keys, key);
  }
  parameters_text(parameters, person->viewer);
  parameters_text(parameters, person->key_count == 0 ? "{}" : array_end(keys));
  return keys->failed ? ERROR_MEMORY : ERROR_NONE;
}

static enum error find_views(struct database *database, const struct forgotten *person, struct found *found) {
  static const char *const select = "select " SQL_MICROSECONDS("granted_at") ", " SQL_MICROSECONDS(
      "\"timestamp\"") ", id from media_view_log"
                       " where viewer = $1 or address_key = any($2::uuid[]) limit 5000";
  struct text keys = {0};
  struct parameters parameters = {0};
  enum error error = who(person, &keys, &parameters);
  struct rows rows;
  if (error == ERROR_NONE) {
    error = statement_execute_planned(database, select, STATEMENT_REPEATABLE, &parameters, &rows);
  }
  if (error == ERROR_NONE) {
    while (rows_next(&rows)) {
      array_add_i64(&found->granted_us, rows_i64(&rows));
      array_add_i64(&found->times_us, rows_i64(&rows));
      array_add_i64(&found->ids, rows_i64(&rows));
      found->count++;
    }
    error = rows_close(&rows);
  }
  text_free(&keys);
  return error;
}

static enum error change_views(struct database *database, const struct forgotten *person, struct found *found) {
  /* clang-format off */
  static const char *const update =
      "update media_view_log v set viewed_by_ip = '::', viewer = null, grant_id = null, user_agent_id = null, referrer = null,"
      " address_key = encode(substring(sha256($4::bytea || uuid_send(v.address_key)) from 1 for 16), 'hex')::uuid,"
      " address_hash = ('x' || encode(substring(sha256($4::bytea || int8send(v.address_hash)) from 1 for 8), 'hex'))::bit(64)::bigint"
      "  & 9223372036854775807"
      " from unnest($1::int8[], $2::int8[], $3::int8[]) f (granted_us, time_us, id)"
      " where v.granted_at = " SQL_TIMESTAMP("f.granted_us") " and v.\"timestamp\" = " SQL_TIMESTAMP("f.time_us")
      " and v.id = f.id";
  /* clang-format on */
  struct parameters parameters = {0};
  parameters_text(&parameters, array_end(&found->granted_us));
  parameters_text(&parameters, array_end(&found->times_us));
  parameters_text(&parameters, array_end(&found->ids));
  parameters_hash(&parameters, person->random);
  if (found->granted_us.failed || found->times_us.failed || found->ids.failed) {
    return ERROR_MEMORY;
  }
  return statement_change(database, update, STATEMENT_ONCE, &parameters, NULL);
}

/* Who watches just now is a row beside the view. */
static enum error forget_watching(struct database *database, const struct forgotten *person) {
  struct text keys = {0};
  struct parameters parameters = {0};
  enum error error = who(person, &keys, &parameters);
  if (error == ERROR_NONE) {
    error = statement_change(database, "delete from view_watching where viewer = $1 or address_key = any($2::uuid[])",
                             STATEMENT_ONCE, &parameters, NULL);
  }
  text_free(&keys);
  return error;
}

enum error view_forget_batch(struct database *database, const struct forgotten *person, int64_t *ret_views) {
  struct found found = {.count = 0};
  enum error error = find_views(database, person, &found);
  if (error == ERROR_NONE) {
    error = statement_begin(database);
    if (error == ERROR_NONE) {
      error = view_writer_take_turn(database);
      if (error == ERROR_NONE && found.count > 0) {
        error = change_views(database, person, &found);
      }
      if (error == ERROR_NONE) {
        error = forget_watching(database, person);
      }
      error = statement_end_transaction(database, error);
    }
  }
  if (error == ERROR_NONE) {
    *ret_views = (int64_t)found.count;
  }
  found_free(&found);
  return error;
}

enum error view_forget_count_lost(struct database *database, const char *network, const char *pseudonyms,
                                  int64_t *ret_of_network, int64_t *ret_pseudonyms) {
  static const char *const count =
      "select count(*) filter (where viewed_by_ip = $1::inet), count(*) filter (where viewed_by_ip << $2::inet)"
      " from media_view_log v where (viewed_by_ip = $1::inet or viewed_by_ip << $2::inet) and not exists"
      " (select from address_salt s where s.day = (v.granted_at at time zone 'UTC')::date)";
  struct parameters parameters = {0};
  parameters_text(&parameters, network);
  parameters_text(&parameters, pseudonyms);
  struct rows row = statement_row_planned(database, count, STATEMENT_REPEATABLE, &parameters);
  int64_t of_network = rows_i64(&row);
  int64_t of_pseudonyms = rows_i64(&row);
  enum error error = rows_close(&row);
  if (error == ERROR_NONE) {
    *ret_of_network = of_network;
    *ret_pseudonyms = of_pseudonyms;
  }
  return error;
}
