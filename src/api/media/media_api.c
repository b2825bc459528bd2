/* SPDX-License-Identifier: ISC */
/*
 * Media: rows, and for DELETE the folder that belongs to one. The row decides: a folder that could
 * not be moved away is out of reach all the same once nothing names it, and the sweep repeats what
 * a crash cut short.
 */
#include "config.h"

#include "api/handlers.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/media/library_file.h"
#include "api/media/media_fields.h"
#include "api/media/media_json.h"
#include "api/media/precondition.h"
#include "api/reply.h"
#include "base/log.h"
#include "domain/medium.h"
#include "http/json_body.h"
#include "store/media/media_list.h"

static bool is_library(const struct media_fields *fields) {
  return fields->file_url != NULL && fields->parsed.kind == FILE_URL_LIBRARY;
}

/* Anything may be registered, since origin_hosts can follow; until then playing it is 502. */
static void warn_of_unlisted_origin(const struct call *call, const struct media_fields *fields, int64_t media_id) {
  const struct file_url *url = &fields->parsed;
  if (fields->file_url != NULL && url->kind == FILE_URL_REMOTE &&
      !file_url_origin_is_listed(url, &call->app->settings->origin_hosts)) {
    log_event(LOG_LEVEL_WARNING, "origin_not_listed", LOG_I64("media_id", media_id),
              LOG_STR("scheme", url->origin.scheme), LOG_STR("host", url->origin.host),
              LOG_I64("port", url->origin.port));
  }
}

static void reply_created(struct call *call, const struct media *media) {
  char location[48];
  snprintf(location, sizeof location, "/media/media/%" PRId64, media->id);
  response_header(call->response, "Location", location);
  media_json_respond(call->response, 201, media);
  call->request->media_id = media->id; /* its log line tells the rest: no second one with each new medium */
}

/* Notes the deletion, commits it, moves the folder away: each step can be repeated, and the sweep
 * finds the note when a crash comes between. ERROR_NOT_FOUND: there is no such medium (and now no
 * folder either). Without a note the full sweep finds what a crash left. */
static enum error delete_media(struct call *call, int64_t media_id) {
  struct media_folder *folder = call->app->media_folder;
  enum error error = media_folder_note_deletion(folder, media_id);
  if (error != ERROR_NONE && error != ERROR_NO_SPACE) { /* deleting must work when the disk is full, of all times */
    return error;
  }
  error = media_store_delete(call->app->database, media_id);
  if (error != ERROR_NONE && error != ERROR_NOT_FOUND) {
    return error;
  }
  enum error left = media_folder_trash(folder, media_id);
  if (left != ERROR_NONE) {
    log_event(LOG_LEVEL_WARNING, "media_folder_left", LOG_I64("media_id", media_id), LOG_ERROR_FIELD(left));
  }
  return error;
}

/* A medium whose library file cannot be had is taken back. */
static void take_back_media(struct call *call, int64_t media_id) {
  enum error error = delete_media(call, media_id);
  if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_WARNING, "media_left_without_file", LOG_I64("media_id", media_id), LOG_ERROR_FIELD(error));
  }
}

static void create_media(struct call *call, const struct media_fields *fields) {
  struct media media = {.id = 0}, linked = {.id = 0};
  bool library = is_library(fields);
  enum error error = media_store_create(call->app->database, fields->title, fields->type,
                                        library ? NULL : fields->file_url, call->account->id, &media);
  if (error != ERROR_NONE) {
    call_fail(call, error, "creating a medium");
  } else if (!library) {
    warn_of_unlisted_origin(call, fields, media.id);
    reply_created(call, &media);
  } else if (library_file_attach(call, media.id, fields, &(struct media_change){.title = NULL}, &linked)) {
    reply_created(call, &linked);
  } else {
    take_back_media(call, media.id);
  }
  media_free(&media);
  media_free(&linked);
}

void media_api_create(struct call *call) {
  struct json_object *object;
  if (json_body_read(call->request, call->response, &object) != ERROR_NONE) {
    return;
  }
  struct media_fields fields;
  if (media_fields_read(object, true, call->response, &fields)) {
    create_media(call, &fields);
  }
  json_object_put(object);
}

/* False: the response has the 422. */
static bool read_media_filter(struct call *call, char search_storage[MEDIA_FIELDS_TITLE_SIZE],
                              struct media_filter *ret_filter) {
  const char *type = query_get(call->query, "type");
  const char *search = query_get(call->query, "q");
  enum media_type wanted_type;
  ret_filter->type = -1;
  if (type != NULL && media_fields_parse_type(type, &wanted_type)) {
    ret_filter->type = (int)wanted_type;
  } else if (type != NULL) {
    response_field_error(call->response, "?type", "must be video or audio");
  }
  enum error error = search == NULL ? ERROR_NONE : media_fields_title(search, search_storage);
  if (error == ERROR_MEMORY) {
    call_fail(call, error, "reading what is searched for");
    return false;
  }
  if (error != ERROR_NONE || (search != NULL && *search == '\0')) {
    response_field_error(call->response, "?q", "must be 1 to %d characters long", MEDIUM_TITLE_MAX);
  }
  ret_filter->search = search == NULL ? NULL : search_storage;
  struct call_page page; /* answers for all that was noted */
  if (!call_page(call, &page)) {
    return false;
  }
  ret_filter->before_created_at_us = page.cursor.time_us;
  ret_filter->before_id = page.cursor.id;
  ret_filter->limit = page.limit;
  return true;
}

