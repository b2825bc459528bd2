/* SPDX-License-Identifier: ISC */
/*
 * Chapters of media: those that were uploaded, else those that the package found inside the file.
 */
#include "config.h"

#include "api/media/chapter_api.h"

#include <stdio.h>

#include "api/call.h"
#include "api/handlers.h"
#include "api/media/media_json.h"
#include "api/media/text_upload.h"
#include "base/file.h"
#include "base/log.h"
#include "files/package_folder.h"
#include "files/stored_file.h"
#include "store/media/chapter_store.h"

#define CHAPTERS_MAX_BYTES (6 * SUBTITLES_MAX_BYTES) /* SRT's & becomes &amp; */

bool chapter_api_file(const struct media *media, char ret_name[MEDIUM_STORED_NAME_SIZE]) {
  bool uploaded = media->chapters[0] != '\0';
  if (uploaded) {
    snprintf(ret_name, MEDIUM_STORED_NAME_SIZE, "%s", media->chapters);
  } else {
    snprintf(ret_name, MEDIUM_STORED_NAME_SIZE, "%s/" PACKAGE_CHAPTERS, media->package.name);
  }
  return media->chapter_count > 0 && (uploaded || media->package.name[0] != '\0');
}

static enum error append_file(struct media_folder *folder, int64_t media_id, const char *stored_name,
                              struct text *text) {
  char block[4096];
  size_t size = 0;
  int fd = -1;
  enum error error = stored_file_open(folder, media_id, stored_name, &fd);
  do {
    error = error == ERROR_NONE ? file_read_at(fd, (int64_t)text->length, block, sizeof block, &size) : error;
    if (error == ERROR_NONE) {
      text_append_bytes(text, block, size);
    }
  } while (error == ERROR_NONE && size > 0 && text->length < CHAPTERS_MAX_BYTES);
  stored_file_close(folder, &fd);
  return error == ERROR_NONE && text->failed ? ERROR_MEMORY : error;
}

static void answer_chapters(struct call *call, const struct media *media) {
  char name[MEDIUM_STORED_NAME_SIZE];
  struct response *response = call->response;
  if (!chapter_api_file(media, name)) {
    response_problem(response, 404, "The medium has no chapters.");
    return;
  }
  text_clear(&response->body);
  enum error error = append_file(call->app->media_folder, media->id, name, &response->body);
  if (error == ERROR_NONE) {
    response->status = 200;
    response->content_type = "text/vtt";
  } else {
    call_fail(call, error, "reading chapters");
  }
}

void chapter_api_get(struct call *call) {
  int64_t id;
  struct media media = {.id = 0};
  if (!call_media_id(call, &id)) {
    return;
  }
  enum error error = media_store_find(call->app->database, id, &media);
  if (error == ERROR_NONE) {
    answer_chapters(call, &media);
  } else {
    call_fail_media(call, error, id, "finding a medium");
  }
  media_free(&media);
}

static enum error store_chapters(struct call *call, int64_t media_id, const struct text *vtt, int cues) {
  char old_name[MEDIUM_TEXT_NAME_SIZE] = "";
  char stored_name[MEDIUM_STORED_NAME_SIZE];
  enum error error = text_upload_place(call, media_id, vtt, "vtt", stored_name);
  if (error != ERROR_NONE) {
    return error;
  }
  error = chapter_store_put(call->app->database, media_id, stored_name, (int64_t)vtt->length, cues, old_name);
  return text_upload_settle(call, media_id, error, stored_name, old_name);
}

void chapter_api_put(struct call *call) {
  int64_t id;
  struct text vtt = {0};
  struct subtitles_result result = {.reason = "cannot be read"};
  if (call_media_id(call, &id) && text_upload_read(call, &vtt, &result)) {
    enum error error = store_chapters(call, id, &vtt, result.cues);
    if (error == ERROR_NONE) {
      log_event(LOG_LEVEL_INFO, "chapters_stored", LOG_I64("account_id", call->account->id), LOG_I64("media_id", id),
                LOG_I64("chapters", result.cues));
      media_json_answer(call, 200, id);
    } else {
      call_fail_media(call, error, id, "storing chapters");
    }
  }
  text_free(&vtt);
}

void chapter_api_remove(struct call *call) {
  int64_t id;
  char old_name[MEDIUM_TEXT_NAME_SIZE];
  if (!call_media_id(call, &id)) {
    return;
  }
  enum error error = chapter_store_remove(call->app->database, id, old_name);
  if (error == ERROR_NOT_FOUND) {
    response_problem(call->response, 404, "No chapters were uploaded for this medium, or there is no such medium.");
    return;
  }
  if (error != ERROR_NONE) {
    call_fail(call, error, "removing chapters");
    return;
  }
  media_folder_note_replaced(call->app->media_folder, id, old_name);
  log_event(LOG_LEVEL_INFO, "chapters_removed", LOG_I64("account_id", call->account->id), LOG_I64("media_id", id));
  response_empty(call->response, 204);
}
