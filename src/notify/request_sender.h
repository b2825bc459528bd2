/* SPDX-License-Identifier: ISC */
/*
 * Requests to receivers, many at once, by libcurl: POST of a JSON body, no redirects, no proxy, no connection to an
 * address that may not be reached, 5 s to connect, 15 s in all, and at most 4 KiB of the answer read.
 */
#ifndef MEDIAGATE_NOTIFY_REQUEST_SENDER_H
#define MEDIAGATE_NOTIFY_REQUEST_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/network.h"

struct request_sender;

struct request_sender_options {
  bool http; /* http URLs too */
  const struct network *allowed;
  size_t allowed_count;
};

struct request_outcome {
  int status; /* 0: there was no whole answer */
  int64_t latency_ms;
  int64_t retry_after_seconds; /* 0: the answer does not say */
  char error[200];             /* "" where there is a status */
};

/* ERROR_MEMORY. `done` is called by request_sender_run, once for each request; *context is what was given with it. */
enum error request_sender_new(const struct request_sender_options *options,
                              void (*done)(void *context, const struct request_outcome *outcome),
                              struct request_sender **ret_sender) MUST_CHECK;
/* Requests that are under way are broken off, without `done`. */
void request_sender_free(struct request_sender *sender);
/* Begins a request. `headers` are lines without their end. Nothing of the arguments is kept. */
enum error request_sender_begin(struct request_sender *sender, const char *url, const char *const *headers,
                                size_t header_count, const char *body, void *context) MUST_CHECK;
/* Works on all requests for up to wait_ms, sooner where one is done. */
enum error request_sender_run(struct request_sender *sender, int wait_ms) MUST_CHECK;

#endif
