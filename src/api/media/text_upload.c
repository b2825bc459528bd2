/* SPDX-License-Identifier: ISC */
/*
 * Texts are stored as films are: spooled, placed under a new name, then the row commits.
 */
#include "config.h"

#include "api/media/text_upload.h"

#include <stdlib.h>
#include <string.h>

#include "domain/digest.h"
#include "files/spool_file.h"
#include "files/stored_file.h"
#include "http/content_type.h"

/* What a browser's form or JSON would be is not a file. */
static bool is_text_file(const struct call *call) {
  static const char *const types[] = {"text/vtt", "application/x-subrip", "text/plain", "application/octet-stream"};
  const char *type = call->request->content_type;
  bool known = type[strspn(type, " \t;")] == '\0';
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    known = known || content_type_is(type, types[i]);
  }
  if (!known) {
    response_problem(call->response, 415, "Send the file itself, as text/vtt or application/x-subrip.");
  }
  return known && content_type_is_plain(call->request, call->response);
}

static bool read_text(struct call *call, struct text *ret_vtt, struct subtitles_result *ret_result) {
  char *body = NULL;
  size_t size = 0;
  enum error error = request_read_all(call->request, SUBTITLES_MAX_BYTES, &body, &size);
  if (error == ERROR_NONE) {
    error = subtitles_normalise(body, size, ret_vtt, ret_result);
  }
  free(body);
  if (error == ERROR_TOO_LARGE) {
    response_problem(call->response, 413, "Subtitles are at most %d bytes.", SUBTITLES_MAX_BYTES);
  } else if (error == ERROR_ABORTED) {
    response_problem(call->response, 400, "The body ended before its announced length.");
  } else if (error == ERROR_INVALID) {
    response_field_error(call->response, "", "Line %zu %s", ret_result->line, ret_result->reason);
    response_problem_fields(call->response);
  } else if (error != ERROR_NONE) {
    call_fail(call, error, "reading subtitles");
  }
  return error == ERROR_NONE;
}

bool text_upload_read(struct call *call, struct text *ret_vtt, struct subtitles_result *ret_result) {
  return is_text_file(call) && read_text(call, ret_vtt, ret_result);
}

static enum error write_content(struct spool_file *file, const struct text *content, const char *extension,
                                int64_t media_id, char ret_stored_name[MEDIUM_STORED_NAME_SIZE]) {
  char sha256[DIGEST_HEX_SIZE];
  int64_t size_bytes;
  enum error error = spool_file_write(file, content->data, content->length);
  if (error == ERROR_NONE) {
    error = spool_file_finish(file, sha256, &size_bytes);
  }
  return error == ERROR_NONE ? spool_file_place(file, media_id, extension, ret_stored_name) : error;
}

enum error text_upload_place(struct call *call, int64_t media_id, const struct text *content, const char *extension,
                             char ret_stored_name[MEDIUM_STORED_NAME_SIZE]) {
  struct spool_file *file = NULL;
  struct media media = {.id = 0}; /* no folder is made for a medium that is not there */
  enum error error = media_store_find(call->app->database, media_id, &media);
  media_free(&media);
  if (error == ERROR_NONE) {
    error = spool_file_create(call->app->media_folder, &file);
  }
  if (error == ERROR_NONE) {
    error = write_content(file, content, extension, media_id, ret_stored_name);
  }
  spool_file_discard(file);
  return error;
}

enum error text_upload_settle(struct call *call, int64_t media_id, enum error error, const char *stored_name,
                              const char *old_name) {
  struct media_folder *folder = call->app->media_folder;
  if (error == ERROR_NONE) {
    media_folder_settle(folder, media_id, stored_name);
    if (old_name[0] != '\0') {
      media_folder_note_replaced(folder, media_id, old_name);
    }
  } else if (error != ERROR_UNKNOWN_OUTCOME) {
    enum error removed = stored_file_remove(folder, media_id, stored_name);
    (void)removed; /* else the sweep does it */
  }
  return error;
}
