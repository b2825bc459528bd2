/* SPDX-License-Identifier: ISC */
/*
 * What a handler gets, and what many do with it: read an id from the path, a page from the query, answer an error of a
 * lower layer.
 */
#ifndef MEDIAGATE_API_CALL_H
#define MEDIAGATE_API_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "api/app.h"
#include "api/cursor.h"
#include "base/error.h"
#include "http/query.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"
#include "metrics/metric_label.h"

struct report;
struct upload_capability;

/* A limit of ours, as RateLimit-Policy names it (draft-ietf-httpapi-ratelimit-headers). */
struct call_limit {
  const char *name;
  int64_t quota, window_seconds;
};

struct call {
  struct app *app;
  struct request *request;
  struct response *response;
  const struct account *account; /* who calls; NULL where anyone may */
  const struct access_token *token;
  const struct api_key *key;              /* the key that was sent instead of a token; NULL: none */
  const struct upload_capability *upload; /* what was sent is an upload URL's capability; NULL: it was not */
  const struct report *report;            /* the report whose reader calls, without an account; NULL: none */
  bool enrols;                            /* the call is for who has no second factor yet */
  uint32_t scopes;                        /* what the caller may do: a set of enum scope */
  const char *limit_name;                 /* of the limit that call_tell_limits told first; NULL: none */
  const struct query *query; /* parsed; unknown and repeated names already refused against the route's list */
  const struct router_match *match;
};

/* The path's first parameter as an id. False: it is none, so there is no such medium, and the
 * response says so (404). */
bool call_media_id(struct call *call, int64_t *ret_id) MUST_CHECK;
/* The same of anything else; `what` completes "There is no such …". */
bool call_path_id(struct call *call, const char *what, int64_t *ret_id) MUST_CHECK;
/* The answer to an error that the handler has no better word for; what the server must see to is
 * logged. `doing` completes "failed while …". */
void call_fail(struct call *call, enum error error, const char *doing);
/* The same, but ERROR_NOT_FOUND is 404: no such medium; ERROR_EXPIRED 412: a condition does not hold; and
 * ERROR_CONFLICT 409: its external_id is another's. */
void call_fail_media(struct call *call, enum error error, int64_t media_id, const char *doing);
/* RateLimit-Policy: these limits apply to the call. What is left of them is told when it is nothing, by RateLimit
 * beside a 429: a stranger learns from the answer to a login how many others tried. */
void call_tell_limits(struct call *call, const struct call_limit *limits, size_t count);
/* 429 with Retry-After, and RateLimit where the call's limits were told; counted by its limit. */
void call_too_many(struct call *call, enum metric_limit limit, int64_t retry_after_seconds, const char *what);

/* Appends scheme and host, as the setting public_url says or as the caller asked nginx, whose answer nginx has checked
 * against server_names. */
void call_append_base(const struct call *call, struct text *text);
/* Is there such a host? False: the response has the 400. */
bool call_has_base(struct call *call) MUST_CHECK;

/* From now on `actor` is who changes rows in this call, for their events: "anyone", "account:ID" or "key:ID". The
 * client's address goes with it as far as the setting view_ip lets it be kept; calls that only read go without. */
void call_act_as(struct call *call, const char *actor);
/* The same of "KIND:ID". */
void call_act_as_id(struct call *call, const char *kind, int64_t id);

/* Which list is it? Other paths and other filters have another number; for cursors. */
uint64_t call_list(const struct call *call);

/* A page of a list: ?limit= (1 to 200, default 50) and ?cursor=. False: the response has the 422.
 */
struct call_page {
  int limit;
  struct cursor cursor;
};
bool call_page(struct call *call, struct call_page *ret_page) MUST_CHECK;
/* The header Link with rel="next" (RFC 8288): the same list, with this cursor in the query's parameter. */
void call_add_next_link(struct call *call, const char *parameter, const char *cursor);
/* The list's member "next_cursor", and the header Link with rel="next": behind the row of this time and id, null when
 * `more` is false. It is good for the same path and the same other query parameters only. */
void call_append_next_cursor(struct call *call, bool more, int64_t time_us, int64_t id);

#endif
