/* SPDX-License-Identifier: ISC */
/*
 * The table of all routes, and the way of one request through it: find the row, check the pool,
 * find out who calls and what the caller may do, read the query, call the handler.
 */
#include "config.h"

#include "api/routes.h"

#include <stdio.h>
#include <string.h>

#include "api/guard.h"
#include "api/guard_report.h"
#include "api/handlers.h"
#include "api/idempotency.h"
#include "api/report_scope.h"
#include "base/log.h"
#include "metrics/metric_label.h"

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define FILTERS    "country", "referrer", "viewer", "source", "device", "system", "browser", "rendition"

static const struct route_wrap tus = {.method = tus_api_method, .begin = tus_api_begin, .end = tus_api_end};

/* clang-format off */
/* A row may end before its last fields, which are false then. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
static const struct route table[] = {
    {HTTP_POST,   "/auth/signup",                 POOL_AUTH,   CALLER_ANYONE,        SCOPE_NONE,            account_api_signup,     NULL, NULL},
    {HTTP_POST,   "/auth/login",                  POOL_AUTH,   CALLER_ANYONE,        SCOPE_NONE,            auth_api_login,         NULL, NULL},
    {HTTP_POST,   "/auth/refresh",                POOL_API,    CALLER_ANYONE,        SCOPE_NONE,            auth_api_refresh,       NULL, NULL},
    {HTTP_POST,   "/auth/logout",                 POOL_API,    CALLER_ANYONE,        SCOPE_NONE,            auth_api_logout,        NULL, NULL},
    {HTTP_GET,    "/auth/signup",                 POOL_AUTH,   CALLER_ANYONE,        SCOPE_NONE,            account_api_policy,     NULL, NULL},
    {HTTP_GET,    "/auth/me",                     POOL_FAST,   CALLER_PERSON,        SCOPE_NONE,            account_api_me,         NULL, NULL},
    {HTTP_PUT,    "/auth/password",               POOL_AUTH,   CALLER_PERSON,        SCOPE_NONE,            account_api_password,   NULL, NULL},
    {HTTP_POST,   "/auth/totp",                   POOL_AUTH,   CALLER_ENROLLING,     SCOPE_NONE,            totp_api_begin,         NULL, NULL},
    {HTTP_POST,   "/auth/totp/confirm",           POOL_AUTH,   CALLER_ENROLLING,     SCOPE_NONE,            totp_api_confirm,       NULL, NULL},
    {HTTP_DELETE, "/auth/totp",                   POOL_AUTH,   CALLER_PERSON,        SCOPE_NONE,            totp_api_remove,        NULL, NULL},
    {HTTP_GET,    "/auth/sessions",               POOL_API,    CALLER_PERSON,        SCOPE_NONE,            session_api_list,       NAMES("limit", "cursor"), NULL},
    {HTTP_DELETE, "/auth/sessions",               POOL_API,    CALLER_PERSON,        SCOPE_NONE,            session_api_end_others, NULL, NULL},
    {HTTP_DELETE, "/auth/sessions/{session_id}",  POOL_API,    CALLER_PERSON,        SCOPE_NONE,            session_api_end,        NULL, NULL},
    {HTTP_GET,    "/accounts",                    POOL_API,    CALLER_ADMINISTRATOR, SCOPE_ACCOUNTS_MANAGE, accounts_api_list,      NAMES("limit", "cursor"), NULL},
    {HTTP_GET,    "/accounts/{id}",               POOL_API,    CALLER_ADMINISTRATOR, SCOPE_ACCOUNTS_MANAGE, accounts_api_get,       NULL, NULL},
    {HTTP_PATCH,  "/accounts/{id}",               POOL_API,    CALLER_ADMINISTRATOR, SCOPE_ACCOUNTS_MANAGE, accounts_api_change,    NULL, NULL},
    {HTTP_POST,   "/invitations",                 POOL_API,    CALLER_ADMINISTRATOR, SCOPE_ACCOUNTS_MANAGE, invitation_api_create,  NULL, NULL, true},
    {HTTP_GET,    "/invitations",                 POOL_API,    CALLER_ADMINISTRATOR, SCOPE_ACCOUNTS_MANAGE, invitation_api_list,    NAMES("limit", "cursor"), NULL},
    {HTTP_DELETE, "/invitations/{id}",            POOL_API,    CALLER_ADMINISTRATOR, SCOPE_ACCOUNTS_MANAGE, invitation_api_delete,  NULL, NULL},
    {HTTP_POST,   "/keys",                        POOL_API,    CALLER_ADMINISTRATOR, SCOPE_KEYS_MANAGE,     key_api_create,         NULL, NULL, true},
    {HTTP_GET,    "/keys",                        POOL_API,    CALLER_ADMINISTRATOR, SCOPE_KEYS_MANAGE,     key_api_list,           NAMES("limit", "cursor"), NULL},
    {HTTP_GET,    "/keys/{id}",                   POOL_API,    CALLER_ADMINISTRATOR, SCOPE_KEYS_MANAGE,     key_api_get,            NULL, NULL},
    {HTTP_DELETE, "/keys/{id}",                   POOL_API,    CALLER_ADMINISTRATOR, SCOPE_KEYS_MANAGE,     key_api_revoke,         NULL, NULL},
    {HTTP_POST,   "/keys/{id}/rotate",            POOL_API,    CALLER_ADMINISTRATOR, SCOPE_KEYS_MANAGE,     key_api_rotate,         NULL, NULL, true},
    {HTTP_DELETE, "/keys/{id}/grants",            POOL_API,    CALLER_ADMINISTRATOR, SCOPE_KEYS_MANAGE,     key_api_revoke_grants,  NULL, NULL},
    {HTTP_POST,   "/media/media",                 POOL_API,    CALLER_ADMINISTRATOR, SCOPE_MEDIA_WRITE,     media_api_create,       NULL, NULL, true},
    {HTTP_GET,    "/media/media",                 POOL_API,    CALLER_ADMINISTRATOR, SCOPE_MEDIA_READ,      media_api_list,         NAMES("type", "q", "description", "tags", "external_id", "metadata", "package", "has_file", "sort", "order", "count", "limit", "cursor"), NULL},
    {HTTP_PATCH,  "/media/media",                 POOL_API,    CALLER_ADMINISTRATOR, SCOPE_MEDIA_WRITE,     media_api_change_many,  NULL, NULL},
    {HTTP_DELETE, "/media/media",                 POOL_API,    CALLER_ADMINISTRATOR, SCOPE_MEDIA_DELETE,    media_api_delete_many,  NAMES("ids"), NULL},
    {HTTP_GET,    "/media/media/{id}",            POOL_FAST,   CALLER_ADMINISTRATOR, SCOPE_MEDIA_READ,      media_api_get,          NULL, NULL},
    {HTTP_PATCH,  "/media/media/{id}",            POOL_API,    CALLER_ADMINISTRATOR, SCOPE_MEDIA_WRITE,     media_api_change,       NULL, NULL},
    {HTTP_DELETE, "/media/media/{id}",            POOL_API,    CALLER_ADMINISTRATOR, SCOPE_MEDIA_DELETE,    media_api_delete,       NULL, NULL},
    {HTTP_PUT,    "/media/media/{id}/file",       POOL_UPLOAD, CALLER_ADMINISTRATOR, SCOPE_UPLOADS_WRITE,   upload_api_put_file,    NULL, NULL},
    {HTTP_POST,   "/media/media/{id}/package",    POOL_API,    CALLER_ADMINISTRATOR, SCOPE_PACKAGES_WRITE,  package_api_request,    NAMES("priority"), NULL},
    {HTTP_DELETE, "/media/media/{id}/package",    POOL_API,    CALLER_ADMINISTRATOR, SCOPE_PACKAGES_WRITE,  package_api_remove,     NAMES("keep"), NULL},
    {HTTP_GET,    "/media/media/{id}/package/log", POOL_API,   CALLER_ADMINISTRATOR, SCOPE_MEDIA_READ,      job_api_log,            NULL, NULL},
    {HTTP_GET,    "/packages",                    POOL_API,    CALLER_ADMINISTRATOR, SCOPE_MEDIA_READ,      job_api_list,           NAMES("state", "limit", "cursor"), NULL},
    {HTTP_PUT,    "/media/media/{id}/subtitles/{lang}", POOL_API, CALLER_ADMINISTRATOR, SCOPE_SUBTITLES_WRITE, subtitle_api_put,       NAMES("label", "forced", "sdh"), NULL},
    {HTTP_DELETE, "/media/media/{id}/subtitles/{lang}", POOL_API, CALLER_ADMINISTRATOR, SCOPE_SUBTITLES_WRITE, subtitle_api_remove,    NULL, NULL},
    {HTTP_PUT,    "/media/media/{id}/poster",     POOL_API,    CALLER_ADMINISTRATOR, SCOPE_MEDIA_WRITE,     poster_api_put,         NAMES("time_seconds"), NULL},
    {HTTP_DELETE, "/media/media/{id}/poster",     POOL_API,    CALLER_ADMINISTRATOR, SCOPE_MEDIA_WRITE,     poster_api_remove,      NULL, NULL},
    {HTTP_GET,    "/media/media/{id}/chapters",   POOL_API,    CALLER_ADMINISTRATOR, SCOPE_MEDIA_READ,      chapter_api_get,        NULL, NULL},
    {HTTP_PUT,    "/media/media/{id}/chapters",   POOL_API,    CALLER_ADMINISTRATOR, SCOPE_SUBTITLES_WRITE, chapter_api_put,        NULL, NULL},
    {HTTP_DELETE, "/media/media/{id}/chapters",   POOL_API,    CALLER_ADMINISTRATOR, SCOPE_SUBTITLES_WRITE, chapter_api_remove,     NULL, NULL},
    {HTTP_POST,   "/upload-urls",                 POOL_API,    CALLER_ADMINISTRATOR, SCOPE_UPLOADS_WRITE,   upload_url_api_create,  NULL, NULL, true},
    {HTTP_DELETE, "/upload-urls/{upload_id}",     POOL_API,    CALLER_ADMINISTRATOR, SCOPE_UPLOADS_WRITE,   upload_url_api_cancel,  NULL, NULL},
    {HTTP_GET,    "/uploads",                     POOL_API,    CALLER_ADMINISTRATOR, SCOPE_UPLOADS_WRITE,   upload_url_api_list,    NAMES("state", "limit", "cursor"), &tus},
    {HTTP_OPTIONS, "/uploads",                    POOL_API,    CALLER_ANYONE,        SCOPE_NONE,            tus_api_discover,       NULL, &tus},
    {HTTP_POST,   "/uploads",                     POOL_UPLOAD, CALLER_ADMINISTRATOR, SCOPE_UPLOADS_WRITE,   tus_api_create,         NULL, &tus, true},
    {HTTP_OPTIONS, "/uploads/{upload_id}",        POOL_API,    CALLER_ANYONE,        SCOPE_NONE,            tus_api_discover,       NULL, &tus},
    {HTTP_POST,   "/uploads/{upload_id}",         POOL_UPLOAD, CALLER_ADMINISTRATOR, SCOPE_UPLOADS_WRITE,   tus_api_create_at_url,  NULL, &tus},
    {HTTP_HEAD,   "/uploads/{upload_id}",         POOL_UPLOAD, CALLER_ADMINISTRATOR, SCOPE_UPLOADS_WRITE,   tus_api_tell,           NULL, &tus},
    {HTTP_PATCH,  "/uploads/{upload_id}",         POOL_UPLOAD, CALLER_ADMINISTRATOR, SCOPE_UPLOADS_WRITE,   tus_api_append,         NULL, &tus},
    {HTTP_DELETE, "/uploads/{upload_id}",         POOL_UPLOAD, CALLER_ADMINISTRATOR, SCOPE_UPLOADS_WRITE,   tus_api_terminate,      NULL, &tus},
    {HTTP_GET,    "/media/media/{id}/stream-url", POOL_FAST,   CALLER_ADMINISTRATOR, SCOPE_STREAMS_ISSUE,   stream_api_issue,       NAMES("ttl_seconds", "viewer", "bind_ip", "download"), NULL},
    {HTTP_POST,   "/media/media/{id}/grants",     POOL_API,    CALLER_ADMINISTRATOR, SCOPE_STREAMS_ISSUE,   grant_api_create,       NULL, NULL},
    {HTTP_POST,   "/media/stream-urls",           POOL_API,    CALLER_ADMINISTRATOR, SCOPE_STREAMS_ISSUE,   grant_api_create_many,  NULL, NULL},
    {HTTP_POST,   "/media/grants/{grant_id}/renew", POOL_API,  CALLER_ADMINISTRATOR, SCOPE_STREAMS_ISSUE,   grant_api_renew,        NULL, NULL},
    {HTTP_DELETE, "/media/grants/{grant_id}",     POOL_API,    CALLER_ADMINISTRATOR, SCOPE_STREAMS_REVOKE,  stream_api_revoke,      NULL, NULL},
    {HTTP_POST,   "/media/media/{id}/view",       POOL_API,    CALLER_ADMINISTRATOR, SCOPE_VIEWS_REPORT,    view_api_report,        NULL, NULL, true},
    {HTTP_GET,    "/media/media/{id}/views",      POOL_API,    CALLER_ADMINISTRATOR, SCOPE_ANALYTICS_READ,  view_api_list,          NAMES("limit", "cursor", "bots", "internal", FILTERS), NULL},
    {HTTP_GET,    "/media/media/{id}/analytics",  POOL_API,    CALLER_ADMINISTRATOR, SCOPE_ANALYTICS_READ,  analytics_api_media,    NAMES("from", "to", "interval", "tz", "bots", "internal", "group_by", "groups", FILTERS), NULL},
    {HTTP_GET,    "/media/media/{id}/retention",  POOL_API,    CALLER_ADMINISTRATOR, SCOPE_ANALYTICS_READ,  retention_api_media,    NAMES("from", "to", "tz", "bots", "internal", "buckets", FILTERS), NULL},
    {HTTP_GET,    "/media/grants/{grant_id}/explain", POOL_API, CALLER_ADMINISTRATOR, SCOPE_ANALYTICS_READ,  explain_api_grant,      NULL, NULL},
    {HTTP_GET,    "/analytics/overview",          POOL_API,    CALLER_ADMINISTRATOR, SCOPE_ANALYTICS_READ,  analytics_api_overview, NAMES("from", "to", "interval", "tz", "bots", "internal", "group_by", "groups", FILTERS), NULL},
    {HTTP_GET,    "/analytics/top",               POOL_API,    CALLER_ADMINISTRATOR, SCOPE_ANALYTICS_READ,  analytics_api_top,      NAMES("from", "to", "tz", "by", "limit", "bots", "internal", FILTERS), NULL},
    {HTTP_GET,    "/analytics/live",              POOL_API,    CALLER_ADMINISTRATOR, SCOPE_ANALYTICS_READ,  analytics_api_live,     NAMES("limit", "bots", "internal"), NULL},
    {HTTP_GET,    "/analytics/export",            POOL_API,    CALLER_ADMINISTRATOR, SCOPE_EXPORT_READ,     export_api_views,       NAMES("format", "from", "to", "tz", "media_id", "cursor", "bots", "internal", FILTERS), NULL},
    {HTTP_POST,   "/reports",                     POOL_AUTH,   CALLER_ADMINISTRATOR, SCOPE_REPORTS_MANAGE,  report_api_create,      NULL, NULL, true},
    {HTTP_GET,    "/reports",                     POOL_API,    CALLER_ADMINISTRATOR, SCOPE_REPORTS_MANAGE,  report_api_list,        NAMES("limit", "cursor"), NULL},
    {HTTP_GET,    "/reports/{id}",                POOL_API,    CALLER_ADMINISTRATOR, SCOPE_REPORTS_MANAGE,  report_api_get,         NULL, NULL},
    {HTTP_DELETE, "/reports/{id}",                POOL_API,    CALLER_ADMINISTRATOR, SCOPE_REPORTS_MANAGE,  report_api_delete,      NULL, NULL},
    {HTTP_POST,   "/report/session",              POOL_AUTH,   CALLER_LINK,          SCOPE_NONE,            reader_api_session,     NULL, NULL},
    {HTTP_GET,    "/report",                      POOL_API,    CALLER_READER,        SCOPE_NONE,            reader_api_tell,        NULL, NULL},
    {HTTP_GET,    "/report/analytics",            POOL_API,    CALLER_READER,        SCOPE_NONE,            analytics_api_report,   NAMES("from", "to", "interval", "tz", "bots", FILTERS), NULL},
    {HTTP_GET,    "/report/retention",            POOL_API,    CALLER_READER,        SCOPE_NONE,            retention_api_report,   NAMES("from", "to", "tz", "bots", "buckets", FILTERS), NULL},
    {HTTP_GET,    "/report/top",                  POOL_API,    CALLER_READER,        SCOPE_NONE,            analytics_api_report_top, NAMES("from", "to", "tz", "by", "limit", "bots", FILTERS), NULL},
    {HTTP_GET,    "/events",                      POOL_API,    CALLER_ADMINISTRATOR, SCOPE_AUDIT_READ,      event_api_list,         NAMES("after", "type", "actor", "subject", "order", "limit"), NULL},
    {HTTP_GET,    "/events/export",               POOL_API,    CALLER_ADMINISTRATOR, SCOPE_AUDIT_READ,      event_api_export,       NAMES("after", "type", "actor", "subject"), NULL},
    {HTTP_POST,   "/webhooks",                    POOL_API,    CALLER_ADMINISTRATOR, SCOPE_WEBHOOKS_MANAGE, webhook_api_create,     NULL, NULL, true},
    {HTTP_GET,    "/webhooks",                    POOL_API,    CALLER_ADMINISTRATOR, SCOPE_WEBHOOKS_MANAGE, webhook_api_list,       NAMES("limit", "cursor"), NULL},
    {HTTP_GET,    "/webhooks/{id}",               POOL_API,    CALLER_ADMINISTRATOR, SCOPE_WEBHOOKS_MANAGE, webhook_api_get,        NULL, NULL},
    {HTTP_PATCH,  "/webhooks/{id}",               POOL_API,    CALLER_ADMINISTRATOR, SCOPE_WEBHOOKS_MANAGE, webhook_api_change,     NULL, NULL},
    {HTTP_DELETE, "/webhooks/{id}",               POOL_API,    CALLER_ADMINISTRATOR, SCOPE_WEBHOOKS_MANAGE, webhook_api_delete,     NULL, NULL},
    {HTTP_POST,   "/webhooks/{id}/rotate",        POOL_API,    CALLER_ADMINISTRATOR, SCOPE_WEBHOOKS_MANAGE, webhook_api_rotate,     NULL, NULL, true},
    {HTTP_POST,   "/webhooks/{id}/test",          POOL_API,    CALLER_ADMINISTRATOR, SCOPE_WEBHOOKS_MANAGE, delivery_api_test,      NULL, NULL},
    {HTTP_GET,    "/webhooks/{id}/deliveries",    POOL_API,    CALLER_ADMINISTRATOR, SCOPE_WEBHOOKS_MANAGE, delivery_api_list,      NAMES("limit", "cursor"), NULL},
    {HTTP_POST,   "/webhooks/{id}/deliveries/{delivery_id}/resend", POOL_API, CALLER_ADMINISTRATOR, SCOPE_WEBHOOKS_MANAGE, delivery_api_resend, NULL, NULL},
    {HTTP_GET,    "/livez",                       POOL_API,    CALLER_ANYONE,        SCOPE_NONE,            health_api_live,        NULL, NULL},
    {HTTP_GET,    "/readyz",                      POOL_API,    CALLER_ANYONE,        SCOPE_NONE,            health_api_ready,       NULL, NULL},
    {HTTP_GET,    "/metrics",                     POOL_API,    CALLER_LOCAL,         SCOPE_METRICS_READ,    metrics_api_scrape,     NULL, NULL},
    {HTTP_GET,    "/status",                      POOL_API,    CALLER_ADMINISTRATOR, SCOPE_ANALYTICS_READ,  status_api_get,         NULL, NULL},
    {HTTP_GET,    "/settings",                    POOL_API,    CALLER_ADMINISTRATOR, SCOPE_AUDIT_READ,      settings_api_list,      NULL, NULL},
    /* Asked by nginx itself once it has checked a stream URL; no client can reach it. */
    {HTTP_GET,    "/internal/origin",             POOL_FAST,   CALLER_ANYONE,        SCOPE_NONE,            stream_api_origin,     NULL, NULL},
    /* Asked by nginx itself before an upload takes a worker: may the caller upload? */
    {HTTP_GET,    "/internal/caller",             POOL_FAST,   CALLER_ADMINISTRATOR, SCOPE_UPLOADS_WRITE,   account_api_is_known,  NULL, NULL},
};
#pragma GCC diagnostic pop
/* clang-format on */
static const size_t table_count = sizeof table / sizeof *table;
_Static_assert(METRIC_ROUTE_ROW(sizeof table / sizeof *table) <= METRIC_ROUTE_COUNT, "a page has room for each route");

