/* SPDX-License-Identifier: ISC */
/*
 * A medium as the stores select it: the column list (of `media_asset m`) and what reads it. Internal to the stores.
 */
#ifndef MEDIAGATE_STORE_MEDIA_MEDIA_ROW_H
#define MEDIAGATE_STORE_MEDIA_MEDIA_ROW_H

#include "store/media/media_store.h"
#include "store/engine/statement.h"

/* clang-format off */
#define MEDIA_COLUMNS \
  "m.id, m.title, m.type, m.file_url, m.stored_name, m.size_bytes, m.sha256, m.content_type, m.duration_seconds, " \
  "m.width, m.height, m.container, m.video_codec, m.audio_codec, m.package_name, m.package_state, " \
  "m.package_progress, m.package_seconds_left, m.package_error, m.package_segments, m.package_has_poster, " \
  "m.package_facts::text, coalesce((m.package_facts -> 'storyboard')::bool, false), case when split_part(m.master_of, ' ', 1) = m.package_name then m.master_name end, " \
  "(select coalesce(json_agg(json_build_object('lang', s.key, 'size_bytes', s.value -> 'size_bytes', " \
  "'cues', s.value -> 'cues', 'label', s.value -> 'label', " \
  "'forced', coalesce((s.value -> 'forced')::bool, false), 'sdh', coalesce((s.value -> 'sdh')::bool, false)) " \
  "order by s.key), '[]')::text from jsonb_each(m.subtitles) s), m.poster_name, " \
  "case when m.poster_wanted is not null then json_build_object('from', case when m.poster_wanted like 'time %' " \
  "then 'time' else 'image' end, 'time_seconds', case when m.poster_wanted like 'time %' " \
  "then split_part(m.poster_wanted, ' ', 2)::float8 end, 'made', m.poster_of is not distinct from " \
  "(m.poster_wanted || case when m.poster_wanted like 'time %' then ' ' || m.file_version else '' end) " \
  "and m.poster_error is null, 'error', m.poster_error)::text end, m.chapters ->> 'file', " \
  "coalesce((m.chapters -> 'cues')::int, (m.package_facts -> 'chapters')::int), m.file_version, " \
  "m.description, case when m.tags <> '{}' then to_json(m.tags)::text end, m.external_id, " \
  "case when m.metadata <> '{}' then m.metadata::text end, " \
  "m.created_by, " SQL_MICROSECONDS("m.created_at") ", " SQL_MICROSECONDS("m.updated_at")
/* clang-format on */

void media_row_read(struct rows *rows, struct media *ret_media);

#endif
