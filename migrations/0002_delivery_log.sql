-- SPDX-License-Identifier: ISC
-- oldest-program: 1
--
-- Views counted from nginx's delivery log: how far each log was read, and what a view is known by.

create table delivery_log (
  id bytea primary key, -- SHA-256 of its first line: names and inodes change when logs are rotated
  position bigint not null default 0, -- bytes read; committed with what was read
  lines bigint not null default 0,
  counted bigint not null default 0, -- lines that added to a view
  rejected bigint not null default 0, -- lines that were none
  first_seen_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint delivery_log_id_check check (octet_length(id) = 32),
  constraint delivery_log_position_check check (position >= 0)
);

alter table media_view_log add column last_seen_at timestamptz; -- when its last delivery ended

-- A view is one grant played from one address.
create unique index media_view_log_view_key on media_view_log (grant_id, media_id, viewed_by_ip) where source = 'stream';
