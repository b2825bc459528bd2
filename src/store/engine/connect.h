/* SPDX-License-Identifier: ISC */
/*
 * Connecting: what is asked of libpq unless the operator asks for something else, in how much time, and whether the
 * server that answers is one to work with. Private to the engine; everybody else calls database_ensure.
 */
#ifndef MEDIAGATE_STORE_ENGINE_CONNECT_H
#define MEDIAGATE_STORE_ENGINE_CONNECT_H

#include <stdbool.h>

#include "base/error.h"
#include "store/engine/exchange.h"

/* Begins to connect, or goes on with it. ERROR_UNAVAILABLE with connecting.going_on: not yet, call again; else the
 * attempt failed, and there is no connection. */
enum error connect_go_on(struct database *database) MUST_CHECK;
/* Is it the primary, as far as the server has told by itself? Costs no round trip. When not, the reason is kept. */
bool connect_is_good(struct database *database) MUST_CHECK;
/* The same by asking. */
enum error connect_ask_role(struct database *database) MUST_CHECK;

#endif
