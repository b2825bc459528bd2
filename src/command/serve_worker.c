/* SPDX-License-Identifier: ISC */
/*
 * The workers of all pools: the state that each opens after the fork, and the way of one request through it.
 */
#include "config.h"

#include "command/serve_worker.h"

#include <stdlib.h>
#include <string.h>

#include "api/app.h"
#include "api/platform.h"
#include "api/routes.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/subprocess.h"
#include "command/command_audience.h"
#include "command/command_database.h"
#include "command/command_media.h"
#include "command/confinement.h"
#include "command/pools.h"
#include "command/serve_context.h"
#include "files/media_objects.h"
#include "http/request.h"
#include "http/response.h"
#include "metrics/metric.h"
#include "process/process_usage.h"
#include "security/crypto.h"
#include "upkeep/chores.h"

/* A request that took longer is worth a line whatever it was. */
#define SLOW_MS      1000
#define BODY_WAIT_MS 1000
/* What the fast pool, whose connections all wait for each other, may wait for a connection to the database. */
#define CONNECT_WAIT_MS 250
/* Tokens that a fast or api worker remembers: a few for each application that asks for stream URLs. */
#define MEMO_SLOTS 509

struct worker {
  struct app app;
  struct scoreboard_slot *slot;
  struct upkeep upkeep;
  struct chores *chores; /* NULL but in the housekeeping pool */
  bool schema_is_good;   /* seen once */
  bool told_of_proxy;    /* see tell_of_proxy */
};

static void beat(void *context) {
  scoreboard_beat(context);
}

static bool is_overdue(void *context) {
  return scoreboard_is_overdue(context);
}

static bool is_stopping(void *context) {
  return scoreboard_is_stopping(context);
}

/* --- start and stop --- */

static void stop(void *state) {
  struct worker *worker = state;
  subprocess_launcher_stop();
  chores_free(worker->chores);
  row_cache_close(worker->app.row_cache);
  token_memo_free(worker->app.token_memo);
  audience_close(worker->app.audience);
  media_folder_close(worker->app.media_folder);
  database_close(worker->app.analytics);
  database_close(worker->app.database);
  free(worker);
}

static enum error open_parts(struct worker *worker, const struct settings *settings, const char *reload) {
  struct app *app = &worker->app;
  const struct pool_row row = pools_row(app->pool, settings);
  const struct database_options database = {
      .statement_timeout_ms = row.statement_timeout_ms,
      .application_name = pool_name(app->pool),
      .connect_wait_ms = row.kind == POOL_MULTIPLEXED ? CONNECT_WAIT_MS : 0,
      .actor = "system:serve",
      .beat = beat,
      .beat_context = worker->slot,
  };
  const struct row_cache_options cache = {
      .notify_connection_string = settings->notify_database[0] != '\0' ? settings->notify_database : settings->database,
      .entries = (size_t)settings->row_cache_entries,
      .stale_seconds = settings->stale_seconds,
  };
  enum error error = command_database_open(settings, database, &app->database);
  if (error == ERROR_NONE && row.audience && settings->analytics_database[0] != '\0') {
    struct database_options standby = database;
    standby.connection_string = settings->analytics_database;
    standby.prepared = settings->prepared;
    standby.standby_serves = true;
    standby.connect_wait_ms = CONNECT_WAIT_MS;
    error = database_open(&standby, &app->analytics);
  }
  if (error == ERROR_NONE && row.media_folder) {
    error = row.objects ? command_media_open(settings, app->database, &app->media_folder)
                        : media_folder_open(settings->data_dir, settings->library_dir, &app->media_folder);
  }
  if (error == ERROR_NONE && row.objects && media_folder_store(app->media_folder) != NULL) {
    object_store_set_beat(media_folder_store(app->media_folder), beat, worker->slot);
  }
  if (error == ERROR_NONE && row.caches) {
    error = row_cache_open(app->database, &cache, &app->row_cache);
  }
  if (error == ERROR_NONE && row.caches) {
    error = token_memo_new(MEMO_SLOTS, &app->token_memo);
  }
  if (error == ERROR_NONE && row.audience) {
    error = command_audience_open(settings, false, &app->audience);
  }
  if (error == ERROR_NONE && row.chores) {
    worker->upkeep = (struct upkeep){.settings = settings,
                                     .database = app->database,
                                     .media_folder = app->media_folder,
                                     .beat = beat,
                                     .is_stopping = is_stopping,
                                     .reload = reload,
                                     .context = worker->slot};
    error = chores_new(&worker->upkeep, CHORES_OF_SERVE, &worker->chores);
  }
  return error;
}

