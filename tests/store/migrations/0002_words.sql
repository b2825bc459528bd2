-- SPDX-License-Identifier: ISC
-- oldest-program: 1
--
-- An additive migration. It is slow, so that several processes that migrate at once meet in it.

select pg_sleep(0.2);
alter table note add column words integer;
insert into note (written_at, body) values ('2026-01-01T00:00:00Z', 'made by 0002');
