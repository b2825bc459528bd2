-- SPDX-License-Identifier: ISC
--
-- Writes what one batch of deliveries changes in views, in one statement. Each view stands once in the arrays
-- mediagate.view_1 to view_20, which are settings of the transaction: the columns, in the order of enum column in
-- view_writer.c. So they are with the server before it takes the turn that everybody waits for. $1 is the log's row in
-- delivery_log, $2 and $3 are the least seconds and percent of a play.
-- :add_to_rollups is add_to_rollups.sql, of the query "difference".

-- The changes.
with incoming as materialized (
  select *,
    'epoch'::timestamptz + granted_us * interval '1 microsecond' as granted_at,
    'epoch'::timestamptz + started_us * interval '1 microsecond' as started,
    'epoch'::timestamptz + ended_us * interval '1 microsecond' as ended
  from unnest(
    current_setting('mediagate.view_1')::int8[],
    current_setting('mediagate.view_2')::uuid[],
    current_setting('mediagate.view_3')::int8[],
    current_setting('mediagate.view_4')::inet[],
    current_setting('mediagate.view_5')::uuid[],
    current_setting('mediagate.view_6')::int8[],
    current_setting('mediagate.view_7')::int8[],
    current_setting('mediagate.view_8')::int8[],
    current_setting('mediagate.view_9')::int8[],
    current_setting('mediagate.view_10')::int8[],
    current_setting('mediagate.view_11')::text[],
    current_setting('mediagate.view_12')::int8[],
    current_setting('mediagate.view_13')::text[],
    current_setting('mediagate.view_14')::text[],
    current_setting('mediagate.view_15')::bool[],
    current_setting('mediagate.view_16')::int8[],
    current_setting('mediagate.view_17')::int8multirange[],
    current_setting('mediagate.view_18')::int8multirange[],
    current_setting('mediagate.view_19')::bool[],
    current_setting('mediagate.view_20')::int8[]
  ) u (
    media_id, grant_id, granted_us, address, address_key, address_hash, started_us, ended_us, bytes_sent,
    lines, viewer, user_agent_id, country, referrer, bot, file_bytes, delivered_bytes,
    delivered_segments, internal, renditions
  )
),
-- What is known of their views and media. Changes to media that are not there are left out. A view is found by all of
-- its key, so in a single month, even if a thousand addresses play its grant.
known as materialized (
  select i.media_id, i.grant_id, i.granted_at, i.address, i.address_key, i.address_hash, i.ended, i.lines, i.viewer,
    i.user_agent_id, i.country, i.referrer, i.bytes_sent as added_bytes,
    v.id is null as opened,
    coalesce(v.bot, i.bot) as bot,
    coalesce(v.internal, i.internal) as internal,
    (coalesce(v.renditions, 0) | i.renditions)::smallint as renditions,
    coalesce(v."timestamp", i.started) as "timestamp",
    greatest(v.last_seen_at, i.ended) as last_seen_at,
    coalesce(v.bytes_sent, 0) + i.bytes_sent as bytes_sent,
    coalesce(v.seconds, 0) as old_seconds,
    v.watched_seconds as old_watched_seconds,
    v.delivered_points as old_points,
    coalesce(v.played, false) as old_played,
    nullif(m.duration_seconds, 0) as duration_seconds,
    greatest(v.file_bytes, nullif(i.file_bytes, 0)) as file_bytes,
    m.size_bytes,
    coalesce(m.package_segments, m.segment_count) as segment_count,
    coalesce(m.container in ('hls', 'dash'), false) as by_segments,
    -- The segments of a package are numbered from 1. Its sound may have one more than its picture.
    int8multirange(int8range(case when m.package_segments > 0 then 1 end, m.package_segments + 1)) as numbers,
    -- What was delivered before, and now. A viewer who asks for a film in crumbs does not make the row grow for ever:
    -- it takes no more than some 500 ranges.
    (select case when pg_column_size(u) > 8192 and v.delivered_bytes is not null then v.delivered_bytes else u end
     from (values (coalesce(v.delivered_bytes + i.delivered_bytes, v.delivered_bytes, i.delivered_bytes))) u (u)
    ) as delivered_bytes,
    (select case when pg_column_size(u) > 8192 and v.delivered_segments is not null then v.delivered_segments else u end
     from (values (coalesce(v.delivered_segments + i.delivered_segments, v.delivered_segments, i.delivered_segments))) u (u)
    ) as delivered_segments
  from incoming i
  join media_asset m on m.id = i.media_id
  left join lateral (
    select * from media_view_log v
    where v.grant_id = i.grant_id and v.media_id = i.media_id and v.address_key = i.address_key
      and v.granted_at = i.granted_at
    limit 1
  ) v on true
),
-- The views as they will be. Points are hundredths of a percent that were delivered: of the file's bytes, or of the
-- playlist's segments, whichever is more. Bytes around a playlist of the library (a key, segments without a number)
-- are of no single file. With "offset 0" points are worked out once, not each time that they are mentioned.
-- The watched time is that share of the duration. A view plays when all was delivered, or when the watched time and the
-- time from the first delivery to the end of the last are long enough: players load some megabytes at once before anybody
-- plays. What is unknown is not asked for. What is known stays known when the medium is no more what it was.
merged as materialized (
  select k.*, s.seconds,
    case when w.is_gone then k.old_points else floor(p.points)::int end as points,
    case when w.watched is null then k.old_watched_seconds else round(w.watched)::int8 end as watched_seconds,
    case
      when w.is_gone then k.old_played
      else (coalesce(p.points >= 10000, false) or coalesce(w.watched >= $2::int8, true) and s.seconds >= $2::int8)
        and coalesce(p.points >= $3::int8 * 100, true)
    end as played
  from known k
  cross join lateral (
    select case when a.points > 10000 then 10000 else a.points end as points
    from (select greatest(
      case when not k.by_segments and coalesce(k.file_bytes, k.size_bytes) > 0 then
        (select sum(upper(r) - lower(r)) from unnest(k.delivered_bytes) r)::float8
          * 10000 / coalesce(k.file_bytes, k.size_bytes)
      end,
      case when k.segment_count > 0 then
        (select sum(upper(r) - lower(r)) from unnest(k.delivered_segments * k.numbers) r)::float8
          * 10000 / k.segment_count
      end
    ) as points offset 0) a
  ) p
  cross join lateral (
    select p.points * k.duration_seconds / 10000 as watched, p.points is null and k.old_points is not null as is_gone
  ) w
  cross join lateral (select floor(extract(epoch from k.last_seen_at - k."timestamp"))::int8 as seconds) s
),
-- First the views that were there. A row is found by its key and not by ctid: one that somebody changes by hand
-- meanwhile gets another ctid, and would be passed over.
updated as (
  update media_view_log v set last_seen_at = m.last_seen_at, bytes_sent = m.bytes_sent, seconds = m.seconds,
    watched_seconds = m.watched_seconds, played = m.played, file_bytes = m.file_bytes, delivered_points = m.points,
    delivered_bytes = m.delivered_bytes, delivered_segments = m.delivered_segments, renditions = m.renditions
  from merged m
  where not m.opened and v.grant_id = m.grant_id and v.media_id = m.media_id and v.address_key = m.address_key
    and v.granted_at = m.granted_at
  returning 1
),
-- Then those that are new: a look for a view would wade through what this statement has stored already.
inserted as (
  insert into media_view_log (granted_at, media_id, viewed_by_ip, "timestamp", last_seen_at, grant_id, address_key,
    address_hash, bytes_sent, seconds, watched_seconds, user_agent_id, file_bytes, delivered_points, bot, internal,
    played, renditions, source, country, viewer, referrer, delivered_bytes, delivered_segments)
  select granted_at, media_id, address, "timestamp", last_seen_at, grant_id, address_key,
    address_hash, bytes_sent, seconds, watched_seconds, nullif(user_agent_id, 0), file_bytes, points, bot, internal,
    played, renditions, 'stream', country, viewer, referrer, delivered_bytes, delivered_segments
  from merged
  where opened and (select count(*) from updated) >= 0
  returning 1
),
-- Who watches just now.
watching as (
  insert into view_watching as w (grant_id, media_id, address_key, viewer, country, bot, internal, started_at,
    last_seen_at)
  select grant_id, media_id, address_key, viewer, country, bot, internal, "timestamp", last_seen_at
  from merged
  where ended > now() - interval '2 minutes'
  on conflict (grant_id, media_id, address_key)
    do update set last_seen_at = greatest(w.last_seen_at, excluded.last_seen_at)
  returning 1
),
-- How many lines were counted, and how many were of media that are not there.
counted as (
  update delivery_log set counted = counted + c.lines, skipped = skipped + i.lines - c.lines
  from (select coalesce(sum(lines), 0)::int8 as lines from merged) c,
    (select sum(lines)::int8 as lines from incoming) i
  where id = $1
  returning 1
),
-- The sums come last, since everybody waits for their rows; so they ask for what was done before.
done as materialized (
  select (select count(*) from inserted) + (select count(*) from watching) + (select count(*) from counted) as rows
),
difference as (
  select media_id, "timestamp", bot, internal, opened::int as views, played::int - old_played::int as plays,
    added_bytes as bytes_sent, seconds - old_seconds as seconds,
    coalesce(watched_seconds, 0) - coalesce(old_watched_seconds, 0) as watched_seconds,
    coalesce(points, 0) - coalesce(old_points, 0) as points,
    (points is not null)::int - (old_points is not null)::int as points_views
  from merged, done
  where done.rows >= 0
)
:add_to_rollups;
