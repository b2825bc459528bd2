-- SPDX-License-Identifier: ISC
-- oldest-program: 3
--
-- An upload's row bears the mark of the worker that has it, so that a late statement of a killed one changes nothing; and
-- its medium is made with the file, under an id that was reserved before.

alter table upload
  add column writer uuid, -- the mark of who took it last
  add column reserved_media_id bigint; -- of the medium to be made
-- Sessions that have ended are swept by their time.
create index refresh_token_expires_at_idx on refresh_token (expires_at);
