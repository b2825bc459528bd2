-- SPDX-License-Identifier: ISC
--
-- Of medium $1 (0: all of them): is it there, and its first and last quarter hour with views. Then the first
-- quarter with a view of any medium, the oldest month that views are kept of, and the time.
-- :kinds is the condition on the kinds $2.
select $1::int8 = 0 or exists (select from media_asset where id = $1 and deleted_at is null),
  (select (extract(epoch from min(start)) * 1000000)::int8 from view_rollup
   where grain = 'quarter' and media_id = $1 and :kinds),
  (select (extract(epoch from max(start)) * 1000000)::int8 from view_rollup
   where grain = 'quarter' and media_id = $1 and :kinds),
  (select (extract(epoch from min(start)) * 1000000)::int8 from view_rollup where grain = 'quarter' and media_id = 0),
  (select (extract(epoch from min(to_date(right(c.relname, 6), 'YYYYMM')::timestamp at time zone 'UTC')) * 1000000)::int8
   from pg_catalog.pg_inherits i
   join pg_catalog.pg_class c on c.oid = i.inhrelid
   where i.inhparent = 'media_view_log'::regclass),
  (extract(epoch from now()) * 1000000)::int8;
