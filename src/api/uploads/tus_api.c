/* SPDX-License-Identifier: ISC */
/* Resumable uploads, tus 1.0.0; see handlers.h. What one upload is and does stands in tus_upload.h. */
#include "config.h"

#include "api/handlers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/call.h"
#include "api/uploads/tus_headers.h"
#include "api/uploads/tus_upload.h"
#include "base/clock.h"
#include "base/log.h"
#include "files/upload_file.h"

#define EXTENSIONS "creation,creation-with-upload,creation-defer-length,checksum,expiration,termination"

static void number_header(struct call *call, const char *name, int64_t number) {
  char text[24];
  snprintf(text, sizeof text, "%" PRId64, number);
  response_header(call->response, name, text);
}

/* What every answer about an upload says. */
static void state_headers(struct call *call, const struct upload_row *row) {
  number_header(call, "Upload-Offset", row->offset);
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
  number_header(call, "Tus-Max-Size", call->app->settings->upload_max);
  response_empty(call->response, 204);
}

static void answer_tus_too_large(struct call *call) {
  response_problem(call->response, 413, "An upload has at most %" PRId64 " bytes here (upload_max).",
                   call->app->settings->upload_max);
}

/* The answer to bytes that could not be taken, or not all of them. */
static void answer_cut(struct call *call, const struct tus_upload *upload, enum error error) {
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
  state_headers(call, &upload->row);
}

/* --- creation --- */

struct creation {
  struct upload_row row;
  struct chunk_checksum *checksum;
};

/* Does the creation bring bytes? HTTP/2 needs neither a length nor an encoding to say so: then its type does. */
static bool has_content(const struct call *call) {
  return call->request->has_body || (call->request->content_length < 0 && call->request->content_type[0] != '\0');
}

/* What the headers say. False: the response has the answer. */
static bool read_creation(struct call *call, struct creation *creation) {
  struct upload_row *row = &creation->row;
  struct tus_metadata metadata;
  const char *header = tus_headers_get(call, "UPLOAD_METADATA");
  if (!tus_headers_length(call, &row->length) || (has_content(call) && !tus_headers_check_type(call))) {
    return false;
  }
  if (row->length > call->app->settings->upload_max) {
    answer_tus_too_large(call);
    return false;
  }
  if (row->length != UPLOAD_LENGTH_UNKNOWN && call->request->content_length > row->length) {
    response_problem(call->response, 413, "There are more bytes than Upload-Length says.");
    return false;
  }
  if (!tus_headers_metadata(header, call->response, &metadata)) {
    return false;
  }
  snprintf(row->metadata, sizeof row->metadata, "%s", header == NULL ? "" : header);
  memcpy(row->title, metadata.title, sizeof metadata.title);
  row->type = metadata.type;
  row->media_id = metadata.media_id;
  return !has_content(call) || tus_headers_checksum(call, &creation->checksum);
}

/* One file fits, however the settings are. */
static int64_t account_share(const struct settings *settings) {
  return settings->upload_account_max > settings->upload_max ? settings->upload_account_max : settings->upload_max;
}

static void answer_no_room(struct call *call, enum error error, int64_t media_id) {
  const struct settings *settings = call->app->settings;
  if (error == ERROR_LIMITED) {
    response_problem(call->response, 429,
                     "An account may have %" PRId64 " uploads under way (uploads_max) of %" PRId64
                     " bytes in all (upload_account_max; one without a length counts as %" PRId64
                     "). Finish or DELETE one of them.",
                     settings->uploads_max, account_share(settings), settings->upload_max);
  } else if (error == ERROR_NO_SPACE) {
    response_problem(call->response, 507,
                     "There is no room for another upload of this size just now (upload_spool_max, and the disk).");
  } else if (error == ERROR_NOT_FOUND) {
    response_field_error(call->response, "Upload-Metadata/media_id", "there is no medium %" PRId64, media_id);
    response_problem_fields(call->response);
  } else {
    call_fail(call, error, "creating an upload");
  }
}