/* In the launcher, which starts programs and nothing else. */
static void forget_keys(void *context) {
  serve_context_drop_keys(context, (struct kept_keys){.access = false});
}

static enum error start(void *context, const char *name, struct scoreboard_slot *slot, void **ret_state) {
  struct serve_context *serve = context;
  enum pool pool;
  struct worker *worker = pool_find(name, &pool) == ERROR_NONE ? calloc(1, sizeof *worker) : NULL;
  if (worker == NULL) {
    return ERROR_MEMORY; /* the supervisor's plan has no other names than ours */
  }
  const struct pool_row row = pools_row(pool, serve->settings);
  serve_context_drop_keys(serve, (struct kept_keys){.access = row.access_keys,
                                                    .stream = row.stream_keys,
                                                    .totp = row.totp_keys,
                                                    .webhook = row.webhook_keys});
  worker->slot = slot;
  metric_set_pool((enum metric_pool)pool);
  worker->app = (struct app){
      .settings = serve->settings,
      .access_keys = serve->access_keys,
      .stream_keys = serve->stream_keys,
      .totp_keys = serve->totp_keys,
      .webhook_keys = serve->webhook_keys,
      .pool = pool,
      .board = serve->board,
      .beat = beat,
      .is_overdue = is_overdue,
      .beat_context = slot,
  };
  enum error error = confinement_prepare((enum duty)pool, serve->settings, forget_keys, serve);
  if (error == ERROR_NONE) {
    error = crypto_warm_up(serve->access_keys, serve->stream_keys, serve->totp_keys);
  }
  if (error == ERROR_NONE) {
    error = open_parts(worker, serve->settings, serve->reload);
  }
  if (error == ERROR_NONE) {
    error = confinement_enter((enum duty)pool, serve->settings);
  }
  if (error != ERROR_NONE) {
    log_event(
        LOG_LEVEL_ERROR, "worker_start_failed", LOG_STR("pool", pool_name(worker->app.pool)), LOG_ERROR_FIELD(error),
        LOG_STR("remedy", "check that data_dir and library_dir are folders that we may use, and with media_store = "
                          "s3 that s3_key_file can be read"));
    stop(worker);
    return error;
  }
  *ret_state = worker;
  return ERROR_NONE;
}

/* --- requests --- */

/* Errors and what changed something are always told; reads that went well only to who debugs: they are the many. */
static enum log_level line_level(const struct request *request, int status, int64_t duration_ms) {
  if (status >= 500) {
    return LOG_LEVEL_WARNING;
  }
  bool reads = request->method == HTTP_GET || request->method == HTTP_HEAD;
  return status >= 400 || !reads || duration_ms >= SLOW_MS ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG;
}

/* The pattern of the route, never the path: paths may hold what must not be logged. */
static void log_request(const struct request *request, const struct response *response, int64_t duration_ms,
                        enum error sent) {
  log_event(line_level(request, response->status, duration_ms), "request",
            LOG_STR("method", request_method_name(request->method)), LOG_STR("route", request->route),
            LOG_I64("status", response->status), LOG_I64("duration_ms", duration_ms),
            LOG_I64("account_id", request->account_id), LOG_I64("media_id", request->media_id),
            LOG_STR("client", sent == ERROR_NONE ? "answered" : "gone"));
}

/* A database that is younger or older than this program may know other rows than our statements. Asked once, when
 * the database is there for the first time; an error is left to the handler, which has an answer to it. */
static bool schema_is_good(struct worker *worker, const struct request *request) {
  bool fits = false;
  bool probe = strncmp(request->path, "/livez", 6) == 0 || strncmp(request->path, "/readyz", 7) == 0 ||
               strncmp(request->path, "/metrics", 8) == 0;
  if (worker->schema_is_good || probe || command_database_check_schema(worker->app.database, &fits) != ERROR_NONE) {
    return true;
  }
  worker->schema_is_good = fits;
  return fits;
}

/* Once for each worker. Behind a proxy that is not listed all viewers have one address; strangers may say it, too. */
static void tell_of_proxy(struct worker *worker, const struct request *request) {
  if (!worker->told_of_proxy && request_parameter(request, "FORWARDED_NOT_BELIEVED") != NULL) {
    worker->told_of_proxy = true;
    log_event(LOG_LEVEL_WARNING, "forwarded_for_ignored", LOG_STR("address", request->remote_address),
              LOG_STR("remedy",
                      "if a proxy of yours has this address, list it in trusted_proxies: without that all its "
                      "clients are one address; else somebody only pretends"));
  }
}

