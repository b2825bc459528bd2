-- SPDX-License-Identifier: ISC
-- oldest-program: 3
--
-- Resumable uploads: what is known of each; its bytes are in data_dir/uploads/<id>.

create table upload (
  id text primary key, -- random; also the name of its file
  account_id bigint not null references admin_user (id), -- who alone may go on with it
  length_bytes bigint, -- of the whole file; null: not told yet
  offset_bytes bigint not null default 0, -- so many bytes are durable, and were before this was written
  hash_state text, -- SHA-256 of these bytes, to go on from
  -- The run of the machine whose bytes behind the offset count, should their writer die; null: they do not, since they
  -- were not checked against their checksum yet.
  tail_boot uuid,
  metadata text not null default '', -- the header Upload-Metadata as it was sent
  title text, -- of the medium to be made, like its type
  type text,
  media_id bigint references media_asset (id), -- whose file this becomes; null while the medium is not made
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  completed_at timestamptz, -- the medium has the file
  refusal text, -- why the file was refused
  constraint upload_id_check check (id ~ '^[0-9a-f]{32}$'),
  constraint upload_length_bytes_check check (length_bytes >= 0),
  constraint upload_offset_bytes_check check (offset_bytes >= 0 and offset_bytes <= length_bytes),
  constraint upload_metadata_check check (octet_length(metadata) <= 8192),
  constraint upload_title_check check (char_length(title) between 1 and 300),
  constraint upload_type_check check (type in ('video', 'audio')),
  constraint upload_medium_check check (media_id is not null or (title is not null and type is not null))
);
create index upload_account_id_idx on upload (account_id) where completed_at is null and refusal is null;
create index upload_expires_at_idx on upload (expires_at);
create index upload_media_id_idx on upload (media_id) where media_id is not null;
