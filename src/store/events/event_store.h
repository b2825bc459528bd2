/* SPDX-License-Identifier: ISC */
/*
 * Events that belong to no row of another store. All others are written by the statement that changes the row: see
 * store/engine/event_add.h.
 */
#ifndef MEDIAGATE_STORE_EVENTS_EVENT_STORE_H
#define MEDIAGATE_STORE_EVENTS_EVENT_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "store/engine/database.h"

/* A change outside the database: settings.reloaded, keys.rotated. `subject` is unique to the change, so that it has one
 * event however often this is called. `data` as in event_add. */
enum error event_store_note(struct database *database, const char *type, const char *subject,
                            const char *data) MUST_CHECK;

/* A grant that is issued or renewed (setting event_grants); nothing else of it is stored. expires_at in seconds. */
enum error event_store_note_grant(struct database *database, const char *grant_id, int64_t media_id, const char *viewer,
                                  int64_t expires_at, bool renewed) MUST_CHECK;

/* Counts a login that was refused, or limited (429), for the source that the connection's origin names. account_id 0:
 * no account is known. */
enum error event_store_count_refusal(struct database *database, int64_t account_id, bool limited) MUST_CHECK;
/* Writes login.refused for each source whose first refusal is a minute old, and begins to count it anew. */
enum error event_store_tell_refusals(struct database *database) MUST_CHECK;

#endif
