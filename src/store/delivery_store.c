/* SPDX-License-Identifier: ISC */
/*
 * One statement puts a whole batch into views: its columns travel as arrays, are grouped by view, and add to the view
 * or open it.
 */
#include "config.h"

#include "store/delivery_store.h"

#include <inttypes.h>
#include <string.h>

#include "store/array.h"
#include "store/statement.h"
#include "store/view_sql.h"

/* --- the batch ------------------------------------------------------------------------------- */

void delivery_batch_add(struct delivery_batch *batch, const struct delivery_row *row) {
  array_add_i64(&batch->columns[DELIVERY_MEDIA], row->media_id);
  array_add_text(&batch->columns[DELIVERY_GRANT], row->grant_id);
  array_add_text(&batch->columns[DELIVERY_ADDRESS], row->address);
  array_add_i64(&batch->columns[DELIVERY_STARTED], row->started_us);
  array_add_i64(&batch->columns[DELIVERY_ENDED], row->ended_us);
  array_add_i64(&batch->columns[DELIVERY_BYTES], row->bytes_sent);
  array_add_text(&batch->columns[DELIVERY_VIEWER], row->viewer);
  array_add_text(&batch->columns[DELIVERY_USER_AGENT], row->user_agent);
  array_add_text(&batch->columns[DELIVERY_REFERRER], row->referrer_host);
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
#define ALL_PARAMETERS                                                                                                 \
  "unnest($1::int8[], $2::uuid[], $3::inet[], $4::int8[], $5::int8[], $6::int8[], $7::text[], $8::text[], $9::text[])" \
  " as u (media_id, grant_id, address, started_us, ended_us, bytes_sent, viewer, user_agent, referrer)"
/* A grant is a UUIDv7: it begins with its milliseconds since 1970. */
#define GRANTED                                                                                                        \
  "'epoch'::timestamptz + ('x' || substr(replace(grant_id::text, '-', ''), 1, 12))::bit(48)::int8 * interval '1 "      \
  "millisecond'"

static const char *const make_partitions = "select media_view_log_partition(min(granted_at)) from (select " GRANTED
                                           " as granted_at from unnest($1::uuid[]) g (grant_id)) g"
                                           " group by date_trunc('month', granted_at at time zone 'UTC')";
static const char *const insert_user_agents =
    "insert into user_agent (text) select distinct text from unnest($1::text[]) t (text) where text is not null"
    " and not exists (select from user_agent a where a.text = t.text) order by text on conflict (text) do nothing";

/* The deliveries of a view as one row; what is known of the view already, and what both come to; that is stored, and
 * its difference goes to the sums. The lock keeps all others away meanwhile. */
static const char *const add_views =
    "with incoming as materialized ("
    "  select media_id, grant_id, address, " GRANTED " as granted_at, " SQL_TIMESTAMP(
        "min(started_us)") " as started,"
                           "  " SQL_TIMESTAMP(
                               "max(ended_us)") " as ended, sum(bytes_sent)::int8 as bytes_sent, min(viewer) as viewer,"
                                                "  (array_agg(user_agent order by started_us))[1] as user_agent, "
                                                "(array_agg(referrer order by started_us))[1] as referrer,"
                                                "  sha256(substring(inet_send(address) from 5)) as address_digest"
                                                "  from " ALL_PARAMETERS " group by media_id, grant_id, address),"
                                                " keyed as materialized (select *, encode(substring(address_digest "
                                                "from 1 for 16), 'hex')::uuid as address_key,"
                                                "  ('x' || encode(substring(address_digest from 17 for 8), "
                                                "'hex'))::bit(64)::bigint & 9223372036854775807 as address_hash"
                                                "  from incoming),"
                                                " merged as materialized ("
                                                "  select k.*, coalesce(v.\"timestamp\", k.started) as \"timestamp\","
                                                "  greatest(v.last_seen_at, k.ended) as last_seen_at, v.id is null as "
                                                "opened, coalesce(v.bot, false) as bot,"
                                                "  coalesce(v.bytes_sent, 0) as old_bytes_sent, coalesce(v.seconds, 0) "
                                                "as old_seconds"
                                                "  from keyed k join media_asset m on m.id = k.media_id left join "
                                                "lateral (select * from media_view_log v"
                                                "   where v.grant_id = k.grant_id and v.media_id = k.media_id and "
                                                "v.address_key = k.address_key"
                                                "   and v.granted_at = k.granted_at limit 1) v on true),"
                                                " stored as (insert into media_view_log as v (granted_at, media_id, "
                                                "viewed_by_ip, \"timestamp\", last_seen_at, grant_id,"
                                                "   address_key, address_hash, bytes_sent, seconds, user_agent_id, "
                                                "source, viewer, referrer, bot)"
                                                "  select m.granted_at, m.media_id, m.address, m.\"timestamp\", "
                                                "m.last_seen_at, m.grant_id, m.address_key, m.address_hash,"
                                                "  m.old_bytes_sent + m.bytes_sent, floor(extract(epoch from "
                                                "m.last_seen_at - m.\"timestamp\")),"
                                                "  (select a.id from user_agent a where a.text = m.user_agent), "
                                                "'stream', m.viewer, m.referrer, m.bot from merged m"
                                                "  on conflict (grant_id, media_id, address_key, granted_at) do update "
                                                "set last_seen_at = excluded.last_seen_at,"
                                                "  bytes_sent = excluded.bytes_sent, seconds = excluded.seconds),"
                                                " difference as (select media_id, \"timestamp\", bot, opened::int as "
                                                "views, bytes_sent,"
                                                "  floor(extract(epoch from last_seen_at - \"timestamp\"))::int8 - "
                                                "old_seconds as seconds, 0 as points, 0 as points_views"
                                                "  from merged)" SQL_ADD_TO_ROLLUPS("difference");
/* clang-format on */

static enum error change_by_column(struct database *database, const char *sql, const char *column) {
  struct parameters parameters = {0};
  parameters_text(&parameters, column);
  return statement_execute(database, sql, STATEMENT_ONCE, &parameters, NULL);
}

static enum error add_to_views(struct database *database, struct delivery_batch *batch) {
  struct parameters parameters = {0};
  for (size_t i = 0; i < DELIVERY_COLUMNS; i++) {
    if (array_end(&batch->columns[i]) == NULL) {
      return ERROR_MEMORY;
    }
    parameters_text(&parameters, batch->columns[i].data);
  }
  enum error error = change_by_column(database, make_partitions, batch->columns[DELIVERY_GRANT].data);
  if (error == ERROR_NONE) {
    error = change_by_column(database, insert_user_agents, batch->columns[DELIVERY_USER_AGENT].data);
  }
  return error == ERROR_NONE ? statement_change(database, add_views, STATEMENT_ONCE, &parameters, NULL) : error;
}

static enum error take_turn(struct database *database) {
  return statement_execute(database, SQL_TAKE_TURN, STATEMENT_ONCE, NULL, NULL);
}

enum error delivery_store_commit(struct database *database, const struct delivery_log *log, int64_t next_position,
                                 int64_t lines, int64_t rejected, struct delivery_batch *batch) {
  enum error error = database_begin(database);
  if (error != ERROR_NONE) {
    return error;
  }
  error = take_turn(database);
  if (error == ERROR_NONE) {
    error = move_position(database, log, next_position, lines, (int64_t)batch->count, rejected);
  }
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
