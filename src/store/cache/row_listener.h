/* SPDX-License-Identifier: ISC */
/*
 * A connection that LISTENs for changed rows, and proves again and again that it hears them. It goes on by
 * a step whenever it is asked to, and never waits but for the resolver, where the connection string names hosts: libpq
 * looks them up in its own time. Such attempts are made rarely, a fifth of the time at most. Internal to the row cache.
 */
#ifndef MEDIAGATE_STORE_CACHE_ROW_LISTENER_H
#define MEDIAGATE_STORE_CACHE_ROW_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct row_listener;

struct row_listener_callbacks {
  /* The row `id` of `kind` ('a' admin_user, 'm' media_asset) changed. */
  void (*changed)(void *context, char kind, int64_t id);
  /* Listening begins, for the first time or again: changes before this moment may have been missed. */
  void (*began)(void *context);
  void *context;
};

/* Connects by and by. The connection string is copied. */
enum error row_listener_open(const char *connection_string, const struct row_listener_callbacks *callbacks,
                             struct row_listener **ret_listener) MUST_CHECK;
void row_listener_close(struct row_listener *listener);
/* Does what can be done now without waiting: connects, reads notifications, sends and checks heartbeats. Without
 * `wanted`, no new heartbeat is sent: nobody uses the rows. */
void row_listener_step(struct row_listener *listener, int64_t now_ms, bool wanted);
bool row_listener_is_listening(const struct row_listener *listener);
/* Every change that was committed before this moment (monotonic) was told to `changed`, as far as this listening goes;
 * it stands still while the connection is silent or lost. */
int64_t row_listener_proven_ms(const struct row_listener *listener);
int row_listener_fd(const struct row_listener *listener); /* -1: none */

#endif
