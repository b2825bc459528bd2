/* SPDX-License-Identifier: ISC */
/* Asks the store; the work is done elsewhere, and the medium tells how far it is. */
#include "config.h"

#include "api/handlers.h"

#include <string.h>

#include "api/call.h"
#include "api/media/media_json.h"
#include "base/log.h"
#include "base/text_parse.h"
#include "domain/digest.h"
#include "store/media/package_store.h"

/* *ret_given: was a priority asked for? False: the response has the 422. */
static bool read_priority(struct call *call, bool *ret_given, int64_t *ret_priority) {
  const char *text = query_get(call->query, "priority");
  bool below = text != NULL && text[0] == '-';
  uint64_t number = 0;
  if (text != NULL && text_parse_u64(text + below, strlen(text + below), PACKAGE_PRIORITY_MAX, &number) != ERROR_NONE) {
    response_field_error(call->response, "?priority", "must be a whole number from -%d to %d", PACKAGE_PRIORITY_MAX,
                         PACKAGE_PRIORITY_MAX);
    response_problem_fields(call->response);
    return false;
  }
  *ret_given = text != NULL;
  *ret_priority = below ? -(int64_t)number : (int64_t)number;
  return true;
}

void package_api_request(struct call *call) {
  int64_t id, priority;
  bool prioritized;
  if (!call_media_id(call, &id) || !read_priority(call, &prioritized, &priority)) {
    return;
  }
  if (call->app->settings->package == PACKAGE_NEVER) {
    response_problem(call->response, 409, "Packages are not made here: the setting `package` is never.");
    return;
  }
  enum error error = package_store_request(call->app->database, id, call->account->id);
  if (error == ERROR_NONE && prioritized) {
    error = package_store_set_priority(call->app->database, id, priority);
  }
  if (error == ERROR_CONFLICT) {
    response_problem(call->response, 409,
                     "There is no film or sound here to make a package of: upload one, or set file_url to one of the "
                     "library.");
  } else if (error != ERROR_NONE) {
    call_fail_media(call, error, id, "asking for a package");
  } else {
    log_event(LOG_LEVEL_INFO, "package_requested", LOG_I64("account_id", call->account->id), LOG_I64("media_id", id));
    media_json_answer(call, 202, id);
  }
}

void package_api_remove(struct call *call) {
  int64_t id;
  char old_name[UNIQUE_NAME_SIZE];
  if (!call_media_id(call, &id)) {
    return;
  }
  const char *keep = query_get(call->query, "keep");
  bool keep_served = keep != NULL && strcmp(keep, "true") == 0;
  if (keep != NULL && !keep_served && strcmp(keep, "false") != 0) {
    response_field_error(call->response, "?keep", "must be true or false");
    response_problem_fields(call->response);
    return;
  }
  enum error error = package_store_remove(call->app->database, id, keep_served, old_name);
  if (error != ERROR_NONE) {
    call_fail_media(call, error, id, "removing a package");
    return;
  }
  if (old_name[0] != '\0') {
    media_folder_note_replaced(call->app->media_folder, id, old_name);
  }
  log_event(LOG_LEVEL_INFO, keep_served ? "package_cancelled" : "package_removed",
            LOG_I64("account_id", call->account->id), LOG_I64("media_id", id));
  response_empty(call->response, 204);
}
