-- SPDX-License-Identifier: ISC
--
-- Distinct addresses from $2 to $3: of each step and, as step 0, of all. $4 are the times at which steps begin. An
-- address is in the sample when its hash is at most $6. :media is the condition on $1, the medium;
-- :sample a condition in the words of a partial index that holds the sample.
-- :kinds is the condition on the kinds $5.
-- :filter is the condition on the filter $7, or true.
with s as materialized (
  select distinct width_bucket("timestamp", $4::timestamptz[]) as step, address_hash
  from media_view_log v
  where "timestamp" >= $2::timestamptz and "timestamp" < $3::timestamptz and :kinds
    and address_hash <= $6::int8 and :media and :sample and :filter
)
select step, count(*) from s group by step
union all
select 0, count(distinct address_hash) from s;
