/* SPDX-License-Identifier: ISC */
/*
 * The labels of metrics. Each is a closed set, so that no request can make a new series: a value is an enumerator here
 * and never a text of a client. The sets are lists of V(SET, ENUMERATOR, text); metric.c makes the tables of them.
 *
 * ROUTE is the one set that is filled elsewhere: a row of the routes' table (metric_name_routes). Its labels are pool,
 * route and method.
 */
#ifndef MEDIAGATE_METRICS_METRIC_LABEL_H
#define MEDIAGATE_METRICS_METRIC_LABEL_H

#include "domain/pool.h"

/* The pools of serve, in the order of enum pool. */
#define METRIC_SET_WORKER(V)                                                                                           \
  V(WORKER, FAST, "fast")                                                                                              \
  V(WORKER, AUTH, "auth")                                                                                              \
  V(WORKER, API, "api")                                                                                                \
  V(WORKER, UPLOAD, "upload")                                                                                          \
  V(WORKER, HOUSEKEEPING, "housekeeping")

/* The same, and the other processes. */
#define METRIC_SET_POOL(V)                                                                                             \
  V(POOL, FAST, "fast")                                                                                                \
  V(POOL, AUTH, "auth")                                                                                                \
  V(POOL, API, "api")                                                                                                  \
  V(POOL, UPLOAD, "upload")                                                                                            \
  V(POOL, HOUSEKEEPING, "housekeeping")                                                                                \
  V(POOL, INGEST, "ingest")                                                                                            \
  V(POOL, PACKAGE, "package")                                                                                          \
  V(POOL, NOTIFY, "notify")

/* What a worker or nginx answers. */
#define METRIC_SET_CODE(V) V(CODE, OTHER, "other") METRIC_STATUSES(V)
#define METRIC_STATUSES(V)                                                                                             \
  V(CODE, 200, "200")                                                                                                  \
  V(CODE, 201, "201")                                                                                                  \
  V(CODE, 202, "202")                                                                                                  \
  V(CODE, 204, "204")                                                                                                  \
  V(CODE, 206, "206")                                                                                                  \
  V(CODE, 207, "207")                                                                                                  \
  V(CODE, 304, "304")                                                                                                  \
  V(CODE, 400, "400")                                                                                                  \
  V(CODE, 401, "401")                                                                                                  \
  V(CODE, 403, "403")                                                                                                  \
  V(CODE, 404, "404")                                                                                                  \
  V(CODE, 405, "405")                                                                                                  \
  V(CODE, 408, "408")                                                                                                  \
  V(CODE, 409, "409")                                                                                                  \
  V(CODE, 410, "410")                                                                                                  \
  V(CODE, 411, "411")                                                                                                  \
  V(CODE, 412, "412")                                                                                                  \
  V(CODE, 413, "413")                                                                                                  \
  V(CODE, 415, "415")                                                                                                  \
  V(CODE, 416, "416")                                                                                                  \
  V(CODE, 421, "421")                                                                                                  \
  V(CODE, 422, "422")                                                                                                  \
  V(CODE, 423, "423")                                                                                                  \
  V(CODE, 428, "428")                                                                                                  \
  V(CODE, 429, "429")                                                                                                  \
  V(CODE, 460, "460")                                                                                                  \
  V(CODE, 499, "499")                                                                                                  \
  V(CODE, 500, "500")                                                                                                  \
  V(CODE, 501, "501")                                                                                                  \
  V(CODE, 502, "502")                                                                                                  \
  V(CODE, 503, "503")                                                                                                  \
  V(CODE, 504, "504")                                                                                                  \
  V(CODE, 507, "507")

/* In the order of enum worker_state, without WORKER_FREE. */
#define METRIC_SET_STATE(V)                                                                                            \
  V(STATE, STARTING, "starting")                                                                                       \
  V(STATE, IDLE, "idle")                                                                                               \
  V(STATE, SERVING, "serving")                                                                                         \
  V(STATE, DRAINING, "draining")

#define METRIC_SET_EXIT(V)                                                                                             \
  V(EXIT, DRAIN, "drain")                                                                                              \
  V(EXIT, RENEW, "renew")                                                                                              \
  V(EXIT, CRASH, "crash")                                                                                              \
  V(EXIT, WATCHDOG, "watchdog")

