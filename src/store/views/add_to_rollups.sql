-- SPDX-License-Identifier: ISC
--
-- Adds differences to the sums of their quarter hour, day and month, of their medium and of all media. :differences is
-- the name of a query with the columns media_id, "timestamp", bot, internal, views, plays, bytes_sent, seconds,
-- watched_seconds, points, points_views. The last statement of its transaction, since everybody's meet in the rows of all media. Rows are
-- locked in one order, so that nobody waits in a circle.
insert into view_rollup as r (grain, media_id, start, bot, views, plays, bytes_sent, seconds, watched_seconds, points,
  points_views, internal)
select g.grain, m.media_id,
  case g.grain when 'quarter' then q.quarter else date_trunc(g.grain, q.quarter, 'UTC') end,
  q.bot, sum(q.views), sum(q.plays), sum(q.bytes_sent), sum(q.seconds), sum(q.watched_seconds), sum(q.points),
  sum(q.points_views), q.internal
from (
  select media_id, date_bin('15 minutes', "timestamp", '2000-01-01Z') as quarter, bot, internal, sum(views) as views,
    sum(plays) as plays, sum(bytes_sent) as bytes_sent, sum(seconds) as seconds,
    sum(watched_seconds) as watched_seconds, sum(points) as points, sum(points_views) as points_views
  from :differences
  group by 1, 2, 3, 4
) q
cross join (values ('quarter'), ('day'), ('month')) g (grain)
cross join lateral (values (q.media_id), (0)) m (media_id)
group by 1, 2, 3, q.bot, q.internal
order by 2, 3, 1, q.bot, q.internal
on conflict (grain, media_id, start, bot, internal) do update set views = r.views + excluded.views,
  plays = r.plays + excluded.plays, bytes_sent = r.bytes_sent + excluded.bytes_sent,
  seconds = r.seconds + excluded.seconds, watched_seconds = r.watched_seconds + excluded.watched_seconds,
  points = r.points + excluded.points, points_views = r.points_views + excluded.points_views;
