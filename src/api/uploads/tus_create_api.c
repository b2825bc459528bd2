/* SPDX-License-Identifier: ISC */
/* Creation of resumable uploads (tus 1.0.0), by callers and at upload URLs; see handlers.h. */
#include "config.h"

#include "api/handlers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/call.h"
#include "api/uploads/tus_answers.h"
#include "api/uploads/tus_headers.h"
#include "api/uploads/tus_upload.h"
#include "base/log.h"
#include "files/upload_file.h"
#include "store/media/upload_url_store.h"

struct creation {
  struct upload_row row;
  struct chunk_checksum *checksum;
};

/* Does the creation bring bytes? HTTP/2 needs neither a length nor an encoding to say so: then its type does. */
static bool has_content(const struct call *call) {
  return call->request->has_body || (call->request->content_length < 0 && call->request->content_type[0] != '\0');
}

/* What the headers say of its bytes. False: the response has the answer. */
static bool read_length(struct call *call, struct creation *creation) {
  struct upload_row *row = &creation->row;
  if (!tus_headers_length(call, &row->length) || (has_content(call) && !tus_headers_check_type(call))) {
    return false;
  }
  if (row->length > tus_upload_most(call, row)) {
    tus_answer_too_large(call, row);
    return false;
  }
  if (row->length != UPLOAD_LENGTH_UNKNOWN && call->request->content_length > row->length) {
    response_problem(call->response, 413, "There are more bytes than Upload-Length says.");
    return false;
  }
  return !has_content(call) || tus_headers_checksum(call, &creation->checksum);
}

/* What they say of a medium. False: the response has the answer. */
static bool read_purpose(struct call *call, struct upload_row *row) {
  struct tus_metadata metadata;
  const char *header = tus_headers_get(call, "UPLOAD_METADATA");
  if (!tus_headers_metadata(header, call->response, &metadata)) {
    return false;
  }
  snprintf(row->metadata, sizeof row->metadata, "%s", header == NULL ? "" : header);
  memcpy(row->title, metadata.title, sizeof metadata.title);
  row->type = metadata.type;
  row->media_id = metadata.media_id;
  return true;
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

static struct upload_limits limits_of(const struct call *call, const struct upload_row *row) {
  const struct settings *settings = call->app->settings;
  return (struct upload_limits){.account_uploads = settings->uploads_max,
                                .account_bytes = account_share(settings),
                                .total_bytes = settings->upload_spool_max,
                                .unknown_length = tus_upload_most(call, row),
                                .ttl_seconds = settings->upload_expiry};
}

static enum error check_disk(const struct call *call, int64_t length) {
  int64_t free_bytes = 0;
  enum error error = upload_file_free_space(call->app->media_folder, &free_bytes);
  return error == ERROR_NONE && length > free_bytes ? ERROR_NO_SPACE : error;
}

/* The file first: a row without one would be a loss, a file without a row is swept. */
static bool create_upload(struct call *call, struct upload_row *row) {
  const struct upload_limits limits = limits_of(call, row);
  upload_file_make_name(row->id);
  upload_file_boot(row->tail_boot);
  enum error error = check_disk(call, row->length);
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
  tus_answer_cut(upload->call, upload, error);
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

static void answer_created(struct call *call, const struct upload_row *row, const char *name) {
  char location[sizeof "/uploads/" + ROUTER_PARAMETER_SIZE];
  snprintf(location, sizeof location, "/uploads/%s", name);
  response_header(call->response, "Location", location);
  tus_answer_state(call, row);
  response_empty(call->response, 201);
}

void tus_api_create(struct call *call) {
  struct creation creation = {.checksum = NULL};
  struct upload_row *row = &creation.row;
  if (!tus_headers_check_version(call) || !read_length(call, &creation) || !read_purpose(call, row)) {
    chunk_checksum_free(creation.checksum);
    return;
  }
  if (create_upload(call, row)) {
    bool empty = !has_content(call) && row->length != 0;
    if (empty || begin_upload(call, &creation, row)) {
      answer_created(call, row, row->id);
    } else {
      forget_upload(call, row->id);
    }
  }
  chunk_checksum_free(creation.checksum);
}

/* --- a file for an upload URL --- */

/* May a file begin, or begin anew? False: the response has the answer. */
static bool may_begin(const struct tus_upload *upload) {
  struct response *response = upload->call->response;
  const struct upload_row *row = &upload->row;
  if (row->completed) {
    response_problem_of_type(response, 409, "upload-url-used", "This URL has got its file. Ask for another URL.");
  } else if (row->refusal[0] != '\0') {
    response_problem(response, 422, "The file was not kept: %s.", row->refusal);
  } else if (row->expired) {
    response_problem_of_type(response, 410, "upload-url-expired", "This URL has expired. Ask for another one.");
  } else {
    return true;
  }
  return false;
}

/* Nothing of an earlier beginning stays. */
static enum error empty_file(const struct tus_upload *upload) {
  struct media_folder *folder = upload->call->app->media_folder;
  return upload->file == NULL ? upload_file_create(folder, upload->row.id)
                              : upload_file_resume(upload->file, 0, "", NULL, NULL);
}

/* False: the response has the answer. */
static bool begin_url(struct tus_upload *upload, struct creation *creation) {
  struct call *call = upload->call;
  struct upload_row *row = &upload->row;
  const char *metadata = tus_headers_get(call, "UPLOAD_METADATA");
  creation->row = *row;
  if (!may_begin(upload) || !read_length(call, creation)) {
    return false;
  }
  row->length = creation->row.length;
  row->offset = 0;
  snprintf(row->metadata, sizeof row->metadata, "%s",
           metadata == NULL || strlen(metadata) >= sizeof row->metadata ? "" : metadata);
  upload_file_boot(row->tail_boot);
  const struct upload_limits limits = limits_of(call, row);
  enum error error = check_disk(call, row->length);
  if (error == ERROR_NONE) {
    error = empty_file(upload);
  }
  if (error == ERROR_NONE) {
    error = upload_store_begin(call->app->database, call->account->id, &limits, row);
  }
  if (error != ERROR_NONE) {
    answer_no_room(call, error, row->media_id);
    return false;
  }
  log_event(LOG_LEVEL_INFO, "upload_begun", LOG_STR("upload", row->id), LOG_I64("length", row->length));
  return true;
}

void tus_api_create_at_url(struct call *call) {
  struct creation creation = {.checksum = NULL};
  struct tus_upload upload;
  if (call->upload == NULL) {
    response_header(call->response, "Allow", "OPTIONS, HEAD, PATCH, DELETE");
    response_problem(call->response, 405, "POST takes an upload URL; this upload has begun.");
    return;
  }
  if (!tus_headers_check_version(call) || !tus_upload_take(call, call->upload->upload_id, &upload)) {
    return;
  }
  bool begun = begin_url(&upload, &creation);
  struct upload_row row = upload.row;
  tus_upload_close(&upload);
  if (begun && ((!has_content(call) && row.length != 0) || begin_upload(call, &creation, &row))) {
    answer_created(call, &row, call->match->parameters[0]);
  }
  chunk_checksum_free(creation.checksum);
}
