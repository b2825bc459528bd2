/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "api/uploads/tus_answers.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"

void tus_answer_number(struct call *call, const char *name, int64_t number) {
  char text[24];
  snprintf(text, sizeof text, "%" PRId64, number);
  response_header(call->response, name, text);
}

/* What every answer about an upload says. */
void tus_answer_state(struct call *call, const struct upload_row *row) {
  tus_answer_number(call, "Upload-Offset", row->offset);
  if (row->completed) {
    char location[48];
    snprintf(location, sizeof location, "/media/media/%" PRId64, row->media_id);
    response_header(call->response, "Media-Location", location);
  } else {
    char expires[CLOCK_HTTP_SIZE];
    clock_format_http(row->expires_at_us, expires);
    response_header(call->response, "Upload-Expires", expires);
  }
}

void tus_answer_too_large(struct call *call, const struct upload_row *row) {
  response_problem(call->response, 413, "An upload has at most %" PRId64 " bytes here (%s).",
                   tus_upload_most(call, row), row->max_bytes > 0 ? "as its URL was made for" : "upload_max");
}

/* The answer to bytes that could not be taken, or not all of them. */
void tus_answer_cut(struct call *call, const struct tus_upload *upload, enum error error) {
  static const char *const kept = "What came before was kept; ask for the offset and go on from there.";
  switch (error) {
  case ERROR_DENIED:
    response_problem(call->response, 460,
                     "The checksum does not fit these bytes; none of them was kept. Send them "
                     "again.");
    return;
  case ERROR_TOO_LARGE:
    response_problem(call->response, 413, "There are more bytes than the upload has.");
    return;
  case ERROR_EXPIRED:
    response_header(call->response, "Retry-After", "1");
    response_problem(call->response, 503, "The server is restarting. %s", kept);
    break;
  case ERROR_NO_SPACE:
    response_problem(call->response, 507, "The server's disk is full. %s", kept);
    break;
  case ERROR_ABORTED:
    response_problem(call->response, 400, "The body ended before it was whole. %s", kept);
    break;
  default:
    call_fail(call, error, "receiving an upload");
    break;
  }
  tus_answer_state(call, &upload->row);
}
