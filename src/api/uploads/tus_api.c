/* SPDX-License-Identifier: ISC */
/* Resumable uploads, tus 1.0.0; see handlers.h. What one upload is and does stands in tus_upload.h. */
#include "config.h"

#include "api/handlers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/call.h"
#include "api/guard_upload.h"
#include "api/uploads/tus_answers.h"
#include "api/uploads/tus_headers.h"
#include "api/uploads/tus_upload.h"
#include "base/log.h"
#include "store/media/upload_url_store.h"

#define EXTENSIONS "creation,creation-with-upload,creation-defer-length,checksum,expiration,termination"

/* --- around every handler --- */

enum http_method tus_api_method(const struct request *request) {
  static const enum http_method methods[] = {HTTP_PATCH, HTTP_DELETE, HTTP_HEAD};
  const char *wanted = request->method == HTTP_POST ? request_parameter(request, "HTTP_X_HTTP_METHOD_OVERRIDE") : NULL;
  for (size_t i = 0; wanted != NULL && i < sizeof methods / sizeof *methods; i++) {
    if (strcmp(wanted, request_method_name(methods[i])) == 0) {
      return methods[i];
    }
  }
  return request->method;
}

void tus_api_begin(struct call *call) {
  response_header(call->response, "Tus-Resumable", TUS_VERSION);
}

void tus_api_end(struct call *call) {
  if (call->request->method == HTTP_HEAD && call->response->status >= 500) {
    call->response->status = 423;
  }
}

/* --- what is spoken here --- */

void tus_api_discover(struct call *call) {
  response_header(call->response, "Tus-Version", TUS_VERSION);
  response_header(call->response, "Tus-Extension", EXTENSIONS);
  response_header(call->response, "Tus-Checksum-Algorithm", CHUNK_CHECKSUM_ALGORITHMS);
  tus_answer_number(call, "Tus-Max-Size", call->app->settings->upload_max);
  guard_upload_answer_preflight(call);
  response_empty(call->response, 204);
}

/* --- HEAD, PATCH, DELETE --- */

/* Whoever has an upload URL knows its secret, not the upload's name. */
static const char *upload_id(const struct call *call) {
  return call->upload != NULL ? call->upload->upload_id : call->match->parameters[0];
}

/* Whole but not complete: what came after the last byte was cut short, and is made up for now. Of a refused upload the
 * last byte is said to be missing: a client that is told of the refusal here has no words to show, and some begin anew
 * from the first byte. It sends the last one, and reads why. False: the response has the answer. */
static bool settle_told(struct tus_upload *upload) {
  struct upload_row *row = &upload->row;
  bool waits = row->refusal[0] == '\0' && tus_upload_is_whole(upload);
  if (waits && !tus_upload_finish(upload) && row->refusal[0] == '\0') {
    return false;
  }
  if (row->refusal[0] != '\0' && row->length > 0) {
    row->offset = row->length - 1;
  }
  return true;
}

void tus_api_tell(struct call *call) {
  struct tus_upload upload;
  if (!tus_headers_check_version(call) || !tus_upload_look(call, upload_id(call), &upload)) {
    return;
  }
  if (settle_told(&upload)) {
    const struct upload_row *row = &upload.row;
    if (row->length == UPLOAD_LENGTH_UNKNOWN) {
      response_header(call->response, "Upload-Defer-Length", "1");
    } else {
      tus_answer_number(call, "Upload-Length", row->length);
    }
    if (row->metadata[0] != '\0') {
      response_header(call->response, "Upload-Metadata", row->metadata);
    }
    tus_answer_state(call, row);
    response_empty(call->response, 200);
  }
  tus_upload_close(&upload);
}

/* A length that was put off is told with some PATCH. False: the response has the answer. */
static bool take_length(struct tus_upload *upload, int64_t length) {
  struct call *call = upload->call;
  struct upload_row *row = &upload->row;
  if (length == UPLOAD_LENGTH_UNKNOWN || length == row->length) {
    return true;
  }
  if (row->length != UPLOAD_LENGTH_UNKNOWN || length < row->offset) {
    response_problem(call->response, 400, "The length of an upload is told once, and is not below its offset.");
    return false;
  }
  if (length > tus_upload_most(call, row)) {
    tus_answer_too_large(call, row);
    return false;
  }
  enum error error = upload_store_set_length(call->app->database, row, length);
  if (error != ERROR_NONE) {
    call_fail(call, error, "storing the length of an upload");
    return false;
  }
  row->length = length;
  return true;
}

/* Does this PATCH fit the upload? False: the response has the answer, and nothing was changed. */
static bool admit_chunk(struct tus_upload *upload, int64_t offset, int64_t length) {
  struct call *call = upload->call;
  struct upload_row *row = &upload->row;
  if (offset != row->offset) {
    tus_answer_state(call, row);
    response_problem(call->response, 409, "The upload stands at %" PRId64 ", not at %" PRId64 ".", row->offset, offset);
    return false;
  }
  if (!take_length(upload, length)) {
    return false;
  }
  int64_t most = row->length == UPLOAD_LENGTH_UNKNOWN ? tus_upload_most(call, row) : row->length;
  if (call->request->content_length > most - row->offset) {
    response_problem(call->response, 413, "There are more bytes than the upload has.");
    return false;
  }
  return true;
}

static void append_chunk(struct tus_upload *upload, struct chunk_checksum *checksum) {
  struct call *call = upload->call;
  enum error error =
      upload->row.completed || call->request->content_length == 0 ? ERROR_NONE : tus_upload_receive(upload, checksum);
  if (error != ERROR_NONE) {
    tus_answer_cut(call, upload, error);
  } else if (!tus_upload_is_whole(upload) || tus_upload_finish(upload)) {
    tus_answer_state(call, &upload->row);
    response_empty(call->response, 204);
  }
}

void tus_api_append(struct call *call) {
  struct chunk_checksum *checksum = NULL;
  struct tus_upload upload;
  int64_t offset = -1;
  int64_t length = UPLOAD_LENGTH_UNKNOWN;
  if (!tus_headers_check_version(call) || !tus_headers_check_type(call) ||
      !tus_headers_number(call, "UPLOAD_OFFSET", &offset) || !tus_headers_number(call, "UPLOAD_LENGTH", &length)) {
    return;
  }
  if (offset < 0) {
    response_problem(call->response, 400, "Send Upload-Offset, the number of bytes that are there already.");
    return;
  }
  if (tus_headers_checksum(call, &checksum) && tus_upload_open(call, upload_id(call), &upload)) {
    if (admit_chunk(&upload, offset, length)) {
      append_chunk(&upload, checksum);
    }
    tus_upload_close(&upload);
  }
  chunk_checksum_free(checksum);
}

void tus_api_terminate(struct call *call) {
  if (tus_headers_check_version(call) && tus_upload_terminate(call, upload_id(call))) {
    log_event(LOG_LEVEL_INFO, "upload_terminated", LOG_I64("account_id", call->account->id),
              LOG_STR("upload", upload_id(call)));
    response_empty(call->response, 204);
  }
}
