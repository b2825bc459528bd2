-- SPDX-License-Identifier: ISC
-- oldest-program: 3
--
-- User agents that no view refers to any more are swept. Limits of "so many a minute" mean any minute.

alter table user_agent add column used_at timestamptz not null default now(); -- who asks for its id refreshes this, hourly
create index media_view_log_user_agent_id_idx on media_view_log (user_agent_id);

alter table rate_limit add column recent integer[]; -- attempts in each second, the newest first; null: `attempts` are one window's
