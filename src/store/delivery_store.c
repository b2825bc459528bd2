/* SPDX-License-Identifier: ISC */
/*
 * One statement puts a whole batch into views: its columns travel as arrays, are grouped by view, and add to the view
 * or open it. The position is moved first: its row's lock makes two readers of one log take turns.
 */
#include "config.h"

#include "store/delivery_store.h"

#include <inttypes.h>
#include <string.h>

#include "store/statement.h"

/* --- the batch ------------------------------------------------------------------------------- */

static struct text *begin_element(struct delivery_batch *batch, enum delivery_column column) {
  struct text *text = &batch->columns[column];
  text_append(text, text->length == 0 ? "{" : ",");
  return text;
}

static void add_number(struct delivery_batch *batch, enum delivery_column column, int64_t number) {
  text_appendf(begin_element(batch, column), "%" PRId64, number);
}

static void add_text(struct delivery_batch *batch, enum delivery_column column, const char *string) {
  struct text *text = begin_element(batch, column);
  if (string[0] == '\0') {
    text_append(text, "NULL");
    return;
  }
  text_append(text, "\"");
  while (*string != '\0') {
    size_t plain = strcspn(string, "\"\\");
    text_append_bytes(text, string, plain);
    string += plain;
    if (*string != '\0') {
      text_append(text, "\\");
      text_append_bytes(text, string++, 1);
    }
  }
  text_append(text, "\"");
}

void delivery_batch_add(struct delivery_batch *batch, const struct delivery_row *row) {
  add_number(batch, DELIVERY_MEDIA, row->media_id);
  add_text(batch, DELIVERY_GRANT, row->grant_id);
  add_text(batch, DELIVERY_ADDRESS, row->address);
  add_number(batch, DELIVERY_STARTED, row->started_us);
  add_number(batch, DELIVERY_ENDED, row->ended_us);
  add_number(batch, DELIVERY_BYTES, row->bytes_sent);
  add_text(batch, DELIVERY_VIEWER, row->viewer);
  add_text(batch, DELIVERY_USER_AGENT, row->user_agent);
  add_text(batch, DELIVERY_REFERRER, row->referrer_host);
  batch->count++;
}

void delivery_batch_clear(struct delivery_batch *batch) {
  for (size_t i = 0; i < DELIVERY_COLUMNS; i++) {
    text_clear(&batch->columns[i]);
  }
  batch->count = 0;
}

void delivery_batch_free(struct delivery_batch *batch) {
  for (size_t i = 0; i < DELIVERY_COLUMNS; i++) {
    text_free(&batch->columns[i]);
  }
  batch->count = 0;
}

/* --- storing --------------------------------------------------------------------------------- */

