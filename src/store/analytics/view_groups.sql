-- SPDX-License-Identifier: ISC
--
-- The sums of views in each step, by what :key has of them: the $7 largest groups by their views, and as number $7 + 1
-- all others. $1 is the medium, $2 are the times at which steps begin, $3 is the end of the last one. Views whose id has
-- one of the bits $5 are passed over. :name is the name of a group by its key; what is unknown is '', a group as well.
-- :media is the condition on $1; :sample one in the words of a partial index that holds the sample.
-- :kinds is the condition on the kinds $4.
-- :filter is the condition on the filter $6.
with counted as materialized (
  select width_bucket("timestamp", $2::timestamptz[]) as step, :key as key, count(*) as views,
    count(*) filter (where played) as plays, sum(bytes_sent) as bytes_sent, sum(seconds) as seconds,
    sum(watched_seconds) as watched_seconds, sum(delivered_points) as points, count(delivered_points) as points_views
  from media_view_log v
  where "timestamp" >= ($2::timestamptz[])[1] and "timestamp" < $3::timestamptz and :kinds
    and id & $5::int8 = 0 and :media and :sample and :filter
  group by 1, 2
),
named as materialized (
  select c.*, coalesce(:name, '') as name from counted c
),
places as (
  select name, row_number() over (order by sum(views) desc, name) as place from named group by name
)
select least(p.place, $7::int8 + 1), case when p.place <= $7::int8 then p.name else '' end, n.step,
  sum(n.views)::int8, sum(n.plays)::int8, sum(n.bytes_sent)::int8, sum(n.seconds)::int8, sum(n.watched_seconds)::int8,
  sum(n.points)::int8, sum(n.points_views)::int8
from named n
join places p on p.name = n.name
group by 1, 2, 3
order by 1, 3;
