/* SPDX-License-Identifier: ISC */
/*
 * The table of all routes, and the way of one request through it: find the row, check the pool,
 * find out who calls, read the query, call the handler.
 */
#include "config.h"

#include "api/routes.h"

#include <stdio.h>
#include <string.h>

#include "api/accounts/account_api.h"
#include "api/views/analytics_api.h"
#include "api/accounts/auth_api.h"
#include "api/views/export_api.h"
#include "api/guard.h"
#include "api/health_api.h"
#include "api/media/media_api.h"
#include "api/media/stream_api.h"
#include "api/media/subtitle_api.h"
#include "api/media/package_api.h"
#include "api/uploads/tus_api.h"
#include "api/uploads/tus_headers.h"
#include "api/uploads/upload_api.h"
#include "api/views/view_api.h"
#include "base/log.h"

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* clang-format off */
static const struct route table[] = {
    {HTTP_POST,   "/auth/signup",                 "auth",   CALLER_ANYONE,        account_api_signup,   NULL},
    {HTTP_POST,   "/auth/login",                  "auth",   CALLER_ANYONE,        auth_api_login,       NULL},
    {HTTP_POST,   "/auth/refresh",                "api",    CALLER_ANYONE,        auth_api_refresh,     NULL},
    {HTTP_POST,   "/auth/logout",                 "api",    CALLER_ADMINISTRATOR, auth_api_logout,      NULL},
    {HTTP_GET,    "/auth/me",                     "fast",   CALLER_ADMINISTRATOR, account_api_me,       NULL},
    {HTTP_PUT,    "/auth/password",               "auth",   CALLER_ADMINISTRATOR, account_api_password, NULL},
    {HTTP_POST,   "/media/media",                 "api",    CALLER_ADMINISTRATOR, media_api_create,     NULL},
    {HTTP_GET,    "/media/media",                 "api",    CALLER_ADMINISTRATOR, media_api_list,       NAMES("type", "q", "limit", "cursor")},
    {HTTP_GET,    "/media/media/{id}",            "fast",   CALLER_ADMINISTRATOR, media_api_get,        NULL},
    {HTTP_PATCH,  "/media/media/{id}",            "api",    CALLER_ADMINISTRATOR, media_api_change,     NULL},
    {HTTP_DELETE, "/media/media/{id}",            "api",    CALLER_ADMINISTRATOR, media_api_delete,     NULL},
    {HTTP_PUT,    "/media/media/{id}/file",       "upload", CALLER_ADMINISTRATOR, upload_api_put_file,  NULL},
    {HTTP_POST,   "/media/media/{id}/package",    "api",    CALLER_ADMINISTRATOR, package_api_request,  NULL},
    {HTTP_DELETE, "/media/media/{id}/package",    "api",    CALLER_ADMINISTRATOR, package_api_remove,   NAMES("keep")},
    {HTTP_PUT,    "/media/media/{id}/subtitles/{lang}", "api", CALLER_ADMINISTRATOR, subtitle_api_put,  NULL},
    {HTTP_DELETE, "/media/media/{id}/subtitles/{lang}", "api", CALLER_ADMINISTRATOR, subtitle_api_remove, NULL},
    {HTTP_OPTIONS, "/uploads",                    "upload", CALLER_ANYONE,        tus_api_discover,     NULL},
    {HTTP_POST,   "/uploads",                     "upload", CALLER_ADMINISTRATOR, tus_api_create,       NULL},
    {HTTP_OPTIONS, "/uploads/{upload_id}",        "upload", CALLER_ANYONE,        tus_api_discover,     NULL},
    {HTTP_HEAD,   "/uploads/{upload_id}",         "upload", CALLER_ADMINISTRATOR, tus_api_tell,         NULL},
    {HTTP_PATCH,  "/uploads/{upload_id}",         "upload", CALLER_ADMINISTRATOR, tus_api_append,       NULL},
    {HTTP_DELETE, "/uploads/{upload_id}",         "upload", CALLER_ADMINISTRATOR, tus_api_terminate,    NULL},
    {HTTP_GET,    "/media/media/{id}/stream-url", "fast",   CALLER_ADMINISTRATOR, stream_api_issue,     NAMES("ttl_seconds", "viewer", "bind_ip", "download")},
    {HTTP_DELETE, "/media/grants/{grant_id}",     "api",    CALLER_ADMINISTRATOR, stream_api_revoke,    NULL},
    {HTTP_POST,   "/media/media/{id}/view",       "api",    CALLER_ADMINISTRATOR, view_api_report,      NULL},
    {HTTP_GET,    "/media/media/{id}/views",      "api",    CALLER_ADMINISTRATOR, view_api_list,        NAMES("limit", "cursor", "bots")},
    {HTTP_GET,    "/media/media/{id}/analytics",  "api",    CALLER_ADMINISTRATOR, analytics_api_media,  NAMES("from", "to", "interval", "tz", "bots")},
    {HTTP_GET,    "/analytics/overview",          "api",    CALLER_ADMINISTRATOR, analytics_api_overview, NAMES("from", "to", "interval", "tz", "bots")},
    {HTTP_GET,    "/analytics/top",               "api",    CALLER_ADMINISTRATOR, analytics_api_top,    NAMES("from", "to", "by", "limit", "bots")},
    {HTTP_GET,    "/analytics/live",              "api",    CALLER_ADMINISTRATOR, analytics_api_live,   NAMES("limit", "bots")},
    {HTTP_GET,    "/analytics/export",            "api",    CALLER_ADMINISTRATOR, export_api_views,     NAMES("format", "from", "to", "media_id", "cursor", "bots")},
    {HTTP_GET,    "/livez",                       "api",    CALLER_ANYONE,        health_api_live,      NULL},
    {HTTP_GET,    "/readyz",                      "api",    CALLER_ANYONE,        health_api_ready,     NULL},
    /* Asked by nginx itself once it has checked a stream URL; no client can reach it. */
    {HTTP_GET,    "/internal/origin",             "fast",   CALLER_ANYONE,        stream_api_origin,    NULL},
};
/* clang-format on */
static const size_t table_count = sizeof table / sizeof *table;