#define METRIC_SET_LIMIT(V)                                                                                            \
  V(LIMIT, LOGIN, "login")                                                                                             \
  V(LIMIT, SIGNUP, "signup")                                                                                           \
  V(LIMIT, KEY, "key")                                                                                                 \
  V(LIMIT, PASSWORD, "password")                                                                                       \
  V(LIMIT, VIEW, "view")                                                                                               \
  V(LIMIT, EXPORT, "export")                                                                                           \
  V(LIMIT, OTHER, "other")

#define METRIC_SET_LOGIN(V)                                                                                            \
  V(LOGIN, OK, "ok")                                                                                                   \
  V(LOGIN, REFUSED, "refused")                                                                                         \
  V(LOGIN, LIMITED, "limited")

#define METRIC_SET_CALLER(V)                                                                                           \
  V(CALLER, ACCOUNT, "account")                                                                                        \
  V(CALLER, KEY, "key")

#define METRIC_SET_REFUSAL(V)                                                                                          \
  V(REFUSAL, NO_MEDIUM, "no_medium")                                                                                   \
  V(REFUSAL, NO_FILE, "no_file")                                                                                       \
  V(REFUSAL, NOT_IN_LIBRARY, "not_in_library")                                                                         \
  V(REFUSAL, PLAYLIST, "playlist")                                                                                     \
  V(REFUSAL, PARAMETERS, "parameters")                                                                                 \
  V(REFUSAL, ERROR, "error")

#define METRIC_SET_TABLE(V)                                                                                            \
  V(TABLE, ACCOUNT, "account")                                                                                         \
  V(TABLE, KEY, "key")                                                                                                 \
  V(TABLE, MEDIA, "media")                                                                                             \
  V(TABLE, SESSION, "session")

#define METRIC_SET_LOOKUP(V)                                                                                           \
  V(LOOKUP, HIT, "hit")                                                                                                \
  V(LOOKUP, STALE, "stale")                                                                                            \
  V(LOOKUP, MISS, "miss")

#define METRIC_SET_OUTCOME(V)                                                                                          \
  V(OUTCOME, OK, "ok")                                                                                                 \
  V(OUTCOME, FAILED, "failed")

#define METRIC_SET_WAY(V)                                                                                              \
  V(WAY, PUT, "put")                                                                                                   \
  V(WAY, TUS, "tus")

#define METRIC_SET_STORED(V)                                                                                           \
  V(STORED, STORED, "stored")                                                                                          \
  V(STORED, REFUSED, "refused")                                                                                        \
  V(STORED, FAILED, "failed")

#define METRIC_SET_MADE(V)                                                                                             \
  V(MADE, READY, "ready")                                                                                              \
  V(MADE, FAILED, "failed")                                                                                            \
  V(MADE, RETRIED, "retried")                                                                                          \
  V(MADE, LOST, "lost")

/* What nginx delivers under a stream URL, by the name of the file. */
#define METRIC_SET_KIND(V)                                                                                             \
  V(KIND, FILE, "file")                                                                                                \
  V(KIND, REMOTE, "remote")                                                                                            \
  V(KIND, SEGMENT, "segment")                                                                                          \
  V(KIND, INIT, "init")                                                                                                \
  V(KIND, PLAYLIST, "playlist")                                                                                        \
  V(KIND, TEXT, "text")                                                                                                \
  V(KIND, IMAGE, "image")                                                                                              \
  V(KIND, OTHER, "other")

/* The number in the name of a package's segment: pictures from the largest on, then sounds. */
#define METRIC_SET_RENDITION(V)                                                                                        \
  V(RENDITION, NONE, "none")                                                                                           \
  V(RENDITION, 0, "0")                                                                                                 \
  V(RENDITION, 1, "1")                                                                                                 \
  V(RENDITION, 2, "2")                                                                                                 \
  V(RENDITION, 3, "3")                                                                                                 \
  V(RENDITION, 4, "4")                                                                                                 \
  V(RENDITION, 5, "5")                                                                                                 \
  V(RENDITION, 6, "6")                                                                                                 \
  V(RENDITION, 7, "7")                                                                                                 \
  V(RENDITION, OTHER, "other")