/* The file first: a row without one would be a loss, a file without a row is swept. */
static bool create_upload(struct call *call, struct upload_row *row) {
  const struct settings *settings = call->app->settings;
  const struct upload_limits limits = {.account_uploads = settings->uploads_max,
                                       .account_bytes = account_share(settings),
                                       .total_bytes = settings->upload_spool_max,
                                       .unknown_length = settings->upload_max,
                                       .ttl_seconds = settings->upload_expiry};
  int64_t free_bytes = 0;
  upload_file_make_name(row->id);
  upload_file_boot(row->tail_boot);
  enum error error = upload_file_free_space(call->app->media_folder, &free_bytes);
  if (error == ERROR_NONE && row->length > free_bytes) {
    error = ERROR_NO_SPACE;
  }
  if (error == ERROR_NONE) {
    error = upload_file_create(call->app->media_folder, row->id);
  }
  if (error != ERROR_NONE) {
    answer_no_room(call, error, row->media_id);
    return false;
  }
  error = upload_store_create(call->app->database, call->account->id, &limits, row);
  if (error != ERROR_NONE) {
    enum error left =
        error == ERROR_UNKNOWN_OUTCOME ? ERROR_NONE : upload_file_remove(call->app->media_folder, row->id);
    (void)left; /* the sweep will */
    answer_no_room(call, error, row->media_id);
    return false;
  }
  log_event(LOG_LEVEL_INFO, "upload_created", LOG_I64("account_id", call->account->id), LOG_STR("upload", row->id),
            LOG_I64("length", row->length));
  return true;
}

/* The body that came with the creation. False: nothing can come of it, or nobody is there to hear of the upload. */
static bool receive_first(struct tus_upload *upload, struct chunk_checksum *checksum) {
  enum error error = tus_upload_receive(upload, checksum);
  if (error != ERROR_DENIED && error != ERROR_TOO_LARGE && error != ERROR_ABORTED) {
    return true; /* when it failed: that passes, and the client comes back to what is there */
  }
  answer_cut(upload->call, upload, error);
  return false;
}

/* A whole file that is not refused stays, whatever keeps it from becoming a medium's just now. Its client must come
 * back once more, so it is told that a byte is missing yet. */
static bool finish_first(struct tus_upload *upload) {
  struct upload_row *row = &upload->row;
  if (!tus_upload_is_whole(upload) || tus_upload_finish(upload)) {
    return true;
  }
  if (row->refusal[0] != '\0' || row->length == 0) {
    return false;
  }
  row->offset--;
  return true;
}

/* False: the upload is to be forgotten, and the response says why. */
static bool begin_upload(struct call *call, const struct creation *creation, struct upload_row *row) {
  struct tus_upload upload;
  if (!tus_upload_open(call, row->id, &upload)) {
    return row->length != 0; /* its bytes come later then */
  }
  bool good = (!has_content(call) || receive_first(&upload, creation->checksum)) && finish_first(&upload);
  *row = upload.row;
  tus_upload_close(&upload);
  return good;
}

static void forget_upload(const struct call *call, const char *id) {
  enum error error = upload_store_delete(call->app->database, id);
  if (error == ERROR_NONE) {
    error = upload_file_remove(call->app->media_folder, id);
  }
  (void)error; /* it expires */
}

void tus_api_create(struct call *call) {
  struct creation creation = {.checksum = NULL};
  struct upload_row *row = &creation.row;
  if (!tus_headers_check_version(call) || !read_creation(call, &creation)) {
    chunk_checksum_free(creation.checksum);
    return;
  }
  if (create_upload(call, row)) {
    bool empty = !has_content(call) && row->length != 0;
    if (empty || begin_upload(call, &creation, row)) {
      char location[64];
      snprintf(location, sizeof location, "/uploads/%s", row->id);
      response_header(call->response, "Location", location);
      state_headers(call, row);
      response_empty(call->response, 201);
    } else {
      forget_upload(call, row->id);
    }
  }
  chunk_checksum_free(creation.checksum);
}

/* --- HEAD, PATCH, DELETE --- */

static const char *upload_id(const struct call *call) {
  return call->match->parameters[0];
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
      number_header(call, "Upload-Length", row->length);
    }
    if (row->metadata[0] != '\0') {
      response_header(call->response, "Upload-Metadata", row->metadata);
    }
    state_headers(call, row);
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
  if (length > call->app->settings->upload_max) {
    answer_tus_too_large(call);
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
    state_headers(call, row);
    response_problem(call->response, 409, "The upload stands at %" PRId64 ", not at %" PRId64 ".", row->offset, offset);
    return false;
  }
  if (!take_length(upload, length)) {
    return false;
  }
  int64_t most = row->length == UPLOAD_LENGTH_UNKNOWN ? call->app->settings->upload_max : row->length;
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
    answer_cut(call, upload, error);
  } else if (!tus_upload_is_whole(upload) || tus_upload_finish(upload)) {
    state_headers(call, &upload->row);
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
