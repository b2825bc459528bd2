-- SPDX-License-Identifier: ISC
--
-- Takes the most urgent job that waits, or whose holder was not heard of for $2 seconds, for node $1. Its medium, unless
-- it is gone or has another file by now, says that the work began; :added then writes the event.
with next as (
  select id from package_job
  where (state = 'queued' and not_before <= now())
    or (state = 'running' and heartbeat_at < now() - $2::int8 * interval '1 second')
  order by priority desc, id
  limit 1
  for update skip locked
),
job as (
  update package_job j set state = 'running', node = $1, claim = gen_random_uuid(), attempts = attempts + 1,
    heartbeat_at = now(), started_at = now()
  from next
  where j.id = next.id
  returning j.id, j.media_id, j.file_version, j.attempts, j.claim
),
medium as (
  update media_asset m set package_state = 'running', package_progress = 0, package_seconds_left = null,
    package_error = null
  from job
  where m.id = job.media_id and m.file_version = job.file_version and m.deleted_at is null
    and m.stored_name is not null
  returning m.*
),
added as (:added)
select job.id, job.media_id, job.file_version, job.attempts, job.claim, medium.id is null, medium.stored_name,
  medium.size_bytes
from job
left join medium on true;
