-- SPDX-License-Identifier: ISC
--
-- What the database knows of the whole platform, in one row.

select u.open, u.reserved, m.videos, m.audios, m.bytes, j.queued, j.running, j.age, l.counted, l.skipped, l.rejected,
  v.people, v.robots, w.watching
from (
  select count(*) as open, coalesce(sum(length_bytes), 0)::int8 as reserved
  from upload where completed_at is null and refusal is null and expires_at > now()
) u,
(
  select count(*) filter (where type = 'video') as videos, count(*) filter (where type = 'audio') as audios,
    coalesce(sum(size_bytes) filter (where file_url is null), 0)::int8 as bytes
  from media_asset where deleted_at is null
) m,
(
  select count(*) filter (where state = 'queued') as queued, count(*) filter (where state = 'running') as running,
    coalesce(extract(epoch from now() - min(created_at) filter (where state = 'queued')), 0)::int8 as age
  from package_job where state in ('queued', 'running')
) j,
(
  select coalesce(sum(counted), 0)::int8 as counted, coalesce(sum(skipped), 0)::int8 as skipped,
    coalesce(sum(rejected), 0)::int8 as rejected
  from delivery_log
) l,
(
  select coalesce(sum(views) filter (where not bot), 0)::int8 as people,
    coalesce(sum(views) filter (where bot), 0)::int8 as robots
  from view_rollup where grain = 'month' and media_id = 0
) v,
(
  select count(*) as watching from view_watching
  where (last_seen_at > now() - interval '60 seconds' or open_request is not null) and not bot and not internal
) w;
