-- SPDX-License-Identifier: ISC
--
-- Adds a batch's deliveries to their sums. $1 to $6 are its rows, each once: kind, code, rendition, deliveries, bytes,
-- broken off. $7 to $9 are segments that took a second or more: medium, microseconds, rendition. All of them were answered
-- 200. One is slow that took longer than the medium's segments play on average.

with slow as (
  select l.rendition, count(*) as segments
  from unnest($7::int8[], $8::int8[], $9::text[]) l (media_id, microseconds, rendition)
  join media_asset m on m.id = l.media_id
  where m.duration_seconds > 0 and coalesce(m.package_segments, m.segment_count) > 0
    and l.microseconds > m.duration_seconds * 1000000 / coalesce(m.package_segments, m.segment_count)
  group by l.rendition
)
insert into delivery_sum as s (kind, code, rendition, deliveries, bytes_sent, broken_off, slow)
select a.kind, a.code, a.rendition, a.deliveries, a.bytes_sent, a.broken_off, coalesce(slow.segments, 0)
from unnest($1::text[], $2::text[], $3::text[], $4::int8[], $5::int8[], $6::int8[])
  a (kind, code, rendition, deliveries, bytes_sent, broken_off)
left join slow on a.kind = 'segment' and a.code = '200' and a.rendition = slow.rendition
on conflict (kind, code, rendition) do update
  set deliveries = s.deliveries + excluded.deliveries, bytes_sent = s.bytes_sent + excluded.bytes_sent,
    broken_off = s.broken_off + excluded.broken_off, slow = s.slow + excluded.slow;
