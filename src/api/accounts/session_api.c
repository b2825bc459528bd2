/* SPDX-License-Identifier: ISC */
/* The caller's own sessions: where they are logged in, and how they end that elsewhere. */
#include "config.h"

#include "api/handlers.h"

#include <string.h>

#include "api/call.h"
#include "api/reply.h"
#include "base/log.h"
#include "store/accounts/session_store.h"

struct page {
  struct text *body;
  const char *present; /* the id of the session that asks */
  int limit, count;
  int64_t last_created_at_us, last_number;
};

static void append_session(struct text *body, const struct session *session, const char *present) {
  reply_string(body, "id", session->id);
  reply_boolean(body, "current", strcmp(session->id, present) == 0);
  reply_time(body, "created_at", session->created_at_us);
  reply_time(body, "last_used_at", session->last_used_at_us);
  reply_time(body, "expires_at", session->expires_at_us);
  reply_string(body, "address", session->address);
  reply_string(body, "client", session->client);
}

/* The row behind the page tells that there is another. */
static void append_row(void *context, const struct session *session) {
  struct page *page = context;
  if (page->count++ < page->limit) {
    reply_separate(page->body);
    text_append(page->body, "{");
    append_session(page->body, session, page->present);
    text_append(page->body, "}");
    page->last_created_at_us = session->created_at_us;
    page->last_number = session->number;
  }
}

void session_api_list(struct call *call) {
  struct call_page asked;
  if (!call_page(call, &asked)) {
    return;
  }
  const struct session_filter filter = {.account_id = call->account->id,
                                        .max_seconds = call->app->settings->session_ttl_max,
                                        .before_created_at_us = asked.cursor.time_us,
                                        .before_number = asked.cursor.id,
                                        .limit = asked.limit + 1};
  struct page page = {
      .body = reply_begin(call->response, 200), .present = call->token->session_id, .limit = asked.limit};
  reply_name(page.body, "items");
  text_append(page.body, "[");
  enum error error = session_store_list(call->app->database, &filter, append_row, &page);
  if (error != ERROR_NONE) {
    call_fail(call, error, "listing sessions");
    return;
  }
  text_append(page.body, "]");
  call_append_next_cursor(call, page.count > page.limit, page.last_created_at_us, page.last_number);
  reply_end(call->response);
}

void session_api_end(struct call *call) {
  const char *id = call->match->parameters[0];
  enum error error = session_store_end_one(call->app->database, call->account->id, id);
  if (error == ERROR_NOT_FOUND || error == ERROR_INVALID) { /* INVALID: no UUID */
    response_problem(call->response, 404, "You have no such session, or it is over.");
  } else if (error != ERROR_NONE) {
    call_fail(call, error, "ending a session");
  } else {
    log_event(LOG_LEVEL_INFO, "session_ended", LOG_STR("session_id", id), LOG_I64("account_id", call->account->id));
    response_empty(call->response, 204);
  }
}

void session_api_end_others(struct call *call) {
  int64_t ended = 0;
  enum error error = session_store_end_others(call->app->database, call->account->id, call->token->session_id, &ended);
  if (error != ERROR_NONE) {
    call_fail(call, error, "ending sessions");
    return;
  }
  log_event(LOG_LEVEL_INFO, "other_sessions_ended", LOG_I64("sessions", ended),
            LOG_I64("account_id", call->account->id));
  response_empty(call->response, 204);
}
