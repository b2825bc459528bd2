/* SPDX-License-Identifier: ISC */
/* Health: /livez touches nothing, /readyz what every request needs. Anyone may ask, so the answers
 * name no host and no path. */
#include "config.h"

#include "api/handlers.h"

#include "api/call.h"
#include "api/reply.h"
#include "base/log.h"
#include "store/views/ingest_store.h"
#include "store/engine/migration.h"

static const char ok[] = "ok";

struct checks {
  const char *database, *schema, *library; /* "ok", or what is wrong in words */
};

void health_api_live(struct call *call) {
  reply_string(reply_begin(call->response, 200), "status", "alive");
  reply_end(call->response);
}

static void health_check_database(struct app *app, struct checks *checks) {
  struct migration_status status;
  enum error error = database_ensure(app->database);
  if (error == ERROR_NONE) {
    error = migration_status_read(app->database, &status);
  }
  if (error == ERROR_NONE) {
    checks->database = ok;
    checks->schema =
        migration_is_compatible(&status) ? ok : "not the one that this program needs: run mediagate migrate";
  } else {
    checks->database = error_strerror(error);
    checks->schema = "unknown";
  }
}

static void append_checks(struct text *body, const struct checks *checks) {
  reply_name(body, "checks");
  text_append(body, "{");
  reply_string(body, "database", checks->database);
  reply_string(body, "schema", checks->schema);
  reply_string(body, "library", checks->library);
  text_append(body, "}");
}

/* Counting may lag or rest without a request noticing, so that it does not decide whether we are ready. */
static void append_ingest(struct text *body, struct app *app) {
  struct ingest_state state;
  if (ingest_store_state(app->database, &state) != ERROR_NONE) {
    return;
  }
  reply_name(body, "ingest");
  text_append(body, "{");
  reply_string(body, "state", state.nodes == 0 ? "absent" : state.silent_nodes > 0 ? "silent" : "running");
  reply_integer(body, "nodes", state.nodes);
  reply_integer(body, "silent_nodes", state.silent_nodes);
  reply_integer(body, "unread_bytes", state.unread_bytes);
  reply_integer(body, "unread_seconds", state.unread_seconds);
  reply_integer(body, "heard_seconds", state.heard_seconds);
  text_append(body, "}");
}

/* A problem document with the checks as its extension (RFC 9457 section 3.2). */
static void reply_not_ready(struct call *call, const struct checks *checks) {
  struct text *body = reply_begin(call->response, 503);
  call->response->content_type = "application/problem+json";
  reply_string(body, "type", "about:blank");
  reply_string(body, "title", response_title(503));
  reply_integer(body, "status", 503);
  reply_string(body, "detail", "Not everything that requests need works; checks says what.");
  reply_string(body, "request_id", call->request->request_id);
  append_checks(body, checks);
  response_header(call->response, "Retry-After", "5");
  reply_end(call->response);
}

void health_api_ready(struct call *call) {
  struct checks checks;
  health_check_database(call->app, &checks);
  enum error error = media_folder_check_writable(call->app->media_folder);
  checks.library = error == ERROR_NONE ? ok : error_strerror(error);
  if (checks.database == ok && checks.schema == ok && error == ERROR_NONE) {
    struct text *body = reply_begin(call->response, 200);
    reply_string(body, "status", "ready");
    append_checks(body, &checks);
    append_ingest(body, call->app);
    reply_end(call->response);
    return;
  }
  log_event(LOG_LEVEL_WARNING, "not_ready", LOG_STR("database", checks.database), LOG_STR("schema", checks.schema),
            LOG_STR("library", checks.library));
  reply_not_ready(call, &checks);
}
