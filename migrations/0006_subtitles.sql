-- SPDX-License-Identifier: ISC
-- oldest-program: 3
--
-- Subtitles in side-car files, and HLS masters of packages that name them.

alter table media_asset
  -- by language: {"en": {"file": "<32 hex digits>.vtt", "size_bytes": 1234, "cues": 56}}, the file below media/<id>/
  add column subtitles jsonb not null default '{}',
  add column master_name text, -- a folder below media/<id>/ with a master of the package that names the subtitles too
  add column master_of text, -- what it was made of: the package, and a hash of subtitles
  add constraint media_asset_subtitles_check check (jsonb_typeof(subtitles) = 'object'),
  add constraint media_asset_master_name_check check (master_name ~ '^[0-9a-f]{32}$');
-- Media whose master may be missing or outdated.
create index media_asset_mastered_idx on media_asset (id)
  where deleted_at is null and package_name is not null and (subtitles <> '{}' or master_name is not null);
