/* SPDX-License-Identifier: ISC */
/*
 * Events, read in an order that skips none: see docs/design/events.md, "Order".
 */
#ifndef MEDIAGATE_STORE_EVENTS_EVENT_LIST_H
#define MEDIAGATE_STORE_EVENTS_EVENT_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/address.h"
#include "domain/digest.h"
#include "store/engine/database.h"

/* A place between two events. All zero: before the first. */
struct event_cursor {
  int64_t position;
  char id[UUID_SIZE]; /* "" is before every event of the position */
};

struct event {
  struct event_cursor cursor; /* its own place, and its id */
  int64_t time_us;
  char type[64];
  char actor[DATABASE_ACTOR_MAX + 1];
  char address[ADDRESS_TEXT_SIZE]; /* "" for none */
  char subject[128];               /* "" for none */
  const char *data;                /* a JSON object; lives as long as the call of `row` */
};

struct event_filter {  /* NULL: any */
  const char *type;    /* "media.created", or "media.*" */
  const char *actor;   /* "account:17" */
  const char *subject; /* "medium:4" */
  bool newest_first;
  struct event_cursor after; /* what comes behind it in that order */
};

/* Calls `row` for up to `limit` events whose transactions, and all before them, are over. */
enum error event_list(struct database *database, const struct event_filter *filter, int64_t limit,
                      void (*row)(void *context, const struct event *event), void *context) MUST_CHECK;
/* The place behind all events that event_list could give now. */
enum error event_list_end(struct database *database, struct event_cursor *ret_cursor) MUST_CHECK;

#endif
