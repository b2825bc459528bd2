/* SPDX-License-Identifier: ISC */
/*
 * Webhooks for who has the scope webhooks:manage. The secret is told when it is made, and derived anew for each request
 * that is sent; it is stored nowhere.
 */
#include "config.h"

#include "api/handlers.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "api/call.h"
#include "api/page.h"
#include "api/reply.h"
#include "api/webhooks/webhook_fields.h"
#include "base/log.h"
#include "http/json_body.h"
#include "security/keyring.h"
#include "security/webhook_signature.h"
#include "store/events/webhook_store.h"

#define OVERLAP_DEFAULT_SECONDS 86400
#define OVERLAP_MAX_SECONDS     (7 * 86400)

static void append_webhook(struct text *body, const struct webhook *webhook) {
  reply_integer(body, "id", webhook->id);
  reply_string(body, "url", webhook->url);
  reply_name(body, "events");
  text_append(body, webhook->events);
  reply_string(body, "description", webhook->description);
  reply_boolean(body, "enabled", !webhook->disabled);
  reply_string(body, "disabled_reason", webhook->disabled_reason);
  webhook_fields_time(body, "failing_since", webhook->failing_since_us);
  webhook_fields_time(body, "previous_secret_until", webhook->previous_until_us);
  reply_time(body, "created_at", webhook->created_at_us);
  reply_time(body, "updated_at", webhook->updated_at_us);
}

static void reply_webhook(struct call *call, const struct webhook *webhook) {
  append_webhook(reply_begin(call->response, 200), webhook);
  reply_end(call->response);
}

/* --- the secret --------------------------------------------------------------------------------- */

/* False: the response has the 503. */
static bool has_key(struct call *call) {
  if (call->app->webhook_keys != NULL) {
    return true;
  }
  log_event(LOG_LEVEL_ERROR, "webhook_key_failed",
            LOG_STR("remedy", "run `mediagate keys init`, and reload serve; the file must be serve's own"));
  response_problem(call->response, 503, "Webhooks are not set up here: serve has no key for them.");
  return false;
}

static void reply_secret(struct call *call, int status, const struct webhook *webhook) {
  unsigned char secret[DIGEST_SIZE];
  char text[WEBHOOK_SECRET_SIZE] = "";
  enum error error =
      webhook_secret_derive(keyring_signing(call->app->webhook_keys), webhook->salt, webhook->secret_version, secret);
  if (error != ERROR_NONE) {
    call_fail(call, error, "deriving a webhook's secret");
    return;
  }
  webhook_secret_format(secret, text);
  struct text *body = reply_begin(call->response, status);
  append_webhook(body, webhook);
  reply_string(body, "secret", text);
  reply_end(call->response);
  explicit_bzero(secret, sizeof secret);
  explicit_bzero(text, sizeof text);
}

/* --- handlers ----------------------------------------------------------------------------------- */

static void log_change(const struct call *call, const char *event, int64_t id) {
  log_event(LOG_LEVEL_INFO, event, LOG_I64("account_id", call->account->id), LOG_I64("webhook_id", id),
            LOG_STR("address", call->request->remote_address));
}

static void create_webhook(struct call *call, const struct webhook_change *fields) {
  struct webhook webhook;
  char location[48];
  if (!has_key(call)) {
    return;
  }
  enum error error = webhook_store_create(call->app->database, fields, call->account->id, &webhook);
  if (error != ERROR_NONE) {
    call_fail(call, error, "creating a webhook");
  } else {
    log_change(call, "webhook_created", webhook.id);
    snprintf(location, sizeof location, "/webhooks/%" PRId64, webhook.id);
    response_header(call->response, "Location", location);
    reply_secret(call, 201, &webhook);
  }
}

void webhook_api_create(struct call *call) {
  struct json_object *object;
  struct webhook_change fields;
  if (json_body_read(call->request, call->response, &object) != ERROR_NONE) {
    return;
  }
  if (webhook_fields_read(call, object, true, &fields)) {
    create_webhook(call, &fields);
  }
  json_object_put(object);
}

static void append_item(void *context, const struct webhook *webhook) {
  struct page *page = context;
  if (page_begin_row(page, webhook->created_at_us, webhook->id)) {
    append_webhook(page->body, webhook);
    page_end_row(page);
  }
}

void webhook_api_list(struct call *call) {
  struct call_page wanted;
  if (!call_page(call, &wanted)) {
    return;
  }
  struct page page = page_begin(call, &wanted);
  enum error error = webhook_store_page(call->app->database, wanted.cursor.id, wanted.limit + 1, append_item, &page);
  if (error != ERROR_NONE) {
    call_fail(call, error, "listing webhooks");
    return;
  }
  page_end(call, &page);
}

void webhook_api_get(struct call *call) {
  int64_t id;
  struct webhook webhook;
  if (!webhook_fields_id(call, &id)) {
    return;
  }
  enum error error = webhook_store_find(call->app->database, id, &webhook);
  if (error != ERROR_NONE) {
    webhook_fields_fail(call, error, id, "finding a webhook");
  } else {
    reply_webhook(call, &webhook);
  }
}

void webhook_api_change(struct call *call) {
  int64_t id;
  struct json_object *object;
  struct webhook_change change;
  struct webhook webhook;
  if (!webhook_fields_id(call, &id) || json_body_read(call->request, call->response, &object) != ERROR_NONE) {
    return;
  }
  if (webhook_fields_read(call, object, false, &change)) {
    enum error error = webhook_store_change(call->app->database, id, &change, &webhook);
    if (error != ERROR_NONE) {
      webhook_fields_fail(call, error, id, "changing a webhook");
    } else {
      log_change(call, "webhook_changed", id);
      reply_webhook(call, &webhook);
    }
  }
  json_object_put(object);
}

void webhook_api_delete(struct call *call) {
  int64_t id;
  if (!webhook_fields_id(call, &id)) {
    return;
  }
  enum error error = webhook_store_delete(call->app->database, id);
  if (error != ERROR_NONE) {
    webhook_fields_fail(call, error, id, "deleting a webhook");
  } else {
    log_change(call, "webhook_deleted", id);
    response_empty(call->response, 204);
  }
}

static void rotate(struct call *call, int64_t id, int64_t overlap_seconds) {
  struct webhook webhook;
  if (!has_key(call)) {
    return;
  }
  enum error error = webhook_store_rotate(call->app->database, id, overlap_seconds, &webhook);
  if (error != ERROR_NONE) {
    webhook_fields_fail(call, error, id, "rotating a webhook's secret");
  } else {
    log_change(call, "webhook_rotated", id);
    reply_secret(call, 200, &webhook);
  }
}

void webhook_api_rotate(struct call *call) {
  static const char *const names[] = {"overlap_seconds", NULL};
  int64_t id, overlap_seconds = OVERLAP_DEFAULT_SECONDS;
  struct json_object *object = NULL;
  if (!webhook_fields_id(call, &id)) {
    return;
  }
  if (call->request->has_body) {
    if (json_body_read(call->request, call->response, &object) != ERROR_NONE) {
      return;
    }
    json_body_refuse_unknown(object, names, call->response);
    json_body_integer_optional(object, "overlap_seconds", 0, OVERLAP_MAX_SECONDS, &overlap_seconds, call->response);
  }
  if (response_has_field_errors(call->response)) {
    response_problem_fields(call->response);
  } else {
    rotate(call, id, overlap_seconds);
  }
  json_object_put(object);
}