enum error delivery_store_position(struct database *database, const unsigned char id[DELIVERY_LOG_ID_SIZE],
                                   int64_t *ret_position) {
  struct parameters parameters = {0};
  parameters_hash(&parameters, id);
  struct rows rows;
  enum error error = statement_execute(database, "select position from delivery_log where id = $1",
                                       STATEMENT_REPEATABLE, &parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  int64_t position = rows_next(&rows) ? rows_i64(&rows) : 0;
  error = rows_close(&rows);
  if (error == ERROR_NONE) {
    *ret_position = position;
  }
  return error;
}

static enum error move_position(struct database *database, const struct delivery_log *log, int64_t next_position,
                                int64_t lines, int64_t counted, int64_t rejected) {
  enum error error = ERROR_NONE;
  if (log->position == 0) {
    struct parameters parameters = {0};
    parameters_hash(&parameters, log->id);
    error = statement_change(database, "insert into delivery_log (id) values ($1) on conflict (id) do nothing",
                             STATEMENT_ONCE, &parameters, NULL);
  }
  struct parameters parameters = {0};
  parameters_hash(&parameters, log->id);
  parameters_i64(&parameters, log->position);
  parameters_i64(&parameters, next_position);
  parameters_i64(&parameters, lines);
  parameters_i64(&parameters, counted);
  parameters_i64(&parameters, rejected);
  int64_t moved = 0;
  if (error == ERROR_NONE) {
    error = statement_change(database,
                             "update delivery_log set position = $3, lines = lines + $4, counted = counted + $5,"
                             " rejected = rejected + $6, updated_at = now() where id = $1 and position = $2",
                             STATEMENT_ONCE, &parameters, &moved);
  }
  return error == ERROR_NONE && moved != 1 ? ERROR_CONFLICT : error;
}

/* clang-format off: SQL reads better in its own lines */
#define INCOMING                                                                                                       \
  " (select media_id, grant_id, address, viewer, user_agent, referrer, bytes_sent, " SQL_TIMESTAMP(                    \
      "started_us") " as started, " SQL_TIMESTAMP("ended_us") " as ended"                                              \
                                                              " from unnest($1::int8[], $2::uuid[], $3::inet[], "      \
                                                              "$4::int8[], $5::int8[], $6::int8[], $7::text[], "       \
                                                              "$8::text[], $9::text[])"                                \
                                                              " as u (media_id, grant_id, address, started_us, "       \
                                                              "ended_us, bytes_sent, viewer, user_agent, referrer)) d"
#define WATCHED(from, to) "floor(extract(epoch from " to " - " from "))::int8"
#define FIRST             "least(v.\"timestamp\", excluded.\"timestamp\")"
#define LAST              "greatest(v.last_seen_at, excluded.last_seen_at)"

/* In the order of the key, so that two readers of two logs cannot wait for each other. The first delivery names the
 * player; what is unknown then may be learnt later. */
static const char *const upsert =
    "insert into media_view_log as v (grant_id, media_id, viewed_by_ip, \"timestamp\", last_seen_at, seconds,"
    " bytes_sent, viewer, user_agent, referrer, source)"
    " select d.grant_id, d.media_id, d.address, min(d.started), max(d.ended), " WATCHED(
        "min(d.started)",
        "max(d.ended)") ","
                        " sum(d.bytes_sent)::int8, min(d.viewer), (array_agg(d.user_agent order by d.started))[1],"
                        " (array_agg(d.referrer order by d.started))[1], 'stream'"
                        " from" INCOMING " join media_asset m on m.id = d.media_id group by 1, 2, 3 order by 1, 2, 3"
                        " on conflict (grant_id, media_id, viewed_by_ip) where source = 'stream' do update set"
                        " \"timestamp\" = " FIRST ", last_seen_at = " LAST ", seconds = " WATCHED(
                            FIRST, LAST) ","
                                         " bytes_sent = v.bytes_sent + excluded.bytes_sent,"
                                         " user_agent = coalesce(v.user_agent, excluded.user_agent), referrer = "
                                         "coalesce(v.referrer, excluded.referrer)";
/* clang-format on */

static enum error add_to_views(struct database *database, struct delivery_batch *batch) {
  struct parameters parameters = {0};
  for (size_t i = 0; i < DELIVERY_COLUMNS; i++) {
    text_append(&batch->columns[i], "}");
    if (batch->columns[i].failed) {
      return ERROR_MEMORY;
    }
    parameters_text(&parameters, batch->columns[i].data);
  }
  return statement_change(database, upsert, STATEMENT_ONCE, &parameters, NULL);
}

enum error delivery_store_commit(struct database *database, const struct delivery_log *log, int64_t next_position,
                                 int64_t lines, int64_t rejected, struct delivery_batch *batch) {
  enum error error = database_begin(database);
  if (error != ERROR_NONE) {
    return error;
  }
  error = move_position(database, log, next_position, lines, (int64_t)batch->count, rejected);
  if (error == ERROR_NONE && batch->count > 0) {
    error = add_to_views(database, batch);
  }
  if (error != ERROR_NONE) {
    database_rollback(database);
    return error;
  }
  return database_commit(database);
}

enum error delivery_store_totals(struct database *database, struct delivery_totals *ret_totals) {
  struct rows rows;
  enum error error = statement_execute(database,
                                       "select count(*), coalesce(sum(lines), 0)::int8, coalesce(sum(counted), "
                                       "0)::int8, coalesce(sum(rejected), 0)::int8 from delivery_log",
                                       STATEMENT_REPEATABLE, NULL, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  struct delivery_totals totals = {0};
  if (rows_next(&rows)) {
    totals.logs = rows_i64(&rows);
    totals.lines = rows_i64(&rows);
    totals.counted = rows_i64(&rows);
    totals.rejected = rows_i64(&rows);
  }
  error = rows_close(&rows);
  if (error == ERROR_NONE) {
    *ret_totals = totals;
  }
  return error;
}
