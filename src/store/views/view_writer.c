/* SPDX-License-Identifier: ISC */
/*
 * The changes travel as one array a column. Where a view stands already, the statement looks up what is known of it and
 * writes both together; what that adds goes to the sums.
 */
#include "config.h"

#include "store/views/view_writer.h"

#include <stdlib.h>

#include "domain/digest.h"
#include "store/engine/array.h"
#include "store/engine/statement.h"
#include "store/views/view_sql.h"

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
  COLUMN_BOT,
  COLUMN_FILE_BYTES,
  COLUMN_DELIVERED_BYTES,
  COLUMN_DELIVERED_SEGMENTS,
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
  array_add_plain(&columns[COLUMN_BOT], change->bot ? "t" : "f");
  array_add_i64(&columns[COLUMN_FILE_BYTES], change->file_bytes);
  add_ranges(&columns[COLUMN_DELIVERED_BYTES], &change->bytes);
  add_ranges(&columns[COLUMN_DELIVERED_SEGMENTS], &change->segments);
}

/* --- the statement --------------------------------------------------------------------------- */

/* SQL reads better in its own lines. */
/* clang-format off */
#define DELIVERED(multirange) "(select sum(upper(r) - lower(r)) from unnest(" multirange ") r)::float8"
/* All of the key, so that a view is found at once in a single month, of a grant that a thousand addresses play too. Not
 * by ctid: a row that somebody changes by hand meanwhile gets another, and would be passed over. */
#define SAME_VIEW(row)                                                                                                 \
  "v.grant_id = " row ".grant_id and v.media_id = " row ".media_id and v.address_key = " row ".address_key"            \
  " and v.granted_at = " row ".granted_at"
/* Both together; a viewer who asks for a film in crumbs does not make the row grow for ever: some 500 ranges. */
#define UNITED(column)                                                                                                 \
  "(select case when pg_column_size(u) > 8192 and v." column " is not null then v." column " else u end"               \
  "  from (values (coalesce(v." column " + i." column ", v." column ", i." column "))) u (u))"