static void count_request(enum pool pool, const struct request *request, int status, int64_t duration_us) {
  size_t route = request->route_row < 0 ? METRIC_ROUTE_UNKNOWN(pool) : METRIC_ROUTE_ROW((size_t)request->route_row);
  metric_add(METRIC_HTTP_REQUESTS, route, metric_code_of(status), 1);
  metric_observe(METRIC_HTTP_DURATION, route, duration_us);
  metric_set(METRIC_HTTP_IN_FLIGHT, pool, 0, 0);
}

static void take_over_trace(const struct request *request, struct response *response) {
  if (request->trace.parent[0] != '\0') {
    log_set_trace_id(request->trace.id);
    response->trace_id = request->trace.id;
  }
}

/* One wait for a silent database is enough for a request. */
static void begin_request(const struct app *app) {
  database_begin_request(app->database);
  if (app->analytics != NULL) {
    database_begin_request(app->analytics);
  }
}

static void end_request(const struct app *app) {
  database_end_request(app->database);
  if (app->analytics != NULL) {
    database_end_request(app->analytics);
  }
}

static void answer(struct worker *worker, struct request *request) {
  struct response response;
  int64_t begun_us = clock_monotonic_us();
  metric_set(METRIC_HTTP_IN_FLIGHT, worker->app.pool, 0, 1);
  log_set_request_id(request->request_id);
  response_init(&response, request->request_id);
  take_over_trace(request, &response);
  tell_of_proxy(worker, request);
  begin_request(&worker->app);
  if (schema_is_good(worker, request)) {
    routes_dispatch(&worker->app, request, &response);
  } else {
    response_header(&response, "Retry-After", "30");
    response_problem(&response, 503, "The database's schema does not fit this version of mediagate.");
  }
  end_request(&worker->app);
  request_discard_rest(request, request->account_id == 0 ? 0 : BODY_WAIT_MS); /* strangers are not waited for */
  enum error sent = response_send(&response, request);
  if (response.out_of_memory || sent == ERROR_MEMORY) {
    log_event(LOG_LEVEL_ERROR, "out_of_memory", LOG_STR("pool", pool_name(worker->app.pool)),
              LOG_STR("meaning", "this worker ends, and another takes its place: libraries may be left half made"));
    worker_renew();
  }
  int64_t duration_us = clock_monotonic_us() - begun_us;
  count_request(worker->app.pool, request, response.status, duration_us);
  log_request(request, &response, duration_us / 1000, sent);
  response_free(&response);
  log_set_request_id(NULL);
  log_set_trace_id(NULL);
  database_set_trace(worker->app.database, "");
}

static void handle(void *state, struct FCGX_Request *fcgi) {
  struct request request;
  if (request_init(&request, fcgi) == ERROR_NONE) {
    answer(state, &request);
  } else {
    log_event(LOG_LEVEL_WARNING, "request_malformed",
              LOG_STR("remedy", "nginx must send the parameters of deploy/, REQUEST_ID and DOCUMENT_URI among them"));
    response_send_refusal(fcgi);
  }
}

static int watch_fd(void *state) {
  const struct worker *worker = state;
  return worker->app.row_cache == NULL ? -1 : row_cache_fd(worker->app.row_cache);
}

static bool launcher_is_gone(void) {
  bool gone = subprocess_launcher_is_gone();
  if (gone) {
    log_event(LOG_LEVEL_WARNING, "launcher_gone", LOG_STR("meaning", "another worker takes the place of this one"));
  }
  return gone;
}

static void tick(void *state) {
  struct worker *worker = state;
  database_tick(worker->app.database);
  if (worker->app.row_cache != NULL) {
    row_cache_tick(worker->app.row_cache);
  }
  process_usage_report(true);
  if (confinement_is_stale() || launcher_is_gone()) {
    worker_renew();
  }
  if (worker->app.pool == POOL_API) {
    platform_refresh(&worker->app);
  }
  if (worker->chores != NULL) {
    chores_run_due(worker->chores, CHORES_CAUGHT_UP);
  }
}

struct worker_callbacks serve_worker_callbacks(struct serve_context *context) {
  return (struct worker_callbacks){
      .start = start, .handle = handle, .watch_fd = watch_fd, .tick = tick, .stop = stop, .context = context};
}
