-- SPDX-License-Identifier: ISC
--
-- The media with the most of :measure (views, plays, bytes_sent or watched_seconds) from $1 to $2, of the views that
-- fit a filter. $5 media are wanted.
-- :kinds is the condition on the kinds $3.
-- :filter is the condition on the filter $4.
select s.media_id, a.title, a.deleted_at is not null, s.views, s.plays, s.bytes_sent, s.seconds, s.watched_seconds,
  s.:measure, 0, 0
from (
  select media_id, count(*) as views, count(*) filter (where played) as plays,
    coalesce(sum(bytes_sent), 0)::int8 as bytes_sent, coalesce(sum(seconds), 0)::int8 as seconds,
    coalesce(sum(watched_seconds), 0)::int8 as watched_seconds
  from media_view_log v
  where "timestamp" >= $1::timestamptz and "timestamp" < $2::timestamptz and :kinds and :filter
  group by media_id
) s
join media_asset a on a.id = s.media_id
where s.:measure > 0
order by s.:measure desc, s.media_id
limit $5::int8;
