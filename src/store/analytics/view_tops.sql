-- SPDX-License-Identifier: ISC
--
-- What most views of medium $1 from $2 to $3 have in common: the ten most frequent countries, referrers, user agents
-- and viewers. $4: do robots count? Of many views a sample is looked at: those whose id has none of the bits $5. What
-- was seen less than $6 times is not told. :sample is a condition in the words of a partial index that holds the sample.
with counted as (
  select grouping(country, referrer, user_agent_id, viewer) as kind, country, referrer, user_agent_id, viewer,
    count(*) as views
  from media_view_log
  where media_id = $1 and "timestamp" >= $2::timestamptz and "timestamp" < $3::timestamptz
    and (not bot or $4::boolean) and id & $5::int8 = 0 and :sample
  group by grouping sets ((country), (referrer), (user_agent_id), (viewer))
),
ranked as (
  select *,
    row_number() over (partition by kind order by views desc, country, referrer, user_agent_id, viewer) as place
  from counted
  where coalesce(country, referrer, user_agent_id::text, viewer) is not null and views >= $6::int8
)
select kind, coalesce(country, referrer, a.text, viewer), views
from ranked r
left join user_agent a on a.id = r.user_agent_id
where place <= 10 and coalesce(country, referrer, a.text, viewer) is not null
order by kind, place;
