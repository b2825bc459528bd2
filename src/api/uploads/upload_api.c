/* SPDX-License-Identifier: ISC */
/*
 * An upload in one request: its body goes to the spool (hashed, counted) and is fsynced; what comes
 * then is the intake's.
 */
#include "config.h"

#include "api/handlers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/call.h"
#include "api/uploads/intake.h"
#include "api/media/media_json.h"
#include "api/media/precondition.h"
#include "base/log.h"
#include "files/spool_file.h"
#include "http/content_type.h"

struct upload {
  struct call *call;
  struct intake intake;
};

/* A drain's deadline has passed; the client sends the file again, to another worker. */
static void answer_overdue(struct call *call) {
  log_event(LOG_LEVEL_WARNING, "upload_overdue", LOG_I64("received_bytes", call->request->body_read));
  response_header(call->response, "Retry-After", "1");
  response_problem(call->response, 503,
                   "The server is restarting and could not wait for the rest of the file; nothing "
                   "was kept. Send it again.");
}

static void answer_file_too_large(struct call *call) {
  response_problem(call->response, 413, "The file is larger than %" PRId64 " bytes, the limit here (upload_max).",
                   call->app->settings->upload_max);
}

/* Is the body the file itself? A part of it would take the whole's place, and a compressed one or a form around it
 * would be kept as it is: some formats let anything stand before and behind them. False: the response has the answer.
 */
static bool is_whole_and_plain(const struct call *call) {
  if (request_parameter(call->request, "HTTP_CONTENT_RANGE") != NULL) {
    response_problem(call->response, 400, "Send the whole file, without Content-Range: a part would replace it.");
    return false;
  }
  if (strncasecmp(call->request->content_type, "multipart/", strlen("multipart/")) == 0) {
    response_problem(
        call->response, 415,
        "Send the file itself as the body, not in a form: curl -T FILE, or fetch(url, {method: 'PUT', body: "
        "file}).");
    return false;
  }
  return content_type_is_plain(call->request, call->response);
}

/* Everything that can be known before the first byte is read. False: the response has the answer.
 */
static bool admit_file(struct upload *upload) {
  struct call *call = upload->call;
  int64_t id = 0;
  if (!call_media_id(call, &id) || !is_whole_and_plain(call)) {
    return false;
  }
  enum error error = media_store_find(call->app->database, id, upload->intake.media);
  if (error != ERROR_NONE) {
    call_fail_media(call, error, id, "finding the medium of an upload");
    return false;
  }
  if (call->request->content_length > call->app->settings->upload_max) {
    answer_file_too_large(call);
    return false;
  }
  return precondition_check(call, upload->intake.media, &upload->intake.condition) && intake_has_store(call);
}

/* The body, chunk by chunk, into the spool. */
static enum error receive_upload(struct upload *upload, char *chunk) {
  const int64_t max_bytes = upload->call->app->settings->upload_max;
  int64_t received = 0;
  size_t size = 0;
  do {
    enum error error = intake_read(upload->call, chunk, &size);
    if (error != ERROR_NONE) {
      return error;
    }
    received += (int64_t)size;
    if (received > max_bytes) {
      return ERROR_TOO_LARGE;
    }
    error = spool_file_write(upload->intake.file, chunk, size);
    if (error != ERROR_NONE) {
      return error;
    }
  } while (size > 0);
  return ERROR_NONE;
}

static bool spool_upload(struct upload *upload) {
  struct call *call = upload->call;
  char *chunk = malloc(INTAKE_CHUNK_BYTES);
  enum error error = chunk == NULL ? ERROR_MEMORY : spool_file_create(call->app->media_folder, &upload->intake.file);
  if (error == ERROR_NONE) {
    error = receive_upload(upload, chunk);
  }
  free(chunk);
  if (error == ERROR_NONE) {
    intake_beat(call);
    error = spool_file_finish(upload->intake.file, upload->intake.facts.sha256, &upload->intake.facts.size_bytes);
  }
  if (error != ERROR_NONE) {
    intake_count(call, error == ERROR_TOO_LARGE ? METRIC_STORED_REFUSED : METRIC_STORED_FAILED);
  }
  if (error == ERROR_TOO_LARGE) {
    answer_file_too_large(call);
  } else if (error == ERROR_EXPIRED) {
    answer_overdue(call);
  } else if (error == ERROR_ABORTED) {
    log_event(LOG_LEVEL_INFO, "upload_broken_off", LOG_I64("media_id", upload->intake.media->id),
              LOG_I64("received_bytes", call->request->body_read));
    response_problem(call->response, 400, "The body ended before it was whole; nothing was kept. Send it again.");
  } else if (error != ERROR_NONE) {
    call_fail(call, error, "receiving an upload");
  }
  return error == ERROR_NONE;
}

void upload_api_put_file(struct call *call) {
  struct media media = {.id = 0};
  struct upload upload = {.call = call, .intake = {.call = call, .media = &media}};
  if (admit_file(&upload)) {
    bool first = media.file.stored_name[0] == '\0';
    if (spool_upload(&upload) && intake_look_into(&upload.intake) && intake_store(&upload.intake)) {
      media_json_respond(call->response, first ? 201 : 200, &media);
    }
  }
  spool_file_discard(upload.intake.file);
  media_free(&media);
}
