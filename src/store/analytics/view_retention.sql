-- SPDX-License-Identifier: ISC
--
-- How many views of medium $1 from $2 to $3 were given each part of it. $4: do robots count? Views whose id has one of
-- the bits $5 are passed over; :sample is a condition in the words of a partial index that holds the sample.
-- A part is where its middle lies: $6 are the bytes of these middles, of a file of $7 bytes, $8 the numbers of their
-- segments. Both ascend. The ranges of a view do not overlap, so it adds 1 where a range begins and takes 1 away where
-- it ends, and the sum of both up to a part is 1 or 0. Row -1 has the number of views of which the parts are known.
with known as materialized (
  select delivered_segments, delivered_bytes
  from media_view_log
  where media_id = $1 and "timestamp" >= $2::timestamptz and "timestamp" < $3::timestamptz
    and (not bot or $4::boolean) and id & $5::int8 = 0 and :sample
    and ((delivered_segments is not null and $8::int8[] <> '{}')
      or (delivered_bytes is not null and file_bytes = $7::int8 and $6::int8[] <> '{}'))
),
edges as (
  select width_bucket(lower(r) - 1, $8::int8[]) as begins, width_bucket(upper(r) - 1, $8::int8[]) as ends
  from known, unnest(delivered_segments) r
  where delivered_segments is not null and $8::int8[] <> '{}'
  union all
  select width_bucket(lower(r) - 1, $6::int8[]), width_bucket(upper(r) - 1, $6::int8[])
  from known, unnest(delivered_bytes) r
  where delivered_segments is null or $8::int8[] = '{}'
)
select -1 as part, count(*) as change from known
union all
select part, sum(change)::int8
from edges, lateral (values (begins, 1), (ends, -1)) e (part, change)
where begins <> ends
group by part
order by part;
