/* SPDX-License-Identifier: ISC */
/* What object_store.c and object_put.c share. Only for these two. */
#ifndef MEDIAGATE_OBJECTS_OBJECT_STORE_PRIVATE_H
#define MEDIAGATE_OBJECTS_OBJECT_STORE_PRIVATE_H

#include "base/error.h"
#include "base/text.h"
#include "objects/object_flights.h"
#include "objects/object_store.h"

struct object_store {
  struct object_flights *flights;
};

/* Sends one request and waits for it. `request` is given filled; after it the answer stands in it, and *ret_answer
 * (may be NULL) has its text, which the caller frees. Errors as of object_flights_run. */
enum error object_store_ask(struct object_store *store, struct object_request *request,
                            struct text *ret_answer) MUST_CHECK;
/* Where only a good answer will do: refused, unknown and unreachable are ERROR_STORE_AWAY. */
enum error object_store_as_away(enum error error) MUST_CHECK;
/* Appends a value to a query, escaped as RFC 3986 has it. */
void object_store_append_escaped(struct text *query, const char *value);

#endif