/* Name of the set, and of its label. */
#define METRIC_SETS(X)                                                                                                 \
  X(WORKER, "pool")                                                                                                    \
  X(POOL, "pool")                                                                                                      \
  X(CODE, "code")                                                                                                      \
  X(STATE, "state")                                                                                                    \
  X(EXIT, "reason")                                                                                                    \
  X(LIMIT, "limit")                                                                                                    \
  X(LOGIN, "result")                                                                                                   \
  X(CALLER, "caller")                                                                                                  \
  X(REFUSAL, "reason")                                                                                                 \
  X(TABLE, "table")                                                                                                    \
  X(LOOKUP, "result")                                                                                                  \
  X(OUTCOME, "result")                                                                                                 \
  X(WAY, "kind")                                                                                                       \
  X(STORED, "result")                                                                                                  \
  X(MADE, "result")                                                                                                    \
  X(KIND, "kind")                                                                                                      \
  X(RENDITION, "rendition")

#define METRIC_ENUMERATOR(set, id, text) METRIC_##set##_##id,
/* One enum a set: enum metric_code { METRIC_CODE_OTHER, …, METRIC_CODE_COUNT }. */
enum metric_worker { METRIC_SET_WORKER(METRIC_ENUMERATOR) METRIC_WORKER_COUNT };
enum metric_pool { METRIC_SET_POOL(METRIC_ENUMERATOR) METRIC_POOL_COUNT };
enum metric_code { METRIC_SET_CODE(METRIC_ENUMERATOR) METRIC_CODE_COUNT };
enum metric_state { METRIC_SET_STATE(METRIC_ENUMERATOR) METRIC_STATE_COUNT };
enum metric_exit { METRIC_SET_EXIT(METRIC_ENUMERATOR) METRIC_EXIT_COUNT };
enum metric_limit { METRIC_SET_LIMIT(METRIC_ENUMERATOR) METRIC_LIMIT_COUNT };
enum metric_login { METRIC_SET_LOGIN(METRIC_ENUMERATOR) METRIC_LOGIN_COUNT };
enum metric_caller { METRIC_SET_CALLER(METRIC_ENUMERATOR) METRIC_CALLER_COUNT };
enum metric_refusal { METRIC_SET_REFUSAL(METRIC_ENUMERATOR) METRIC_REFUSAL_COUNT };
enum metric_table { METRIC_SET_TABLE(METRIC_ENUMERATOR) METRIC_TABLE_COUNT };
enum metric_lookup { METRIC_SET_LOOKUP(METRIC_ENUMERATOR) METRIC_LOOKUP_COUNT };
enum metric_outcome { METRIC_SET_OUTCOME(METRIC_ENUMERATOR) METRIC_OUTCOME_COUNT };
enum metric_way { METRIC_SET_WAY(METRIC_ENUMERATOR) METRIC_WAY_COUNT };
enum metric_stored { METRIC_SET_STORED(METRIC_ENUMERATOR) METRIC_STORED_COUNT };
enum metric_made { METRIC_SET_MADE(METRIC_ENUMERATOR) METRIC_MADE_COUNT };
enum metric_kind { METRIC_SET_KIND(METRIC_ENUMERATOR) METRIC_KIND_COUNT };
enum metric_rendition { METRIC_SET_RENDITION(METRIC_ENUMERATOR) METRIC_RENDITION_COUNT };

_Static_assert((int)METRIC_WORKER_COUNT == (int)POOL_COUNT && (int)METRIC_WORKER_API == (int)POOL_API &&
                   (int)METRIC_POOL_HOUSEKEEPING == (int)POOL_HOUSEKEEPING && (int)METRIC_POOL_API == (int)POOL_API,
               "the sets begin with the pools");

#define METRIC_NONE_COUNT  1
#define METRIC_ROUTE_COUNT 160
/* What no route takes is counted by the pool that it came to. */
#define METRIC_ROUTE_UNKNOWN(pool) ((size_t)(pool))
#define METRIC_ROUTE_ROW(row)      ((size_t)POOL_COUNT + (row))

#define METRIC_LABEL_SET(set, label) METRIC_LABEL_##set,
/* METRIC_LABEL_NONE: no label. */
enum metric_label { METRIC_SETS(METRIC_LABEL_SET) METRIC_LABEL_NONE, METRIC_LABEL_ROUTE, METRIC_LABEL_COUNT };

#endif