static void reply_media(struct call *call, const struct media *items, size_t count, bool more) {
  struct text *body = reply_begin(call->response, 200);
  reply_name(body, "items");
  text_append(body, "[");
  for (size_t i = 0; i < count; i++) {
    reply_separate(body);
    media_json_append(body, &items[i]);
  }
  text_append(body, "]");
  const struct media *last = more ? &items[count - 1] : NULL;
  call_append_next_cursor(call, more, more ? last->created_at_us : 0, more ? last->id : 0);
  reply_end(call->response);
}

void media_api_list(struct call *call) {
  struct media_filter filter;
  char search[MEDIA_FIELDS_TITLE_SIZE] = "";
  if (!read_media_filter(call, search, &filter)) {
    return;
  }
  size_t limit = (size_t)filter.limit;
  filter.limit++; /* one more tells whether there is a next page */
  struct media *items = NULL;
  size_t count = 0;
  enum error error = media_list_find(call->app->database, &filter, &items, &count);
  if (error != ERROR_NONE) {
    call_fail(call, error, "listing media");
    return;
  }
  reply_media(call, items, count > limit ? limit : count, count > limit);
  for (size_t i = 0; i < count; i++) {
    media_free(&items[i]);
  }
  free(items);
}

void media_api_get(struct call *call) {
  int64_t id;
  if (!call_media_id(call, &id)) {
    return;
  }
  struct media storage = {.id = 0};
  const struct media *media;
  enum error error = app_media(call->app, id, &storage, &media);
  if (error == ERROR_NONE) {
    media_json_respond(call->response, 200, media);
  } else {
    call_fail_media(call, error, id, "finding a medium");
  }
  media_free(&storage);
}

/* Do If-Match and If-None-Match let it be changed? False: the response has the answer. */
static bool condition_holds(struct call *call, int64_t id, struct media_change *change) {
  struct media media = {.id = 0};
  if (!precondition_is_set(call)) {
    return true;
  }
  enum error error = media_store_find(call->app->database, id, &media);
  if (error != ERROR_NONE) {
    call_fail_media(call, error, id, "finding a medium");
  }
  bool holds = error == ERROR_NONE && precondition_check(call, &media, change);
  media_free(&media);
  return holds;
}

/* All that is asked for at once, or nothing. False: the response has the answer. */
static bool change_media(struct call *call, int64_t id, const struct media_fields *fields, struct media *ret_media) {
  struct media_change change = {.title = fields->has_title ? fields->title : NULL,
                                .type = fields->has_type ? &fields->type : NULL,
                                .set_file_url = fields->has_file_url,
                                .file_url = fields->file_url};
  if (!condition_holds(call, id, &change)) {
    return false;
  }
  if (is_library(fields)) {
    return library_file_attach(call, id, fields, &change, ret_media);
  }
  enum error error = change.set_file_url ? media_folder_note_replacement(call->app->media_folder, id) : ERROR_NONE;
  if (error == ERROR_NONE) {
    error = media_store_update(call->app->database, id, &change, ret_media);
  }
  if (error == ERROR_CONFLICT) {
    response_field_error(call->response, "/type", "must be that of the medium's file, which is %s",
                         fields->type == MEDIA_AUDIO ? "a video" : "audio only");
    response_problem_fields(call->response);
  } else if (error != ERROR_NONE) {
    call_fail_media(call, error, id, "changing a medium");
  }
  return error == ERROR_NONE;
}

void media_api_change(struct call *call) {
  int64_t id;
  struct json_object *object;
  if (!call_media_id(call, &id) || json_body_read(call->request, call->response, &object) != ERROR_NONE) {
    return;
  }
  struct media_fields fields;
  struct media media = {.id = 0};
  if (media_fields_read(object, false, call->response, &fields) && change_media(call, id, &fields, &media)) {
    log_event(LOG_LEVEL_INFO, "media_changed", LOG_I64("account_id", call->account->id), LOG_I64("media_id", id));
    warn_of_unlisted_origin(call, &fields, id);
    media_json_respond(call->response, 200, &media);
  }
  media_free(&media);
  json_object_put(object);
}

void media_api_delete(struct call *call) {
  int64_t id;
  struct media_change unused = {.title = NULL};
  if (!call_media_id(call, &id) || !condition_holds(call, id, &unused)) {
    return;
  }
  enum error error = delete_media(call, id);
  if (error != ERROR_NONE) {
    call_fail_media(call, error, id, "deleting a medium");
    return;
  }
  log_event(LOG_LEVEL_INFO, "media_deleted", LOG_I64("account_id", call->account->id), LOG_I64("media_id", id));
  response_empty(call->response, 204);
}
