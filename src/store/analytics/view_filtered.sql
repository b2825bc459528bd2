-- SPDX-License-Identifier: ISC
--
-- The sums of the views that fit a filter, in each step. $1 is the medium, $2 are the times at which steps begin, $3 is
-- the end of the last one. Views whose id has one of the bits $5 are passed over.
-- :media is the condition on $1; :sample one in the words of a partial index that holds the sample.
-- :kinds is the condition on the kinds $4.
-- :filter is the condition on the filter $6.
select width_bucket("timestamp", $2::timestamptz[]), count(*), count(*) filter (where played),
  sum(bytes_sent)::int8, sum(seconds)::int8, sum(watched_seconds)::int8, sum(delivered_points)::int8,
  count(delivered_points)
from media_view_log v
where "timestamp" >= ($2::timestamptz[])[1] and "timestamp" < $3::timestamptz and :kinds
  and id & $5::int8 = 0 and :media and :sample and :filter
group by 1;
