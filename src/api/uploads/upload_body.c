/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "api/uploads/upload_body.h"

void upload_body_beat(const struct call *call) {
  if (call->app->beat != NULL) {
    call->app->beat(call->app->beat_context);
  }
}

static bool is_overdue(const struct call *call) {
  return call->app->is_overdue != NULL && call->app->is_overdue(call->app->beat_context);
}

enum error upload_body_read(struct call *call, char *chunk, size_t *ret_size) {
  size_t got = 0;
  *ret_size = 0;
  do {
    upload_body_beat(call);
    if (is_overdue(call)) {
      return ERROR_EXPIRED;
    }
    enum error error = request_read(call->request, chunk + *ret_size, UPLOAD_BODY_BYTES - *ret_size, &got);
    if (error != ERROR_NONE) {
      /* Past the deadline the supervisor ends a read that waits for a silent client. */
      return error == ERROR_ABORTED && is_overdue(call) ? ERROR_EXPIRED : error;
    }
    *ret_size += got;
  } while (got > 0 && *ret_size < UPLOAD_BODY_BYTES && request_has_more(call->request));
  return ERROR_NONE;
}
