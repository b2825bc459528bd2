/* SPDX-License-Identifier: ISC */
/* Deliveries of a webhook: listed, tried, sent again. `mediagate notify` sends them. */
#include "config.h"

#include "api/handlers.h"

#include <inttypes.h>
#include <string.h>

#include "api/call.h"
#include "api/page.h"
#include "api/reply.h"
#include "api/webhooks/webhook_fields.h"
#include "base/text_parse.h"
#include "store/events/delivery_queue.h"

static void append_number(struct text *body, const char *name, int64_t number, int64_t none) {
  if (number == none) {
    reply_null(body, name);
  } else {
    reply_integer(body, name, number);
  }
}

static void append_delivery(void *context, const struct delivery_row *delivery) {
  struct page *page = context;
  struct text *body = page->body;
  if (!page_begin_row(page, delivery->created_at_us, delivery->id)) {
    return;
  }
  reply_integer(body, "id", delivery->id);
  reply_string(body, "event_id", delivery->event_id);
  reply_string(body, "type", delivery->event_type);
  reply_string(body, "state", delivery->state);
  reply_integer(body, "attempts", delivery->attempts);
  webhook_fields_time(body, "next_attempt_at", delivery->next_at_us);
  append_number(body, "status", delivery->status, 0);
  append_number(body, "latency_ms", delivery->latency_ms, -1);
  reply_string(body, "error", delivery->error);
  reply_time(body, "created_at", delivery->created_at_us);
  webhook_fields_time(body, "ended_at", delivery->ended_at_us);
  page_end_row(page);
}

/* False: the response has the 404 or 503. */
static bool find_webhook(struct call *call, int64_t id) {
  struct webhook webhook;
  enum error error = webhook_store_find(call->app->database, id, &webhook);
  if (error != ERROR_NONE) {
    webhook_fields_fail(call, error, id, "finding a webhook");
  }
  return error == ERROR_NONE;
}

void delivery_api_list(struct call *call) {
  int64_t id;
  struct call_page wanted;
  if (!webhook_fields_id(call, &id) || !call_page(call, &wanted) || !find_webhook(call, id)) {
    return;
  }
  struct page page = page_begin(call, &wanted);
  enum error error =
      delivery_queue_page(call->app->database, id, wanted.cursor.id, wanted.limit + 1, append_delivery, &page);
  if (error != ERROR_NONE) {
    call_fail(call, error, "listing deliveries");
    return;
  }
  page_end(call, &page);
}

static void reply_accepted(struct call *call, int64_t delivery_id) {
  reply_integer(reply_begin(call->response, 202), "id", delivery_id);
  reply_end(call->response);
}

void delivery_api_test(struct call *call) {
  int64_t id, delivery_id = 0;
  if (!webhook_fields_id(call, &id)) {
    return;
  }
  enum error error = delivery_queue_test(call->app->database, id, &delivery_id);
  if (error != ERROR_NONE) {
    webhook_fields_fail(call, error, id, "testing a webhook");
  } else {
    reply_accepted(call, delivery_id);
  }
}

void delivery_api_resend(struct call *call) {
  const char *text = call->match->parameters[1];
  int64_t id;
  uint64_t delivery_id = 0;
  if (!webhook_fields_id(call, &id)) {
    return;
  }
  enum error error = text_parse_u64(text, strlen(text), INT64_MAX, &delivery_id) != ERROR_NONE
                         ? ERROR_NOT_FOUND
                         : delivery_queue_resend(call->app->database, id, (int64_t)delivery_id);
  if (error == ERROR_NOT_FOUND) {
    response_problem(call->response, 404, "There is no such delivery of this webhook.");
  } else if (error != ERROR_NONE) {
    call_fail(call, error, "sending a delivery again");
  } else {
    reply_accepted(call, (int64_t)delivery_id);
  }
}
