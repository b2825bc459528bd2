/* SPDX-License-Identifier: ISC */
/*
 * Which picture stands for a medium. The row says what is wanted; `mediagate package` makes it.
 */
#include "config.h"

#include "api/handlers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/media/media_json.h"
#include "api/media/text_upload.h"
#include "base/log.h"
#include "http/content_type.h"
#include "store/media/poster_store.h"

#define IMAGE_MAX_BYTES (8 << 20)
#define TIME_MAX        86400

/* JPEG, PNG and WebP by their first bytes. */
static bool is_image(const char *bytes, size_t size) {
  return (size > 3 && memcmp(bytes, "\xff\xd8\xff", 3) == 0) ||
         (size > 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0) ||
         (size > 12 && memcmp(bytes, "RIFF", 4) == 0 && memcmp(bytes + 8, "WEBP", 4) == 0);
}

/* The body, malloc'd. False: the response has the answer. */
static bool read_image(struct call *call, struct text *ret_image) {
  char *body = NULL;
  size_t size = 0;
  if (!content_type_is_plain(call->request, call->response)) {
    return false;
  }
  enum error error = request_read_all(call->request, IMAGE_MAX_BYTES, &body, &size);
  if (error == ERROR_NONE && is_image(body, size)) {
    text_append_bytes(ret_image, body, size);
  } else if (error == ERROR_NONE) {
    response_problem(call->response, 415,
                     "Send a JPEG, PNG or WebP image, or say ?time_seconds= for a picture of the film.");
  } else if (error == ERROR_TOO_LARGE) {
    response_problem(call->response, 413, "A poster is at most %d bytes.", IMAGE_MAX_BYTES);
  } else if (error == ERROR_ABORTED) {
    response_problem(call->response, 400, "The body ended before its announced length.");
  } else {
    call_fail(call, error, "reading a poster");
  }
  free(body);
  return ret_image->length > 0;
}

/* False: the response has the 422. */
static bool read_time(struct call *call, const char *text, char ret_wanted[POSTER_WANTED_SIZE]) {
  char *end = NULL;
  double seconds = strspn(text, "0123456789.") == strlen(text) && text[0] != '\0' ? strtod(text, &end) : NAN;
  if (end == NULL || *end != '\0' || !(seconds >= 0 && seconds <= TIME_MAX)) {
    response_field_error(call->response, "?time_seconds", "must be a number of seconds from 0 to %d, such as 12.5",
                         TIME_MAX);
    response_problem_fields(call->response);
    return false;
  }
  snprintf(ret_wanted, POSTER_WANTED_SIZE, "time %.3f", seconds);
  return true;
}

static enum error want_image(struct call *call, int64_t media_id, const struct text *image) {
  char stored_name[MEDIUM_STORED_NAME_SIZE], wanted[POSTER_WANTED_SIZE];
  enum error error = text_upload_place(call, media_id, image, "img", stored_name);
  if (error != ERROR_NONE) {
    return error;
  }
  snprintf(wanted, sizeof wanted, "file %.50s", stored_name);
  error = poster_store_want(call->app->database, media_id, wanted);
  return text_upload_settle(call, media_id, error, stored_name, "");
}

void poster_api_put(struct call *call) {
  int64_t id;
  char wanted[POSTER_WANTED_SIZE];
  struct text image = {0};
  const char *time = query_get(call->query, "time_seconds");
  if (!call_media_id(call, &id) || !(time != NULL ? read_time(call, time, wanted) : read_image(call, &image))) {
    text_free(&image);
    return;
  }
  enum error error = time != NULL ? poster_store_want(call->app->database, id, wanted) : want_image(call, id, &image);
  text_free(&image);
  if (error == ERROR_NONE) {
    log_event(LOG_LEVEL_INFO, "poster_chosen", LOG_I64("account_id", call->account->id), LOG_I64("media_id", id));
    media_json_answer(call, 202, id);
  } else {
    call_fail_media(call, error, id, "choosing a poster");
  }
}

void poster_api_remove(struct call *call) {
  int64_t id;
  if (!call_media_id(call, &id)) {
    return;
  }
  enum error error = poster_store_want(call->app->database, id, NULL);
  if (error == ERROR_NOT_FOUND) {
    response_problem(call->response, 404, "No poster was chosen for this medium, or there is no such medium.");
  } else if (error != ERROR_NONE) {
    call_fail(call, error, "removing a poster");
  } else {
    enum error noted = media_folder_note_replacement(call->app->media_folder, id);
    (void)noted; /* else the full sweep finds what is not the row's any more */
    log_event(LOG_LEVEL_INFO, "poster_removed", LOG_I64("account_id", call->account->id), LOG_I64("media_id", id));
    response_empty(call->response, 204);
  }
}
