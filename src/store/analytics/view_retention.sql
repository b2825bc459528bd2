-- SPDX-License-Identifier: ISC
--
-- How many views of medium $1 from $2 to $3 were given each part of it. Views whose id has one of
-- the bits $5 are passed over; :sample is a condition in the words of a partial index that holds the sample.
-- :kinds is the condition on the kinds $4.
-- :filter is the condition on the filter $9.
-- A part is where its middle lies: $6 are the bytes of these middles, of a file of $7 bytes, $8 the numbers of their
-- segments. Both ascend. The ranges of a view do not overlap, so it adds 1 where a range begins and takes 1 away where
-- it ends, and the sum of both up to a part is 1 or 0. Row -1 has the number of views of which the parts are known, row
-- -2 that of all views.
with looked_at as materialized (
  select case when $8::int8[] <> '{}' then delivered_segments end as segments,
    case when $6::int8[] <> '{}' and file_bytes = $7::int8 then delivered_bytes end as bytes
  from media_view_log v
  where media_id = $1 and "timestamp" >= $2::timestamptz and "timestamp" < $3::timestamptz
    and :kinds and id & $5::int8 = 0 and :sample and :filter
),
edges as (
  select width_bucket(lower(r) - 1, $8::int8[]) as begins, width_bucket(upper(r) - 1, $8::int8[]) as ends
  from looked_at, unnest(segments) r
  union all
  select width_bucket(lower(r) - 1, $6::int8[]), width_bucket(upper(r) - 1, $6::int8[])
  from looked_at, unnest(bytes) r
  where segments is null
)
select -2 as part, count(*) as change from looked_at
union all
select -1, count(*) from looked_at where segments is not null or bytes is not null
union all
select part, sum(change)::int8
from edges, lateral (values (begins, 1), (ends, -1)) e (part, change)
where begins <> ends
group by part
order by part;
