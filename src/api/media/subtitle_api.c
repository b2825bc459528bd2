/* SPDX-License-Identifier: ISC */
/*
 * Subtitles of media. Naming them in the playlists is `mediagate package`'s, which finds the change in the row.
 */
#include "config.h"

#include "api/handlers.h"

#include <stdio.h>
#include <string.h>

#include "api/call.h"
#include "api/media/media_json.h"
#include "api/media/text_upload.h"
#include "base/log.h"
#include "base/text.h"
#include "domain/medium.h"
#include "files/subtitles.h"
#include "store/media/subtitle_store.h"

#define SUBTITLE_LABEL_MAX 64 /* characters */

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

/* What stands in playlists of HLS and DASH, in quotes and between tags. */
static bool is_label(const char *label) {
  size_t length = strlen(label);
  return length > 0 && text_is_utf8(label, length) && text_utf8_length(label, length) <= SUBTITLE_LABEL_MAX &&
         !text_has_control(label, length) && strpbrk(label, "\"<>&\\") == NULL;
}

static bool read_flag(struct call *call, const char *name, const char *pointer) {
  const char *value = query_get(call->query, name);
  if (value != NULL && strcmp(value, "true") != 0 && strcmp(value, "false") != 0) {
    response_field_error(call->response, pointer, "must be true or false");
  }
  return value != NULL && strcmp(value, "true") == 0;
}

/* False: the response has the answer. */
static bool read_kind(struct call *call, struct subtitle *subtitle) {
  const char *label = query_get(call->query, "label");
  if (label != NULL && is_label(label)) {
    snprintf(subtitle->label, sizeof subtitle->label, "%s", label);
  } else if (label != NULL) {
    response_field_error(call->response, "?label",
                         "must be 1 to %d characters without control characters and \" < > & \\", SUBTITLE_LABEL_MAX);
  }
  subtitle->forced = read_flag(call, "forced", "?forced");
  subtitle->sdh = read_flag(call, "sdh", "?sdh");
  if (response_has_field_errors(call->response)) {
    response_problem_fields(call->response);
    return false;
  }
  return true;
}

static enum error store_subtitles(struct call *call, int64_t media_id, const struct text *vtt, int cues,
                                  struct subtitle *subtitle) {
  char old_name[MEDIUM_TEXT_NAME_SIZE] = "";
  char stored_name[MEDIUM_STORED_NAME_SIZE];
  enum error error = text_upload_place(call, media_id, vtt, "vtt", stored_name);
  if (error != ERROR_NONE) {
    return error;
  }
  snprintf(subtitle->stored_name, sizeof subtitle->stored_name, "%.*s", MEDIUM_TEXT_NAME_SIZE - 1, stored_name);
  error = subtitle_store_put(call->app->database, media_id, subtitle, (int64_t)vtt->length, cues, old_name);
  return text_upload_settle(call, media_id, error, stored_name, old_name);
}

void subtitle_api_put(struct call *call) {
  int64_t id;
  struct text vtt = {0};
  struct subtitles_result result = {.reason = "cannot be read"};
  struct subtitle subtitle = {.language = ""};
  if (read_subtitle_path(call, &id, subtitle.language) && read_kind(call, &subtitle) &&
      text_upload_read(call, &vtt, &result)) {
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
  char old_name[MEDIUM_TEXT_NAME_SIZE];
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