static const char *const add_views =
    /* The changes, */
    "with incoming as materialized (select *, " SQL_TIMESTAMP("granted_us") " as granted_at, "
      SQL_TIMESTAMP("started_us") " as started, " SQL_TIMESTAMP("ended_us") " as ended"
    "  from unnest($1::int8[], $2::uuid[], $3::int8[], $4::inet[], $5::uuid[], $6::int8[], $7::int8[], $8::int8[],"
    "   $9::int8[], $10::int8[], $11::text[], $12::int8[], $13::text[], $14::text[], $15::bool[], $16::int8[],"
    "   $17::int8multirange[], $18::int8multirange[]) u (media_id, grant_id, granted_us, address, address_key, address_hash,"
    "   started_us, ended_us, bytes_sent, lines, viewer, user_agent_id, country, referrer, bot, file_bytes,"
    "   delivered_bytes, delivered_segments)),"
    /* what was known of their views, and what both come to; the lock keeps all others away meanwhile, */
    " known as materialized (select i.media_id, i.grant_id, i.granted_at, i.address, i.address_key, i.address_hash, i.ended,"
    "   i.lines, i.viewer, i.user_agent_id, i.country, i.referrer, i.bytes_sent as added_bytes, v.id is null as opened,"
    "   coalesce(v.bot, i.bot) as bot, coalesce(v.\"timestamp\", i.started) as \"timestamp\","
    "   greatest(v.last_seen_at, i.ended) as last_seen_at, coalesce(v.bytes_sent, 0) + i.bytes_sent as bytes_sent,"
    "   coalesce(v.seconds, 0) as old_seconds, v.delivered_points as old_points,"
    "   greatest(v.file_bytes, nullif(i.file_bytes, 0)) as file_bytes, m.size_bytes, coalesce(m.package_segments, m.segment_count) as segment_count,"
    "   coalesce(m.container in ('hls', 'dash'), false) as by_segments,"
    /* (of a package's segments, which are numbered from 1: its sound may have one more than its picture) */
    "   int8multirange(int8range(case when m.package_segments > 0 then 1 end, m.package_segments + 1)) as numbers, "
        UNITED("delivered_bytes") " as delivered_bytes, " UNITED("delivered_segments") " as delivered_segments"
    "  from incoming i join media_asset m on m.id = i.media_id left join lateral"
    "   (select * from media_view_log v where " SAME_VIEW("i") " limit 1) v on true),"
    /* (`offset 0`: worked out once, not each time that it is mentioned) */
    " merged as materialized (select k.*, floor(extract(epoch from k.last_seen_at - k.\"timestamp\"))::int8 as seconds,"
    /* (what is known stays known when the medium is no more what it was) */
    "   coalesce(case when p.points > 10000 then 10000 else p.points::int end, k.old_points) as points"
    /* (bytes around a library's playlist, of a key or of segments without a number, are of no single file) */
    "  from known k cross join lateral (select floor(greatest("
    "   case when not k.by_segments and coalesce(k.file_bytes, k.size_bytes) > 0 then "
         DELIVERED("k.delivered_bytes") " * 10000 / coalesce(k.file_bytes, k.size_bytes) end,"
    "   case when k.segment_count > 0 then " DELIVERED("k.delivered_segments * k.numbers") " * 10000 / k.segment_count end)) as points offset 0) p),"
    /* which is stored: first what was there, then what is new (a look for a view would wade through those that this
     * statement stores); */
    " updated as (update media_view_log v set last_seen_at = m.last_seen_at, bytes_sent = m.bytes_sent, seconds = m.seconds,"
    "   file_bytes = m.file_bytes, delivered_points = m.points, delivered_bytes = m.delivered_bytes,"
    "   delivered_segments = m.delivered_segments from merged m where not m.opened and " SAME_VIEW("m") " returning 1),"
    " inserted as (insert into media_view_log (granted_at, media_id, viewed_by_ip, \"timestamp\", last_seen_at, grant_id,"
    "   address_key, address_hash, bytes_sent, seconds, user_agent_id, file_bytes, delivered_points, bot, source, country,"
    "   viewer, referrer, delivered_bytes, delivered_segments)"
    "  select granted_at, media_id, address, \"timestamp\", last_seen_at, grant_id, address_key, address_hash, bytes_sent,"
    "   seconds, nullif(user_agent_id, 0), file_bytes, points, bot, 'stream', country, viewer, referrer, delivered_bytes,"
    "   delivered_segments from merged where opened and (select count(*) from updated) >= 0 returning 1),"
    /* as are those who watch just now and the lines; */
    " watching as (insert into view_watching as w (grant_id, media_id, address_key, viewer, country, bot, started_at,"
    "   last_seen_at)"
    "  select grant_id, media_id, address_key, viewer, country, bot, \"timestamp\", last_seen_at from merged"
    "   where ended > now() - interval '2 minutes'"
    "  on conflict (grant_id, media_id, address_key) do update set last_seen_at = greatest(w.last_seen_at,"
    "   excluded.last_seen_at) returning 1),"
    " counted as (update delivery_log set counted = counted + c.lines, skipped = skipped + i.lines - c.lines"
    "  from (select coalesce(sum(lines), 0)::int8 as lines from merged) c, (select sum(lines)::int8 as lines from incoming) i"
    "  where id = $19 returning 1),"
    /* then, since they are asked for it, come the sums, whose rows everybody waits for. */
    " done as materialized (select (select count(*) from inserted) + (select count(*) from watching)"
    "   + (select count(*) from counted) as rows),"
    " difference as (select media_id, \"timestamp\", bot, opened::int as views, added_bytes as bytes_sent,"
    "   seconds - old_seconds as seconds, coalesce(points, 0) - coalesce(old_points, 0) as points,"
    "   (points is not null)::int - (old_points is not null)::int as points_views from merged, done where done.rows >= 0)"
    SQL_ADD_TO_ROLLUPS("difference");

static const char *const make_partitions =
    "select media_view_log_partition(min(granted_at)) from (select " SQL_TIMESTAMP("granted_us") " as granted_at"
    " from unnest($1::int8[]) u (granted_us)) g, " SQL_ISO_DATES " group by date_trunc('month', granted_at at time zone 'UTC')";
/* clang-format on */

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

static enum error write_columns(struct database *database, const unsigned char log_id[DIGEST_SIZE],
                                struct text columns[COLUMNS]) {
  struct parameters parameters = {0};
  enum error error = array_end_columns(columns, COLUMNS, &parameters);
  if (error != ERROR_NONE) {
    return error;
  }
  parameters_hash(&parameters, log_id);
  struct parameters granted = {0};
  parameters_text(&granted, columns[COLUMN_GRANTED].data);
  error = statement_execute(database, make_partitions, STATEMENT_ONCE, &granted, NULL);
  return error == ERROR_NONE ? statement_execute(database, add_views, STATEMENT_ONCE, &parameters, NULL) : error;
}

enum error view_writer_add(struct database *database, const unsigned char log_id[DIGEST_SIZE],
                           const struct view_change *changes, const int64_t *user_agent_ids, size_t count) {
  struct text columns[COLUMNS] = {{0}};
  for (size_t i = 0; i < count; i++) {
    add_change(columns, &changes[i], user_agent_ids[i]);
  }
  enum error error = count == 0 ? ERROR_NONE : write_columns(database, log_id, columns);
  array_free_columns(columns, COLUMNS);
  return error;
}
