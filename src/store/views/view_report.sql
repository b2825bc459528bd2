-- SPDX-License-Identifier: ISC
--
-- Stores a view that a player reports, of a medium that is there, and adds it to the sums. It is a play: the player says
-- so.
-- $1 medium, $2 address as it is shown, $3 and $4 its key and hash, $5 viewer, $6 user agent, $7 country, $8 robot? $9 internal?
-- :columns are those that view_store.c reads of a view; :add_to_rollups is add_to_rollups.sql, of the query "d".
with v as (
  insert into media_view_log (granted_at, media_id, viewed_by_ip, "timestamp", address_key, address_hash, viewer,
    user_agent_id, country, bot, internal, played, source)
  select now(), m.id, $2::inet, now(), $3::uuid, $4::int8, $5, $6::int8, $7, $8::bool, $9::bool, true, 'reported'
  from media_asset m
  where m.id = $1 and m.deleted_at is null
  returning *
),
d as (
  select media_id, "timestamp", bot, internal, 1 as views, 1 as plays, 0 as bytes_sent, 0 as seconds,
    0 as watched_seconds, 0 as points, 0 as points_views
  from v
),
summed as (:add_to_rollups)
select :columns from v;
