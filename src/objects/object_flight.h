/* SPDX-License-Identifier: ISC */
/*
 * One request under way, and what all requests of a store share. Only for object_flights.c.
 */
#ifndef MEDIAGATE_OBJECTS_OBJECT_FLIGHT_H
#define MEDIAGATE_OBJECTS_OBJECT_FLIGHT_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "objects/object_request.h"

#define OBJECT_LAST_ERROR_SIZE (OBJECT_KEY_SIZE + OBJECT_REASON_SIZE + 32)

struct object_flight_shared {
  CURLM *multi;
  char base[256]; /* scheme://host[/bucket] */
  char signing[128], user[OBJECT_CREDENTIALS_SIZE + 1];
  unsigned char *buffer; /* for hashing */
  char last_error[OBJECT_LAST_ERROR_SIZE];
};

struct object_flight {
  struct object_flight_shared *shared;
  struct object_request request;
  CURL *easy; /* NULL: it waits until due_ms, or is free */
  struct curl_slist *headers;
  int64_t due_ms, sent, date;
  int attempts;
  bool taken;
  enum error broken; /* the file that is sent, or written to */
};

enum error object_flight_share(const struct object_store_options *options,
                               struct object_flight_shared *ret_shared) MUST_CHECK;
void object_flight_unshare(struct object_flight_shared *shared);
/* Begins an attempt, the first or another. */
enum error object_flight_begin(struct object_flight *flight) MUST_CHECK;
/* What became of it: its answer stands in the request. */
enum error object_flight_judge(struct object_flight *flight, CURLcode code) MUST_CHECK;
/* Of an attempt that is over, or is to be broken off. */
void object_flight_end(struct object_flight *flight);

#endif
