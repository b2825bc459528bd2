/* SPDX-License-Identifier: ISC */
/* See the header. What was sent is in no log. */
#include "config.h"

#include "api/guard_upload.h"

#include <string.h>

#include "api/key_use.h"
#include "base/clock.h"
#include "base/log.h"
#include "security/secret_token.h"

static const char *capability_of(const struct request *request) {
  const char *text = request_parameter(request, "UPLOAD_CAPABILITY");
  return text != NULL && text[0] != '\0' ? text : NULL;
}

bool guard_upload_is_sent(const struct request *request) {
  return capability_of(request) != NULL;
}

/* ERROR_DENIED: it is none. ERROR_LIMITED: this address made up too many within this second. */
static enum error find_capability(struct call *call, struct upload_capability *ret_capability) {
  const char *text = capability_of(call->request);
  const size_t beginning = strlen(GUARD_UPLOAD_BEGINNING);
  unsigned char hash[DIGEST_SIZE];
  if (text == NULL || strncmp(text, GUARD_UPLOAD_BEGINNING, beginning) != 0) {
    return ERROR_DENIED;
  }
  struct key_looks *looks = &call->app->key_looks;
  const char *address = call->request->remote_address;
  enum error error = secret_token_hash(text + beginning, hash);
  if (error == ERROR_NONE && !key_look_may_fail(looks, address, clock_monotonic_ms())) {
    return ERROR_LIMITED;
  }
  if (error == ERROR_NONE) {
    error = upload_url_store_find(call->app->database, hash, ret_capability);
  }
  if (error == ERROR_NOT_FOUND) {
    key_look_failed(looks, address);
  }
  return error == ERROR_NOT_FOUND ? ERROR_DENIED : error;
}

/* nginx answers pages of the setting cors_origins itself, and says so. */
static bool is_for_page(const struct call *call, const struct upload_capability *capability) {
  const char *origin = request_parameter(call->request, "HTTP_ORIGIN");
  const char *answered = request_parameter(call->request, "CORS_ORIGIN");
  return (answered == NULL || answered[0] == '\0') && origin != NULL && capability->cors_origin[0] != '\0' &&
         strcmp(origin, capability->cors_origin) == 0;
}

static void let_page_read(struct call *call, const struct upload_capability *capability) {
  if (is_for_page(call, capability)) {
    response_header(call->response, "Access-Control-Allow-Origin", capability->cors_origin);
    response_header(call->response, "Access-Control-Expose-Headers",
                    "Location, Media-Location, Retry-After, Tus-Checksum-Algorithm, Tus-Extension, Tus-Max-Size, "
                    "Tus-Resumable, Tus-Version, Upload-Defer-Length, Upload-Expires, Upload-Length, Upload-Metadata, "
                    "Upload-Offset, X-Request-Id");
    response_header(call->response, "Vary", "Origin");
  }
}

bool guard_upload_admit(struct call *call, struct guard_identity *storage) {
  const struct account *account = NULL;
  enum error error = find_capability(call, &storage->upload);
  if (error == ERROR_NONE) {
    error = app_account(call->app, storage->upload.account_id, &storage->account, &account);
  }
  if (error == ERROR_NONE && account->disabled) {
    error = ERROR_DENIED;
  }
  if (error == ERROR_DENIED || error == ERROR_NOT_FOUND) {
    log_event(LOG_LEVEL_INFO, "upload_url_refused", LOG_STR("address", call->request->remote_address));
    guard_challenge(call->response, true, "This upload URL is not valid, or not any more. Ask for another one.");
    return false;
  }
  if (error == ERROR_LIMITED) {
    call_too_many(call, METRIC_LIMIT_KEY, 1, "Too many upload URLs that are none came from this address.");
    return false;
  }
  if (error != ERROR_NONE) {
    call_fail(call, error, "finding an upload URL and its account");
    return false;
  }
  if (account != &storage->account) {
    storage->account = *account;
  }
  call->account = &storage->account;
  call->upload = &storage->upload;
  call->scopes = SCOPE_BIT(SCOPE_UPLOADS_WRITE) & role_scopes(storage->account.role);
  call->request->account_id = storage->account.id;
  call_act_as(call, "anyone");
  let_page_read(call, &storage->upload);
  return true;
}

void guard_upload_answer_preflight(struct call *call) {
  struct upload_capability capability;
  if (!guard_upload_is_sent(call->request) || find_capability(call, &capability) != ERROR_NONE ||
      !is_for_page(call, &capability)) {
    return; /* without a permission the page learns nothing */
  }
  let_page_read(call, &capability);
  response_header(call->response, "Access-Control-Allow-Methods", "POST, HEAD, PATCH, DELETE");
  response_header(call->response, "Access-Control-Allow-Headers",
                  "Content-Type, Tus-Resumable, Upload-Checksum, Upload-Defer-Length, Upload-Length, Upload-Metadata, "
                  "Upload-Offset, X-HTTP-Method-Override, X-Request-Id, X-Requested-With");
  response_header(call->response, "Access-Control-Max-Age", "600");
}
