-- SPDX-License-Identifier: ISC
--
-- The media with the most of :measure (views, plays, bytes_sent or watched_seconds) in a time. No medium has more in a time than in
-- the whole months that the time touches, so only media whose months come to enough (their bound) are added up.
-- $1 and $2 are the time. $4 is the least bound and $5 how many media are added up, $10 how many
-- are wanted. $6 and $7 are the parts that the time is made of: whole months, days, days, quarters and quarters; a part
-- from a later to an earlier time is taken away. $8 and $9 are the ends that are no whole quarters.
-- :kinds is the condition on the kinds $3.
with bounds as (
  select media_id, sum(:measure)::int8 as bound
  from view_rollup
  where grain = 'month' and media_id > 0 and start >= date_trunc('month', $1::timestamptz, 'UTC')
    and start < $2::timestamptz and :kinds
  group by media_id
),
media as materialized (
  select media_id, bound from bounds where bound > 0 and bound >= $4::int8 order by bound desc limit $5::int8
),
parts as materialized (
  select grain, least(low, high) as low, greatest(low, high) as high, case when low < high then 1 else -1 end as sign
  from unnest(array['month', 'day', 'day', 'quarter', 'quarter'], $6::timestamptz[], $7::timestamptz[])
    p (grain, low, high)
  where low <> high
),
ends as materialized (
  select low, high from unnest($8::timestamptz[], $9::timestamptz[]) e (low, high) where low < high
),
-- The sums of each medium and part stand in a subquery of their own, so that each is a look into an index.
sums as (
  select media_id, coalesce(sum(views), 0)::int8 as views, coalesce(sum(plays), 0)::int8 as plays,
    coalesce(sum(bytes_sent), 0)::int8 as bytes_sent, coalesce(sum(seconds), 0)::int8 as seconds,
    coalesce(sum(watched_seconds), 0)::int8 as watched_seconds
  from (
    select m.media_id, p.sign * r.views as views, p.sign * r.plays as plays, p.sign * r.bytes_sent as bytes_sent,
      p.sign * r.seconds as seconds, p.sign * r.watched_seconds as watched_seconds
    from media m
    cross join parts p
    cross join lateral (
      select sum(views) as views, sum(plays) as plays, sum(bytes_sent) as bytes_sent, sum(seconds) as seconds,
        sum(watched_seconds) as watched_seconds
      from view_rollup v
      where v.grain = p.grain and v.media_id = m.media_id and v.start >= p.low and v.start < p.high
        and :kinds
    ) r
    union all
    select m.media_id, r.views, r.plays, r.bytes_sent, r.seconds, r.watched_seconds
    from media m
    cross join ends e
    cross join lateral (
      select count(*) as views, count(*) filter (where played) as plays, sum(bytes_sent) as bytes_sent,
        sum(seconds) as seconds, sum(watched_seconds) as watched_seconds
      from media_view_log v
      where v.media_id = m.media_id and v."timestamp" >= e.low and v."timestamp" < e.high
        and :kinds
    ) r
  ) both_of_them
  group by media_id
)
select s.media_id, a.title, a.deleted_at is not null, s.views, s.plays, s.bytes_sent, s.seconds,
  s.watched_seconds, s.:measure,
  (select min(bound) from media), (select count(*) from media)
from sums s
join media_asset a on a.id = s.media_id
where s.:measure > 0
order by s.:measure desc, s.media_id
limit $10::int8;
