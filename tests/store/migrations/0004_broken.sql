-- SPDX-License-Identifier: ISC
-- oldest-program: 9000
--
-- Fails after its first changes. None of them may be kept.

alter table note add column mood text;
insert into note (written_at, body) values ('2026-01-01T00:00:00Z', 'made by 0004');
insert into nowhere (body) values ('no such table');
