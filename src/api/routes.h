/* SPDX-License-Identifier: ISC */
/*
 * The routes: one table of method, path, pool, who may call, handler. Tests hold it against
 * docs/openapi.yaml and against nginx's routing (`mediagate routes` prints it).
 */
#ifndef MEDIAGATE_API_ROUTES_H
#define MEDIAGATE_API_ROUTES_H

#include <stddef.h>

#include "api/app.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"

enum route_caller {
  CALLER_ANYONE,
  CALLER_ADMINISTRATOR /* a good access token of an enabled account */
};

/* What a handler gets. The account is NULL for CALLER_ANYONE. */
struct call {
  struct app *app;
  struct request *request;
  struct response *response;
  const struct account *account;
  const struct access_token *token;
  const struct query *query; /* parsed; unknown and repeated names already refused against the route's list */
  const struct router_match *match;
};

struct route {
  enum http_method method;
  const char *pattern;
  const char *pool;
  enum route_caller caller;
  void (*handler)(struct call *call);
  const char *const *query_names; /* NULL-terminated; NULL: none are known */
};

const struct route *routes_table(size_t *ret_count);
/* Finds the route, checks pool, caller and query, calls the handler. The response is complete
 * afterwards. */
void routes_dispatch(struct app *app, struct request *request, struct response *response);

#endif
