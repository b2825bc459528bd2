/* SPDX-License-Identifier: ISC */
/*
 * What a caller asks of a grant, and the grant itself: its signed URLs, or why there are none. GET stream-url, its like
 * in JSON, many at once and renewing are one and the same here.
 */
#ifndef MEDIAGATE_API_MEDIA_STREAM_GRANT_H
#define MEDIAGATE_API_MEDIA_STREAM_GRANT_H

#include <stdbool.h>
#include <stdint.h>

#include "api/call.h"
#include "domain/address.h"
#include "domain/grant.h"
#include "metrics/metric.h"

struct json_object;

struct stream_terms {
  int64_t media_id;
  int64_t ttl_seconds;
  const char *viewer; /* "-" for none */
  char bound_address[ADDRESS_TEXT_SIZE];
  bool download;
  char grant_id[GRANT_ID_SIZE]; /* of the grant that is renewed; "": a new one */
};

/* Why there is no URL. */
struct stream_refusal {
  int status;
  char detail[256];
};

/* The longest life that the settings and the caller's key allow. */
int64_t stream_grant_longest_ttl(const struct call *call);
/* With the usual life, and no restriction. */
struct stream_terms stream_grant_usual_terms(const struct call *call, int64_t media_id);
/* Checks what came as text, and takes it; NULL: it was not sent. What is wrong is noted in `response`, by its name with
 * `prefix` before it: "?" of a query, "/" of a body. */
void stream_grant_read_texts(const struct call *call, const char *prefix, const char *viewer, const char *bind_ip,
                             struct response *response, struct stream_terms *terms);
/* The members ttl_seconds, viewer, bind_ip and download, each of them optional. The viewer lives as long as the
 * object. */
void stream_grant_read_members(const struct call *call, struct json_object *object, struct response *response,
                               struct stream_terms *terms);
/* Appends stream_url, streams, expires_at, expires_in and grant_id to an object that is open. ERROR_DENIED: the refusal
 * says why not; what was appended must go. Other errors likewise, and have no answer yet. Both are logged. */
enum error stream_grant_append(struct call *call, struct text *body, const struct stream_terms *terms,
                               struct stream_refusal *ret_refusal) MUST_CHECK;
/* The whole answer to a call for one grant. */
void stream_grant_reply(struct call *call, int status, const struct stream_terms *terms);
void stream_grant_note_refusal(const struct call *call, int64_t media_id, enum metric_refusal refusal,
                               const char *reason);

#endif