const struct route *routes_table(size_t *ret_count) {
  *ret_count = table_count;
  return table;
}

bool routes_name(size_t row, const char **ret_pool, const char **ret_route, const char **ret_method) {
  if (row >= table_count) {
    return false;
  }
  *ret_pool = pool_name(table[row].pool);
  *ret_route = table[row].pattern;
  *ret_method = request_method_name(table[row].method);
  return true;
}

static struct router_row row_at(size_t index) {
  return (struct router_row){.method = table[index].method, .pattern = table[index].pattern};
}

bool routes_methods(const char *path, struct router_match *ret_match) {
  return router_find(row_at, table_count, HTTP_OTHER, path, ret_match) == ERROR_CONFLICT;
}

/* The row for this call. NULL: the response has the 404 or 405. What the path's protocol wants begins in both cases. */
static const struct route *find_route(struct call *call, struct router_match *ret_match,
                                      const struct route_wrap **ret_wrap) {
  const char *path = call->request->path;
  enum http_method method = call->request->method;
  enum error error = router_find(row_at, table_count, method, path, ret_match);
  if (error == ERROR_NOT_FOUND) {
    response_problem(call->response, 404, "There is nothing at this path.");
    return NULL;
  }
  const struct route_wrap *wrap = table[ret_match->row].wrap;
  if (wrap != NULL) {
    *ret_wrap = wrap;
    wrap->begin(call);
    if (wrap->method(call->request) != method) {
      error = router_find(row_at, table_count, wrap->method(call->request), path, ret_match);
    }
  }
  if (error != ERROR_NONE) {
    response_header(call->response, "Allow", ret_match->allow);
    response_problem(call->response, 405, "This path knows %s only.", ret_match->allow);
    return NULL;
  }
  return &table[ret_match->row];
}

