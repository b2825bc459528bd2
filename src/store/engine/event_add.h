/* SPDX-License-Identifier: ISC */
/*
 * Events: each change writes one, in its own transaction (docs/design/events.md). Internal to the stores.
 *
 * A statement that changes rows writes its event itself, by EVENT_ADD_SQL of store/engine/event_add.sql.h, so that it
 * takes no further round trip:
 *
 *   "with m as (update media_asset set … returning id, title),"
 *   " added as (" EVENT_ADD_SQL("'media.updated'", "$3", "'medium:' || m.id", "jsonb_build_object('title', m.title)",
 * "m")
 *   ") select id from m"
 *
 *   parameters_text(&parameters, event_origin(database));
 *
 * A transaction of several statements may call event_add() before its end.
 */
#ifndef MEDIAGATE_STORE_ENGINE_EVENT_ADD_H
#define MEDIAGATE_STORE_ENGINE_EVENT_ADD_H

#include "base/error.h"
#include "store/engine/database.h"

/* Who acts over this connection, and from where, as the parameter of EVENT_ADD_SQL: see database_set_origin. Lives as
 * long as the origin is not set anew. */
const char *event_origin(const struct database *database);
/* Writes an event in the transaction that is open. `subject` is "kind:id"; `data` a JSON object, NULL for an empty one.
 * ERROR_INTERNAL: no transaction is open. */
enum error event_add(struct database *database, const char *type, const char *subject, const char *data) MUST_CHECK;

#endif
