/* SPDX-License-Identifier: ISC */
/*
 * The changes travel as one array a column, before the turn is taken: everybody who counts waits for it, and far away
 * the bytes take longer than the work. They wait in settings of the transaction. The statement is view_writer.sql:
 * where a view stands already, it looks up what is known of it and writes both together; what that adds goes to the
 * sums.
 */
#include "config.h"

#include "store/views/view_writer.h"

#include <stdlib.h>

#include "domain/digest.h"
#include "store/engine/array.h"
#include "store/engine/statement.h"
#include "store/views/view_sql.h"
#include "store/views/add_to_rollups.sql.h"
#include "store/views/view_writer.sql.h"

void view_change_free(struct view_change *change) {
  free(change->user_agent);
  free(change->referrer_host);
  range_set_free(&change->bytes);
  range_set_free(&change->segments);
  *change = (struct view_change){0};
}

/* --- the columns ----------------------------------------------------------------------------- */

enum column {
  COLUMN_MEDIA,
  COLUMN_GRANT,
  COLUMN_GRANTED,
  COLUMN_ADDRESS,
  COLUMN_ADDRESS_KEY,
  COLUMN_ADDRESS_HASH,
  COLUMN_STARTED,
  COLUMN_ENDED,
  COLUMN_BYTES_SENT,
  COLUMN_LINES,
  COLUMN_VIEWER,
  COLUMN_USER_AGENT,
  COLUMN_COUNTRY,
  COLUMN_REFERRER,
  COLUMN_ROBOT,
  COLUMN_FILE_BYTES,
  COLUMN_DELIVERED_BYTES,
  COLUMN_DELIVERED_SEGMENTS,
  COLUMN_INTERNAL,
  COLUMN_RENDITIONS,
  COLUMNS
};

/* A multirange as an element of an array: "{[0,100),[200,300)}". */
static void add_ranges(struct text *array, const struct range_set *set) {
  if (set->count == 0) {
    array_add_plain(array, "");
    return;
  }
  array_add_plain(array, "\"{");
  for (size_t i = 0; i < set->count; i++) {
    text_append(array, i == 0 ? "[" : ",[");
    text_append_i64(array, set->items[i].from);
    text_append(array, ",");
    text_append_i64(array, set->items[i].to);
    text_append(array, ")");
  }
  text_append(array, "}\"");
}

static void add_change(struct text columns[COLUMNS], const struct view_change *change, int64_t user_agent_id) {
  char key[UNIQUE_NAME_SIZE];
  text_hex_encode(change->address_key, sizeof change->address_key, key);
  array_add_i64(&columns[COLUMN_MEDIA], change->media_id);
  array_add_plain(&columns[COLUMN_GRANT], change->grant_id);
  array_add_i64(&columns[COLUMN_GRANTED], change->granted_us);
  array_add_text(&columns[COLUMN_ADDRESS], change->address);
  array_add_plain(&columns[COLUMN_ADDRESS_KEY], key);
  array_add_i64(&columns[COLUMN_ADDRESS_HASH], change->address_hash);
  array_add_i64(&columns[COLUMN_STARTED], change->started_us);
  array_add_i64(&columns[COLUMN_ENDED], change->ended_us);
  array_add_i64(&columns[COLUMN_BYTES_SENT], change->bytes_sent);
  array_add_i64(&columns[COLUMN_LINES], change->lines);
  array_add_text(&columns[COLUMN_VIEWER], change->viewer);
  array_add_i64(&columns[COLUMN_USER_AGENT], user_agent_id);
  array_add_text(&columns[COLUMN_COUNTRY], change->country);
  array_add_text(&columns[COLUMN_REFERRER], change->referrer_host == NULL ? "" : change->referrer_host);
  array_add_plain(&columns[COLUMN_ROBOT], change->robot ? "t" : "f");
  array_add_i64(&columns[COLUMN_FILE_BYTES], change->file_bytes);
  add_ranges(&columns[COLUMN_DELIVERED_BYTES], &change->bytes);
  add_ranges(&columns[COLUMN_DELIVERED_SEGMENTS], &change->segments);
  array_add_plain(&columns[COLUMN_INTERNAL], change->internal ? "t" : "f");
  array_add_i64(&columns[COLUMN_RENDITIONS], change->renditions);
}

