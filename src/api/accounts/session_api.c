/* SPDX-License-Identifier: ISC */
/* The caller's own sessions: where they are logged in, and how they end that elsewhere. */
#include "config.h"

#include "api/handlers.h"

#include <string.h>

#include "api/call.h"
#include "api/page.h"
#include "api/reply.h"
#include "base/log.h"
#include "store/accounts/session_store.h"

struct session_page {
  struct page page;
  const char *present; /* the id of the session that asks */
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

static void append_row(void *context, const struct session *session) {
  struct session_page *sessions = context;
  if (page_begin_row(&sessions->page, session->created_at_us, session->number)) {
    append_session(sessions->page.body, session, sessions->present);
    page_end_row(&sessions->page);
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
  struct session_page sessions = {.page = page_begin(call, &asked), .present = call->token->session_id};
  enum error error = session_store_list(call->app->database, &filter, append_row, &sessions);
  if (error != ERROR_NONE) {
    call_fail(call, error, "listing sessions");
    return;
  }
  page_end(call, &sessions.page);
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
