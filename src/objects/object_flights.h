/* SPDX-License-Identifier: ISC */
/*
 * Requests to an S3 service, several at once, by libcurl, which signs them (SigV4). Bodies are read from files while
 * they are sent, so memory does not grow with them. Each body's SHA-256 goes with it, and the service compares.
 *
 * What libcurl 7.88 wants for a signature that fits: the header x-amz-content-sha256 set by us, the names of the query
 * sorted, "uploads=" with its "=", and values escaped.
 */
#ifndef MEDIAGATE_OBJECTS_OBJECT_FLIGHTS_H
#define MEDIAGATE_OBJECTS_OBJECT_FLIGHTS_H

#include <stddef.h>

#include "base/error.h"
#include "objects/object_request.h"

#define OBJECT_FLIGHTS_MAX 8

/* Fills the next request, which was zeroed but for the file descriptors (-1). ERROR_NOT_FOUND: there is no more. */
typedef enum error object_next(void *context, struct object_request *request);
/* Told of each request that ended, with its error. What it returns ends all others, unless it is ERROR_NONE. */
typedef enum error object_done(void *context, struct object_request *request, enum error error);

struct object_flights;

enum error object_flights_new(const struct object_store_options *options,
                              struct object_flights **ret_flights) MUST_CHECK;
void object_flights_free(struct object_flights *flights);
/* Sends all that `next` gives, at most `at_once` at a time. Outages that pass and refusals for a moment are tried
 * again, up to three times. ERROR_STORE_AWAY, ERROR_NOT_FOUND, ERROR_DENIED, ERROR_NO_SPACE, ERROR_IO (a body that is
 * not what its hash says), … as `done` passes them on; `done` may be NULL. After an error the requests under way are
 * broken off, and `done` is told of them too: ERROR_ABORTED. */
enum error object_flights_run(struct object_flights *flights, size_t at_once, object_next *next, object_done *done,
                              void *context) MUST_CHECK;
/* Called about ten times a second while requests are under way. */
void object_flights_set_beat(struct object_flights *flights, object_store_beat *beat, void *context);
/* What failed last, in words without secrets; "" for nothing. */
const char *object_flights_last_error(const struct object_flights *flights);

#endif
