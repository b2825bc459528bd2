-- SPDX-License-Identifier: ISC
--
-- What most views of medium $1 from $2 to $3 have in common: the ten most frequent countries, referrers, user agents
-- and viewers, devices, systems and browsers. Of many views a sample is looked at: those whose id
-- has none of the bits $5. What was seen less than $6 times is not told. :sample is a condition in the words of a
-- partial index that holds the sample.
-- :kinds is the condition on the kinds $4.
-- :filter is the condition on the filter $7, or true.
-- "kind" has a bit for each column that a row does not speak of, country 64 to browser 1.
with counted as (
  select grouping(country, referrer, user_agent_id, viewer) as kind, country, referrer, user_agent_id, viewer,
    count(*) as views
  from media_view_log v
  where media_id = $1 and "timestamp" >= $2::timestamptz and "timestamp" < $3::timestamptz
    and :kinds and id & $5::int8 = 0 and :sample and :filter
  group by grouping sets ((country), (referrer), (user_agent_id), (viewer))
),
named as (
  select kind * 8 + 7 as kind, coalesce(country, referrer, a.text, viewer) as name, views
  from counted c
  left join user_agent a on a.id = c.user_agent_id
  union all
  select 120 + grouping(a.device, a.system, a.browser), coalesce(a.device, a.system, a.browser), sum(views)::int8
  from counted c
  join user_agent a on a.id = c.user_agent_id
  where c.kind = 13
  group by grouping sets ((a.device), (a.system), (a.browser))
),
ranked as (
  select *, row_number() over (partition by kind order by views desc, name) as place
  from named
  where name is not null and views >= $6::int8
)
select kind, name, views from ranked where place <= 10 order by kind, place;
