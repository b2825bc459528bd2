-- SPDX-License-Identifier: ISC
--
-- Gives medium $1 a stored file ($2), with its facts ($3 to $11, $15, $18) and a change of file_url ($12), title ($13) and
-- type ($14). Its package goes. The content decides the type: a film is a video, a sound is audio; what else is stored (a
-- playlist) tells nothing of its kind. Changes nothing when the row is not of the time $16, or with
-- $17 when it has a file. $19 to $24 are the fields that are the caller's own: description ($20 if $19), tags,
-- external_id ($23 if $22), metadata.
-- The row is locked first ("old"), so that of two uploads each learns the name that it replaced.
-- :columns are those that media_store.c reads of a medium; :added writes the event.
with old as (
  select id, stored_name from media_asset where id = $1 and deleted_at is null for update
),
m as (
  update media_asset m set
    stored_name = $2, size_bytes = $3, sha256 = $4, content_type = $5, duration_seconds = $6, width = $7, height = $8,
    container = $9, video_codec = $10, audio_codec = $11, file_url = $12,
    title = coalesce($13, m.title), type = coalesce(substring($5::text from '^(video|audio)/'), $14, m.type),
    segment_count = $15, timeline = $18,
    package_name = null, package_state = null, package_progress = null, package_seconds_left = null,
    package_error = null, package_segments = null, package_timeline = null, package_has_poster = false, package_facts = null,
    poster_name = case when poster_wanted like 'file %' then m.poster_name end, poster_error = null,
    description = case when $19::boolean then $20 else m.description end, tags = coalesce($21, m.tags),
    external_id = case when $22::boolean then $23 else m.external_id end, metadata = coalesce($24, m.metadata),
    file_version = m.file_version + 1, file_changed_at = now(), updated_at = now()
  from old
  where m.id = old.id and m.deleted_at is null
    and ($16::int8 is null or $16::int8 = (extract(epoch from m.updated_at) * 1000000)::int8)
    and not ($17::boolean and old.stored_name is not null)
  returning m.*, old.stored_name as old_stored_name
),
added as (:added)
select m.old_stored_name, :columns from m;