/* --- the statement --------------------------------------------------------------------------- */

static const char *const add_views = VIEW_WRITER_SQL(ADD_TO_ROLLUPS_SQL("difference"));

/* clang-format off */
static const char *const make_partitions =
    "select media_view_log_partition(min(granted_at)) from (select " SQL_TIMESTAMP("granted_us") " as granted_at"
    " from unnest(current_setting('mediagate.view_3')::int8[]) u (granted_us)) g, " SQL_ISO_DATES " group by date_trunc('month', granted_at at time zone 'UTC')";

#define SQL_KEEP(number) "set_config('mediagate.view_" number "', $" number ", true)"
static const char *const keep_columns =
    "select " SQL_KEEP("1") ", " SQL_KEEP("2") ", " SQL_KEEP("3") ", " SQL_KEEP("4") ", " SQL_KEEP("5") ", " SQL_KEEP("6")
    ", " SQL_KEEP("7") ", " SQL_KEEP("8") ", " SQL_KEEP("9") ", " SQL_KEEP("10") ", " SQL_KEEP("11") ", " SQL_KEEP("12")
    ", " SQL_KEEP("13") ", " SQL_KEEP("14") ", " SQL_KEEP("15") ", " SQL_KEEP("16") ", " SQL_KEEP("17") ", " SQL_KEEP("18")
    ", " SQL_KEEP("19") ", " SQL_KEEP("20");
/* clang-format on */
_Static_assert(COLUMNS == 20, "keep_columns and view_writer.sql name each of them");

/* Position and views commit together, so a fail-over that loses them loses both, and the log is read again. */
enum error view_writer_commit_locally(struct database *database) {
  return statement_execute(
      database,
      "select set_config('synchronous_commit', case when current_setting('synchronous_commit') = 'off' then 'off'"
      " else 'local' end, true)",
      STATEMENT_ONCE, NULL, NULL);
}

enum error view_writer_take_turn(struct database *database) {
  enum error error = statement_execute(database, SQL_TAKE_TURN, STATEMENT_ONCE, NULL, NULL);
  if (error != ERROR_NONE) {
    return error;
  }
  /* Compiling the statement would take longer than running it, and its sums fit into memory. Views are looked up one by
   * one; a plan that was made while a month was empty would read all of it, or all views of a medium, for each. */
  return statement_execute(
      database,
      "select set_config('jit', 'off', true), set_config('work_mem', '64MB', true),"
      " set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),"
      " set_config('enable_mergejoin', 'off', true), set_config('plan_cache_mode', 'force_custom_plan', true)",
      STATEMENT_ONCE, NULL, NULL);
}

enum error view_writer_send(struct database *database, const struct view_change *changes, const int64_t *user_agent_ids,
                            size_t count) {
  struct text columns[COLUMNS] = {{0}};
  struct parameters parameters = {0};
  if (count == 0) {
    return ERROR_NONE;
  }
  for (size_t i = 0; i < count; i++) {
    add_change(columns, &changes[i], user_agent_ids[i]);
  }
  enum error error = array_end_columns(columns, COLUMNS, &parameters);
  if (error == ERROR_NONE) {
    error = statement_execute(database, keep_columns, STATEMENT_ONCE, &parameters, NULL);
  }
  array_free_columns(columns, COLUMNS);
  return error;
}

enum error view_writer_add(struct database *database, const unsigned char log_id[DIGEST_SIZE],
                           const struct play_rule *rule) {
  struct parameters parameters = {0};
  parameters_hash(&parameters, log_id);
  parameters_i64(&parameters, rule->min_seconds);
  parameters_i64(&parameters, rule->min_percent);
  enum error error = statement_execute(database, make_partitions, STATEMENT_ONCE, NULL, NULL);
  return error == ERROR_NONE ? statement_execute(database, add_views, STATEMENT_ONCE, &parameters, NULL) : error;
}