const struct route *routes_table(size_t *ret_count) {
  *ret_count = table_count;
  return table;
}

static struct router_row row_at(size_t index) {
  return (struct router_row){.method = table[index].method, .pattern = table[index].pattern};
}

/* The row for this request. NULL: the response has the 404 or 405. */
static const struct route *find_route(struct request *request, struct response *response,
                                      struct router_match *ret_match) {
  enum http_method method = tus_headers_begin(request, response);
  enum error error = router_find(row_at, table_count, method, request->path, ret_match);
  if (error == ERROR_CONFLICT) {
    response_header(response, "Allow", ret_match->allow);
    response_problem(response, 405, "This path knows %s only.", ret_match->allow);
  } else if (error != ERROR_NONE) {
    response_problem(response, 404, "There is nothing at this path.");
  }
  return error == ERROR_NONE ? &table[ret_match->row] : NULL;
}

/* A worker has what the routes of its pool need, no more. nginx knows which is which; a test holds
 * the two together. */
static bool pool_fits(const struct call *call, const struct route *route) {
  if (strcmp(route->pool, call->app->pool_name) == 0) {
    return true;
  }
  log_event(LOG_LEVEL_ERROR, "wrong_pool", LOG_STR("route", route->pattern), LOG_STR("pool", route->pool),
            LOG_STR("sent_to", call->app->pool_name));
  response_problem(call->response, 500,
                   "nginx sent this request to the wrong pool; its configuration is not of this version.");
  return false;
}

/* False: the response has the 400 or 422. */
static bool read_query(const struct call *call, const struct route *route, struct query *ret_query) {
  static const char *const none[] = {NULL};
  const char *text = call->request->query_text;
  enum error error = query_parse(text, strlen(text), ret_query);
  if (error == ERROR_INVALID) {
    response_problem(call->response, 400,
                     "The query does not parse: it must be UTF-8 without control characters, percent-encoded.");
    return false;
  }
  if (error != ERROR_NONE) {
    response_error(call->response, error);
    return false;
  }
  char pointer[64];
  const char *unknown = query_unknown(ret_query, route->query_names != NULL ? route->query_names : none);
  const char *repeated = query_repeated(ret_query);
  if (unknown != NULL) {
    snprintf(pointer, sizeof pointer, "?%s", unknown);
    response_field_error(call->response, pointer, "is not known here");
  }
  if (repeated != NULL) {
    snprintf(pointer, sizeof pointer, "?%s", repeated);
    response_field_error(call->response, pointer, "may be given once only");
  }
  if (response_has_field_errors(call->response)) {
    response_problem_fields(call->response);
    return false;
  }
  return true;
}

void routes_dispatch(struct app *app, struct request *request, struct response *response) {
  struct router_match match;
  const struct route *route = find_route(request, response, &match);
  if (route == NULL) {
    return;
  }
  request->route = route->pattern;
  struct guard_identity identity;
  struct query query = {.count = 0};
  struct call call = {.app = app, .request = request, .response = response, .query = &query, .match = &match};
  if (pool_fits(&call, route) && (route->caller == CALLER_ANYONE || guard_admit(&call, &identity)) &&
      read_query(&call, route, &query)) {
    route->handler(&call);
  }
  query_free(&query);
  tus_headers_end(request, response);
}