/* A worker has what the routes of its pool need, no more. nginx knows which is which; a test holds
 * the two together. */
static bool pool_fits(const struct call *call, const struct route *route) {
  if (route->pool == call->app->pool) {
    return true;
  }
  log_event(LOG_LEVEL_ERROR, "wrong_pool", LOG_STR("route", route->pattern), LOG_STR("pool", pool_name(route->pool)),
            LOG_STR("sent_to", pool_name(call->app->pool)));
  response_problem(call->response, 500,
                   "nginx sent this request to the wrong pool; its configuration is not of this version.");
  return false;
}

/* False: the response has the 400 or 422. */
static bool read_route_query(const struct call *call, const struct route *route, struct query *ret_query) {
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

static bool is_for_people(enum route_caller caller) {
  return caller == CALLER_PERSON || caller == CALLER_ENROLLING;
}

/* False: the response has the answer. */
static bool admit_reader(struct call *call, const struct route *route, struct guard_identity *storage) {
  return guard_report_admit(call, storage, route->caller == CALLER_READER);
}

/* A reader asks within the report. False: the response has the answer. */
static bool scope_query(struct call *call, const struct route *route, struct query *query) {
  if (call->report == NULL || route->query_names == NULL) {
    return true;
  }
  enum error error = report_scope_fill(call, query);
  if (error != ERROR_NONE) {
    call_fail(call, error, "asking within a report");
  }
  return error == ERROR_NONE;
}

/* False: the response has the answer. */
static bool admit(struct call *call, const struct route *route, struct guard_identity *storage) {
  call->enrols = route->caller == CALLER_ENROLLING;
  if (route->caller == CALLER_READER || route->caller == CALLER_LINK) {
    return admit_reader(call, route, storage);
  }
  return route->caller == CALLER_ANYONE || (route->caller == CALLER_LOCAL && guard_is_local(call->request)) ||
         (guard_admit(call, storage) && (!is_for_people(route->caller) || guard_permit_person(call)) &&
          guard_permit(call, route->scope));
}

static void run_route(struct call *call, const struct route *route) {
  struct guard_identity identity = {.key = {.id = 0}};
  struct query query = {.count = 0};
  call->query = &query;
  call->request->route = route->pattern;
  call->request->route_row = (int)(route - table);
  if (route->caller == CALLER_ANYONE) { /* others are known below */
    call_act_as(call, "anyone");
  }
  if (pool_fits(call, route) && admit(call, route, &identity) && read_route_query(call, route, &query) &&
      scope_query(call, route, &query)) {
    /* Its statements cost more then, so strangers cannot ask for it. */
    if (call->request->trace.sampled && call->account != NULL) {
      database_set_trace(call->app->database, call->request->trace.parent);
    }
    if (route->idempotent && idempotency_key_is_sent(call)) {
      idempotency_run(call, route->handler);
    } else {
      route->handler(call);
    }
  }
  call->query = NULL;
  call->account = NULL; /* `identity` ends here */
  call->token = NULL;
  call->key = NULL;
  call->upload = NULL;
  call->report = NULL;
  query_free(&query);
}

void routes_dispatch(struct app *app, struct request *request, struct response *response) {
  struct router_match match;
  struct call call = {.app = app, .request = request, .response = response, .match = &match};
  const struct route_wrap *wrap = NULL;
  const struct route *route = find_route(&call, &match, &wrap);
  if (route != NULL) {
    run_route(&call, route);
  }
  if (wrap != NULL) {
    wrap->end(&call);
  }
}
