-- SPDX-License-Identifier: ISC
--
-- Counts an attempt of kind $1 and key $2, and tells how many there were within the last minute and, if these are more
-- than $3, in how many seconds there is room for one more. A kind holds no blank.
-- "recent" has the attempts of each second, the newest first: 61 of them, since of a minute ago a part of a second
-- counts too. The row ends when the second of its last attempt has left the minute; so far as that end moves, so many
-- seconds went by.
insert into rate_limit as r (key, attempts, window_ends_at, recent)
select sha256(convert_to($1::text || ' ' || $2::text, 'UTF8')), 1, date_trunc('second', now()) + interval '61 seconds',
  '{1}'
from :lazily
on conflict (key) do update set (attempts, window_ends_at, recent) = (
  select sum(c), greatest(excluded.window_ends_at, r.window_ends_at), array_agg(c order by i)
  from (
    select i, (i = 1)::int + coalesce(
      r.recent[i - greatest(0, extract(epoch from
        date_trunc('second', excluded.window_ends_at - r.window_ends_at))::int)], 0) as c
    from generate_series(1, 61) i
  ) seconds
)
returning attempts,
  case when attempts <= $3::int8 then 0
    -- After so many seconds there is room for this one among those that are left.
    else (select min(s) from generate_series(1, 61) s
          where (select coalesce(sum(c), 0) from unnest(r.recent[1:61 - s]) c) <= $3)::int8
  end;
