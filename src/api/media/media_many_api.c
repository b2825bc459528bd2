/* SPDX-License-Identifier: ISC */
/*
 * One change of many media, and the deletion of many. Each medium is changed by itself, and has an answer of its own.
 */
#include "config.h"

#include "api/handlers.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "api/call.h"
#include "api/media/media_fields.h"
#include "api/media/media_removal.h"
#include "api/reply.h"
#include "base/log.h"
#include "base/text_parse.h"
#include "http/json_body.h"

#define MANY_MAX 200

struct many {
  int64_t ids[MANY_MAX];
  size_t count;
};

static void note_ids(struct call *call, const char *pointer) {
  response_field_error(call->response, pointer, "must be 1 to %d ids of media", MANY_MAX);
}

/* --- the answer --- */

static int status_of(enum error error, int good) {
  switch (error) {
  case ERROR_NONE:
    return good;
  case ERROR_NOT_FOUND:
    return 404;
  case ERROR_INVALID:
    return 422;
  case ERROR_NO_SPACE:
    return 507;
  case ERROR_UNAVAILABLE:
  case ERROR_TIMEOUT:
  case ERROR_MEMORY:
  case ERROR_UNKNOWN_OUTCOME:
    return 503;
  default:
    return 500;
  }
}

static const char *detail_of(int status) {
  switch (status) {
  case 404:
    return "There is no such medium.";
  case 422:
    return "The type must be that of the medium's file.";
  case 503:
    return "The database did not answer as it should; try again.";
  case 507:
    return "The server's disk is full.";
  default:
    return status >= 500 ? "Something went wrong in the server; its log names the request_id." : NULL;
  }
}

static void append_outcome(struct call *call, int64_t id, enum error error, int good, const char *event) {
  struct text *body = &call->response->body;
  int status = status_of(error, good);
  if (error == ERROR_NONE) {
    log_event(LOG_LEVEL_INFO, event, LOG_I64("account_id", call->account->id), LOG_I64("media_id", id));
  } else if (status >= 500) {
    log_event(LOG_LEVEL_ERROR, "request_failed", LOG_STR("doing", "changing many media"), LOG_I64("media_id", id),
              LOG_ERROR_FIELD(error), LOG_STR("database", database_last_error(call->app->database)));
  }
  reply_separate(body);
  text_append(body, "{");
  reply_integer(body, "id", id);
  reply_integer(body, "status", status);
  reply_string(body, "detail", detail_of(status));
  text_append(body, "}");
}

static void begin_outcomes(struct call *call) {
  struct text *body = reply_begin(call->response, 200);
  reply_name(body, "items");
  text_append(body, "[");
}

static void end_outcomes(struct call *call) {
  text_append(&call->response->body, "]");
  reply_end(call->response);
}

/* --- PATCH --- */

/* What is wrong is noted. */
static void read_ids(struct call *call, struct json_object *object, struct many *many) {
  struct json_object *ids = NULL;
  size_t count = 0;
  if (json_object_object_get_ex(object, "ids", &ids) && json_object_is_type(ids, json_type_array)) {
    count = json_object_array_length(ids);
  }
  if (count < 1 || count > MANY_MAX) {
    note_ids(call, "/ids");
    return;
  }
  for (; many->count < count; many->count++) {
    struct json_object *id = json_object_array_get_idx(ids, many->count);
    int64_t number = json_object_is_type(id, json_type_int) ? json_object_get_int64(id) : 0;
    if (number < 1) {
      note_ids(call, "/ids");
      return;
    }
    many->ids[many->count] = number;
  }
}

static void change_many(struct call *call, const struct many *many, const struct media_change *change) {
  begin_outcomes(call);
  for (size_t i = 0; i < many->count; i++) {
    struct media media = {.id = 0};
    enum error error = media_store_update(call->app->database, many->ids[i], change, &media);
    append_outcome(call, many->ids[i], error, 200, "media_changed");
    media_free(&media);
  }
  end_outcomes(call);
}

void media_api_change_many(struct call *call) {
  struct json_object *object;
  struct many many = {.count = 0};
  struct media_fields fields;
  if (json_body_read(call->request, call->response, &object) != ERROR_NONE) {
    return;
  }
  read_ids(call, object, &many);
  if (media_fields_read(object, MEDIA_FIELDS_MANY, call->response, &fields)) {
    const struct media_change change = media_fields_change(&fields);
    change_many(call, &many, &change);
    media_fields_free(&fields);
  }
  json_object_put(object);
}

/* --- DELETE --- */

/* ?ids=1,2,3. False: the response has the 422. */
static bool read_query_ids(struct call *call, struct many *many) {
  const char *text = query_get(call->query, "ids");
  bool good = text != NULL;
  for (const char *at = text; good && at != NULL; at = *at == ',' ? at + 1 : NULL) {
    uint64_t id = 0;
    size_t length = strcspn(at, ",");
    good = many->count < MANY_MAX && text_parse_u64(at, length, INT64_MAX, &id) == ERROR_NONE && id > 0;
    if (good) {
      many->ids[many->count++] = (int64_t)id;
      at += length;
    }
  }
  if (!good) {
    note_ids(call, "?ids");
    response_problem_fields(call->response);
  }
  return good;
}

void media_api_delete_many(struct call *call) {
  struct many many = {.count = 0};
  if (!read_query_ids(call, &many)) {
    return;
  }
  begin_outcomes(call);
  for (size_t i = 0; i < many.count; i++) {
    append_outcome(call, many.ids[i], media_removal_delete(call, many.ids[i]), 204, "media_deleted");
  }
  end_outcomes(call);
}
