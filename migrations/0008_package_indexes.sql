-- SPDX-License-Identifier: ISC
-- oldest-program: 3
--
-- Indexes of what `mediagate package` and housekeeping ask for again and again.

-- Media whose master is missing or outdated: nearly always none, so nothing is hashed to find that out.
drop index media_asset_mastered_idx;
create index media_asset_stale_master_idx on media_asset (id)
  where deleted_at is null and package_name is not null and (subtitles <> '{}' or master_name is not null)
    and master_of is distinct from (package_name || ' ' || md5(subtitles::text));
-- Jobs that are old enough to be forgotten.
create index package_job_ended_idx on package_job (ended_at) where ended_at is not null;
