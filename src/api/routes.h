/* SPDX-License-Identifier: ISC */
/*
 * The routes: one table of method, path, pool, who may call, scope, handler. Tests hold it against
 * docs/openapi.yaml and against nginx's routing (`mediagate routes` prints it).
 */
#ifndef MEDIAGATE_API_ROUTES_H
#define MEDIAGATE_API_ROUTES_H

#include <stddef.h>

#include "api/app.h"
#include "api/call.h"
#include "domain/scope.h"
#include "http/request.h"
#include "http/response.h"

enum route_caller {
  CALLER_ANYONE,
  CALLER_LOCAL,         /* a process of this machine that sends no token; else as CALLER_ADMINISTRATOR */
  CALLER_ADMINISTRATOR, /* a good access token of an enabled account, or a good API key */
  CALLER_PERSON,        /* a good access token, no key: what is an account's own */
  CALLER_ENROLLING,     /* the same, of who has no second factor where all must have one, too */
  CALLER_READER,        /* a reader of a shared report, who has no account; nobody else */
  CALLER_LINK           /* the same, who may not have said the report's password yet */
};

/* What a protocol needs around the handlers of its routes. `begin` runs as soon as the path is known to be one of its
 * routes', so for a refusal too: a wrong method, a caller who may not. */
struct route_wrap {
  enum http_method (*method)(const struct request *request); /* the method that counts */
  void (*begin)(struct call *call);
  void (*end)(struct call *call);
};

struct route {
  enum http_method method;
  const char *pattern;
  enum pool pool;
  enum route_caller caller;
  enum scope scope; /* what the caller must have; SCOPE_NONE: nothing more */
  void (*handler)(struct call *call);
  const char *const *query_names; /* NULL-terminated; NULL: none are known */
  const struct route_wrap *wrap;  /* NULL: nothing; the same in all routes of one path */
  bool idempotent;                /* takes an Idempotency-Key, see idempotency.h; the caller is known */
};

const struct route *routes_table(size_t *ret_count);
/* What metrics call a row (metric_name_routes). False: there is no such row. */
bool routes_name(size_t row, const char **ret_pool, const char **ret_route, const char **ret_method);
/* The methods that a path or a pattern knows, as Allow lists them, in ret_match->allow. False: it knows none. */
bool routes_methods(const char *path, struct router_match *ret_match);
/* Finds the route, checks pool, caller and query, calls the handler. The response is complete
 * afterwards. */
void routes_dispatch(struct app *app, struct request *request, struct response *response);

#endif
