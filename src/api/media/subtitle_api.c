/* SPDX-License-Identifier: ISC */
/*
 * Subtitles are stored as films are: spooled, placed under a new name, then the row commits. Naming them in the HLS
 * master is `mediagate package`'s, which finds the change in the row.
 */
#include "config.h"

#include "api/handlers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/media/media_json.h"
#include "base/log.h"
#include "domain/digest.h"
#include "domain/medium.h"
#include "files/spool_file.h"
#include "files/stored_file.h"
#include "files/subtitles.h"
#include "http/content_type.h"
#include "store/media/subtitle_store.h"

/* False: the response has the answer. */
static bool read_subtitle_path(struct call *call, int64_t *ret_id, char ret_language[MEDIUM_LANGUAGE_SIZE]) {
  if (!call_media_id(call, ret_id)) {
    return false;
  }
  const char *language = call->match->parameters[1];
  if (!subtitles_is_language(language) || strlen(language) >= MEDIUM_LANGUAGE_SIZE) {
    response_field_error(call->response, "/lang", "must be a language such as en, pt-BR, zh-Hant or es-419");
    response_problem_fields(call->response);
    return false;
  }
  memcpy(ret_language, language, strlen(language) + 1);
  return true;
}

/* What a browser's form or JSON would be is not a file. */
static bool is_subtitle_file(const struct call *call) {
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

/* The body as WebVTT. False: the response has the answer. */
static bool read_subtitles(struct call *call, struct text *ret_vtt, struct subtitles_result *ret_result) {
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

static enum error place_subtitles(struct media_folder *folder, int64_t media_id, const struct text *vtt,
                                  struct subtitle *subtitle) {
  struct spool_file *file = NULL;
  char sha256[DIGEST_HEX_SIZE];
  char stored_name[MEDIUM_STORED_NAME_SIZE];
  int64_t size_bytes;
  enum error error = spool_file_create(folder, &file);
  if (error == ERROR_NONE) {
    error = spool_file_write(file, vtt->data, vtt->length);
  }
  if (error == ERROR_NONE) {
    error = spool_file_finish(file, sha256, &size_bytes);
  }
  if (error == ERROR_NONE) {
    error = spool_file_place(file, media_id, "vtt", stored_name);
  }
  if (error == ERROR_NONE) {
    snprintf(subtitle->stored_name, sizeof subtitle->stored_name, "%.*s", SUBTITLE_NAME_SIZE - 1, stored_name);
  }
  spool_file_discard(file);
  return error;
}

static enum error store_subtitles(struct call *call, int64_t media_id, const struct text *vtt, int cues,
                                  struct subtitle *subtitle) {
  struct media_folder *folder = call->app->media_folder;
  char old_name[SUBTITLE_NAME_SIZE] = "";
  struct media media = {.id = 0}; /* no folder is made for a medium that is not there */
  enum error error = media_store_find(call->app->database, media_id, &media);
  media_free(&media);
  if (error == ERROR_NONE) {
    error = place_subtitles(folder, media_id, vtt, subtitle);
  }
  if (error != ERROR_NONE) {
    return error;
  }
  error = subtitle_store_put(call->app->database, media_id, subtitle, (int64_t)vtt->length, cues, old_name);
  if (error == ERROR_NONE) {
    media_folder_settle(folder, media_id, subtitle->stored_name);
    if (old_name[0] != '\0') {
      media_folder_note_replaced(folder, media_id, old_name);
    }
  } else if (error != ERROR_UNKNOWN_OUTCOME) {
    enum error removed = stored_file_remove(folder, media_id, subtitle->stored_name);
    (void)removed; /* else the sweep does it */
  }
  return error;
}

void subtitle_api_put(struct call *call) {
  int64_t id;
  struct text vtt = {0};
  struct subtitles_result result = {.reason = "cannot be read"};
  struct subtitle subtitle = {.language = ""};
  if (read_subtitle_path(call, &id, subtitle.language) && is_subtitle_file(call) &&
      read_subtitles(call, &vtt, &result)) {
    enum error error = store_subtitles(call, id, &vtt, result.cues, &subtitle);
    if (error == ERROR_TOO_LARGE) {
      response_problem(call->response, 409, "A medium has subtitles in %d languages at most.", SUBTITLES_MAX);
    } else if (error != ERROR_NONE) {
      call_fail_media(call, error, id, "storing subtitles");
    } else {
      log_event(LOG_LEVEL_INFO, "subtitles_stored", LOG_I64("account_id", call->account->id), LOG_I64("media_id", id),
                LOG_STR("language", subtitle.language), LOG_I64("cues", result.cues));
      media_json_answer(call, 200, id);
    }
  }
  text_free(&vtt);
}

void subtitle_api_remove(struct call *call) {
  int64_t id;
  char language[MEDIUM_LANGUAGE_SIZE];
  char old_name[SUBTITLE_NAME_SIZE];
  if (!read_subtitle_path(call, &id, language)) {
    return;
  }
  enum error error = subtitle_store_remove(call->app->database, id, language, old_name);
  if (error == ERROR_NOT_FOUND) {
    response_problem(call->response, 404, "The medium has no subtitles in this language, or there is no such medium.");
    return;
  }
  if (error != ERROR_NONE) {
    call_fail(call, error, "removing subtitles");
    return;
  }
  media_folder_note_replaced(call->app->media_folder, id, old_name);
  log_event(LOG_LEVEL_INFO, "subtitles_removed", LOG_I64("account_id", call->account->id), LOG_I64("media_id", id),
            LOG_STR("language", language));
  response_empty(call->response, 204);
}
