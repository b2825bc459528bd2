-- SPDX-License-Identifier: ISC
--
-- Changes title ($2) and type ($3) of medium $1, each unless it is null, and sets file_url to $4 if $5. Changes nothing
-- when the stored file is of another type, and stays, when the row is not of the time $6, or with $7 when it has a file. :replaced tells that another file_url takes the place of the
-- stored file: its facts and its package go. $8 to $13 are the fields that are the caller's own: description ($9 if $8),
-- tags, external_id ($12 if $11), metadata. :columns are those that media_store.c reads of a medium.
-- Where one of the fields that callers know has another value now, :added writes the event.
with old as (
  select * from media_asset where id = $1 and deleted_at is null for update
),
m as (
  update media_asset m set
    title = coalesce($2, m.title),
    type = coalesce($3, m.type),
    file_url = case when $5::boolean then $4 else m.file_url end,
    -- Without a row all of them become null.
    (stored_name, size_bytes, sha256, content_type, duration_seconds, width, height, container, video_codec, audio_codec,
      segment_count, timeline, package_name, package_state, package_progress, package_seconds_left, package_error, package_segments,
      package_timeline, package_facts)
    = (select m.stored_name, m.size_bytes, m.sha256, m.content_type, m.duration_seconds, m.width, m.height, m.container,
        m.video_codec, m.audio_codec, m.segment_count, m.timeline, m.package_name, m.package_state, m.package_progress,
        m.package_seconds_left, m.package_error, m.package_segments, m.package_timeline, m.package_facts
      where not :replaced),
    package_has_poster = m.package_has_poster and not :replaced,
    file_version = m.file_version + case when :replaced then 1 else 0 end,
    file_changed_at = case when :replaced then now() else m.file_changed_at end,
    description = case when $8::boolean then $9 else m.description end,
    tags = coalesce($10, m.tags),
    external_id = case when $11::boolean then $12 else m.external_id end,
    metadata = coalesce($13, m.metadata),
    updated_at = now()
  from old
  where m.id = old.id and m.deleted_at is null
    and ($6::int8 is null or $6::int8 = (extract(epoch from m.updated_at) * 1000000)::int8)
    and not ($7::boolean and m.stored_name is not null)
    and ($3::text is null or :replaced
      or coalesce(substring(m.content_type from '^(video|audio)/'), $3::text) = $3::text)
  returning m.*
),
change as (
  select m.id, jsonb_agg(n.key order by n.key) as names
  from m
  join old on true
  join lateral jsonb_each(to_jsonb(m)) n
    on n.key in ('title', 'type', 'file_url', 'description', 'tags', 'external_id', 'metadata')
    and n.value is distinct from to_jsonb(old) -> n.key
  group by m.id
),
added as (:added)
select :columns from m;
