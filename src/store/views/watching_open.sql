-- SPDX-License-Identifier: ISC
--
-- Notes who watches a delivery that has begun. $1 to $9 are one array a column, $10 the requests that have ended, whose
-- beginnings do nothing. Of several deliveries of one viewer the one that began last is the open one. Media that are not
-- there are left out.
-- A backlog has tens of thousands of both. A subquery is looked up by a hash; an array, whose length a kept plan does not
-- know, would be walked for each row.
insert into view_watching as w (grant_id, media_id, address_key, viewer, country, bot, internal, started_at,
  last_seen_at, open_request)
select distinct on (grant_id, media_id, address_key) grant_id, media_id, address_key, viewer, country, bot, internal,
  started, started, request
from (
  select *, 'epoch'::timestamptz + started_us * interval '1 microsecond' as started
  from unnest($1::text[], $2::uuid[], $3::int8[], $4::uuid[], $5::text[], $6::text[], $7::bool[], $8::bool[],
    $9::int8[]) u (request, grant_id, media_id, address_key, viewer, country, bot, internal, started_us)
) s
where request not in (select unnest($10::text[]))
  and exists (select from media_asset m where m.id = s.media_id and m.deleted_at is null)
order by grant_id, media_id, address_key, started desc
on conflict (grant_id, media_id, address_key) do update set open_request = excluded.open_request,
  last_seen_at = greatest(w.last_seen_at, excluded.last_seen_at);
