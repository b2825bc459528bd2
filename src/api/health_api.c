/* SPDX-License-Identifier: ISC */
/* Health: /livez touches nothing, /readyz what every request needs. Anyone may ask, so the answers
 * name no host and no path. */
#include "config.h"

#include "api/handlers.h"

#include "api/call.h"
#include "api/reply.h"
#include "base/clock.h"
#include "base/log.h"
#include "files/media_objects.h"
#include "files/revocation.h"
#include "store/views/ingest_store.h"
#include "store/engine/migration.h"

static const char ok[] = "ok";

#define FOUND_FOR_MS 1000

void health_api_live(struct call *call) {
  reply_string(reply_begin(call->response, 200), "status", "alive");
  reply_end(call->response);
}

static void health_check_database(struct database *database, struct app_health *checks) {
  struct migration_status status;
  enum error error = database_check_primary(database);
  if (error == ERROR_NONE) {
    error = migration_status_read(database, &status);
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

static void append_checks(struct text *body, const struct app_health *checks) {
  reply_name(body, "checks");
  text_append(body, "{");
  reply_string(body, "database", checks->database);
  reply_string(body, "schema", checks->schema);
  reply_string(body, "library", checks->library);
  reply_string(body, "locks", checks->locks);
  reply_string(body, "revocations", checks->revocations);
  if (checks->store != NULL) {
    reply_string(body, "store", checks->store);
  }
  text_append(body, "}");
}

/* Counting may lag or rest without a request noticing, so that it does not decide whether we are ready. */
static void append_ingest(struct text *body, const struct app_health *found) {
  if (!found->has_ingest) {
    return;
  }
  const struct ingest_state *state = &found->ingest;
  reply_name(body, "ingest");
  text_append(body, "{");
  reply_string(body, "state", state->nodes == 0 ? "absent" : state->silent_nodes > 0 ? "silent" : "running");
  reply_integer(body, "nodes", state->nodes);
  reply_integer(body, "silent_nodes", state->silent_nodes);
  reply_integer(body, "unread_bytes", state->unread_bytes);
  reply_integer(body, "unread_seconds", state->unread_seconds);
  reply_integer(body, "heard_seconds", state->heard_seconds);
  text_append(body, "}");
}

/* A problem document with the checks as its extension (RFC 9457 section 3.2). */
static void reply_not_ready(struct call *call, const struct app_health *checks) {
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

static bool is_ready(const struct app_health *found) {
  return found->database == ok && found->schema == ok && found->library == ok && found->locks == ok &&
         found->revocations == ok;
}

static const char *in_words(enum error error) {
  return error == ERROR_NONE ? ok : error_strerror(error);
}

/* What is cached plays on without the bucket, so that it does not decide whether we are ready. */
static const char *look_at_store(struct object_store *store) {
  if (store == NULL) {
    return NULL;
  }
  enum error error = object_store_check(store, NULL);
  if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_WARNING, "store_away", LOG_STR("reason", object_store_last_error(store)));
  }
  return in_words(error);
}

static void look(struct app *app, struct app_health *found) {
  health_check_database(app->database, found);
  found->library = in_words(media_folder_check_writable(app->media_folder));
  found->locks = in_words(media_folder_check_locks(app->media_folder));
  found->revocations = in_words(revocation_check(app->settings->data_dir));
  found->store = look_at_store(media_folder_store(app->media_folder));
  found->has_ingest = found->database == ok && ingest_store_state(app->database, &found->ingest) == ERROR_NONE;
  found->found_ms = clock_monotonic_ms();
  if (!is_ready(found)) {
    log_event(LOG_LEVEL_WARNING, "not_ready", LOG_STR("database", found->database), LOG_STR("schema", found->schema),
              LOG_STR("library", found->library), LOG_STR("locks", found->locks),
              LOG_STR("revocations", found->revocations));
  }
}

void health_api_ready(struct call *call) {
  struct app_health *found = &call->app->health;
  if (found->found_ms == 0 || clock_monotonic_ms() - found->found_ms >= FOUND_FOR_MS) {
    look(call->app, found);
  }
  if (!is_ready(found)) {
    reply_not_ready(call, found);
    return;
  }
  struct text *body = reply_begin(call->response, 200);
  reply_string(body, "status", "ready");
  append_checks(body, found);
  append_ingest(body, found);
  reply_end(call->response);
}
