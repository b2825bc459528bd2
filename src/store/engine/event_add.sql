-- SPDX-License-Identifier: ISC
--
-- Writes an event for each row of :source, in the transaction of the change that it tells of. Stands in a WITH query of
-- the statement that changes: it then runs whether anything reads its result or not. :origin is who acts and from where,
-- see event_add.h; :type, :subject and :data are expressions over :source.
insert into event (position, type, actor, address, subject, data)
select (select base from event_base) + pg_current_xact_id()::text::int8, :type, split_part(:origin, ' ', 1),
  nullif(split_part(:origin, ' ', 2), '')::inet, :subject, :data
from :source;
