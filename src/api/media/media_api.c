/* SPDX-License-Identifier: ISC */
/*
 * Media one by one: made, told, changed, deleted. Lists are in media_list_api.c, changes of many in media_many_api.c.
 */
#include "config.h"

#include "api/handlers.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>

#include "api/call.h"
#include "api/media/library_file.h"
#include "api/media/media_fields.h"
#include "api/media/media_json.h"
#include "api/media/media_removal.h"
#include "api/media/precondition.h"
#include "api/reply.h"
#include "base/log.h"
#include "domain/medium.h"
#include "http/json_body.h"

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

/* A medium whose library file cannot be had is taken back. */
static void take_back_media(struct call *call, int64_t media_id) {
  enum error error = media_removal_delete(call, media_id);
  if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_WARNING, "media_left_without_file", LOG_I64("media_id", media_id), LOG_ERROR_FIELD(error));
  }
}

static void create_media(struct call *call, const struct media_fields *fields) {
  struct media media = {.id = 0}, linked = {.id = 0};
  bool library = is_library(fields);
  struct media_change change = media_fields_change(fields);
  change.file_url = library ? NULL : fields->file_url;
  enum error error = media_store_create_with(call->app->database, &change, call->account->id, &media);
  if (error != ERROR_NONE) {
    call_fail_media(call, error, 0, "creating a medium");
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
  if (media_fields_read(object, MEDIA_FIELDS_NEW, call->response, &fields)) {
    create_media(call, &fields);
    media_fields_free(&fields);
  }
  json_object_put(object);
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
  struct media_change change = media_fields_change(fields);
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
  if (error == ERROR_INVALID) {
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
  if (media_fields_read(object, MEDIA_FIELDS_CHANGE, call->response, &fields)) {
    if (change_media(call, id, &fields, &media)) {
      log_event(LOG_LEVEL_INFO, "media_changed", LOG_I64("account_id", call->account->id), LOG_I64("media_id", id));
      warn_of_unlisted_origin(call, &fields, id);
      media_json_respond(call->response, 200, &media);
    }
    media_fields_free(&fields);
  }
  media_free(&media);
  json_object_put(object);
}

void media_api_delete(struct call *call) {
  int64_t id;
  struct media_change condition = {.title = NULL};
  if (!call_media_id(call, &id) || !condition_holds(call, id, &condition)) {
    return;
  }
  enum error error = media_removal_delete_if(call, id, &condition);
  if (error != ERROR_NONE) {
    call_fail_media(call, error, id, "deleting a medium");
    return;
  }
  log_event(LOG_LEVEL_INFO, "media_deleted", LOG_I64("account_id", call->account->id), LOG_I64("media_id", id));
  response_empty(call->response, 204);
}
