/* SPDX-License-Identifier: ISC */
/* Invitations for who has the scope accounts:manage: made, listed while they are good, withdrawn. */
#include "config.h"

#include "api/handlers.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "api/call.h"
#include "api/guard.h"
#include "api/page.h"
#include "api/reply.h"
#include "base/log.h"
#include "domain/digest.h"
#include "http/json_body.h"
#include "security/secret_token.h"
#include "store/accounts/invitation_store.h"

#define EXPIRES_IN_MIN_SECONDS 60
#define EXPIRES_IN_MAX_SECONDS 31536000 /* as the setting invitation_ttl */

static void append_invitation(struct text *body, const struct invitation *invitation) {
  reply_integer(body, "id", invitation->id);
  reply_string(body, "role", role_name(invitation->role));
  if (invitation->created_by != 0) {
    reply_integer(body, "created_by", invitation->created_by);
  } else {
    reply_null(body, "created_by");
  }
  reply_time(body, "created_at", invitation->created_at_us);
  reply_time(body, "expires_at", invitation->expires_at_us);
}

struct wanted {
  enum role role;
  int64_t expires_in_seconds;
};

/* False: the response has the 422. */
static bool read_wanted(struct call *call, struct json_object *object, struct wanted *ret_wanted) {
  static const char *const names[] = {"role", "expires_in", NULL};
  struct response *response = call->response;
  struct wanted wanted = {.role = ROLE_EDITOR, .expires_in_seconds = call->app->settings->invitation_ttl};
  json_body_refuse_unknown(object, names, response);
  const char *role = json_body_string_optional(object, "role", 1, ROLE_NAME_SIZE, response);
  if (role != NULL && role_find(role, &wanted.role) != ERROR_NONE) {
    response_field_error(response, "/role", "must be owner, editor or analyst");
  }
  json_body_integer_optional(object, "expires_in", EXPIRES_IN_MIN_SECONDS, EXPIRES_IN_MAX_SECONDS,
                             &wanted.expires_in_seconds, response);
  if (response_has_field_errors(response)) {
    response_problem_fields(response);
    return false;
  }
  *ret_wanted = wanted;
  return true;
}

static void create_invitation(struct call *call, const struct wanted *wanted) {
  char token[SECRET_TOKEN_SIZE];
  unsigned char hash[DIGEST_SIZE];
  struct invitation invitation;
  enum error error = secret_token_new(token, hash);
  if (error == ERROR_NONE) {
    error = invitation_store_create(call->app->database, hash, wanted->role, call->account->id,
                                    wanted->expires_in_seconds, &invitation);
  }
  if (error != ERROR_NONE) {
    call_fail(call, error, "making an invitation");
    return;
  }
  log_event(LOG_LEVEL_INFO, "invitation_created", LOG_STR("address", call->request->remote_address),
            LOG_I64("invitation_id", invitation.id), LOG_STR("role", role_name(invitation.role)),
            LOG_I64("created_by", invitation.created_by));
  struct text *body = reply_begin(call->response, 201);
  append_invitation(body, &invitation);
  reply_string(body, "invitation", token);
  reply_end(call->response);
  explicit_bzero(token, sizeof token);
}

void invitation_api_create(struct call *call) {
  struct json_object *object;
  struct wanted wanted;
  if (json_body_read(call->request, call->response, &object) != ERROR_NONE) {
    return;
  }
  if (read_wanted(call, object, &wanted) && guard_permit_role(call, wanted.role) && guard_permit_unrestricted(call)) {
    create_invitation(call, &wanted);
  }
  json_object_put(object);
}

static void append_row(void *context, const struct invitation *invitation) {
  struct page *page = context;
  if (page_begin_row(page, invitation->created_at_us, invitation->id)) {
    append_invitation(page->body, invitation);
    page_end_row(page);
  }
}

void invitation_api_list(struct call *call) {
  struct call_page asked;
  if (!call_page(call, &asked)) {
    return;
  }
  struct page page = page_begin(call, &asked);
  enum error error = invitation_store_page(call->app->database, asked.cursor.time_us, asked.cursor.id, asked.limit + 1,
                                           append_row, &page);
  if (error != ERROR_NONE) {
    call_fail(call, error, "listing invitations");
    return;
  }
  page_end(call, &page);
}

void invitation_api_delete(struct call *call) {
  int64_t id;
  if (!call_path_id(call, "invitation", &id)) {
    return;
  }
  enum error error = invitation_store_delete(call->app->database, id);
  if (error == ERROR_NOT_FOUND) {
    response_problem(call->response, 404, "There is no invitation %" PRId64 ", or it was used.", id);
  } else if (error != ERROR_NONE) {
    call_fail(call, error, "withdrawing an invitation");
  } else {
    log_event(LOG_LEVEL_INFO, "invitation_withdrawn", LOG_I64("invitation_id", id),
              LOG_I64("withdrawn_by", call->account->id));
    response_empty(call->response, 204);
  }
}
