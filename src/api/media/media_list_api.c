/* SPDX-License-Identifier: ISC */
/* GET /media/media: what is asked for in the query, checked, and one page of the list. */
#include "config.h"

#include "api/handlers.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/media/media_fields.h"
#include "api/media/media_json.h"
#include "api/reply.h"
#include "http/json_body.h"
#include "store/media/media_list.h"

/* A filter, and what it points to. */
struct listing {
  struct media_filter filter;
  char search[MEDIA_FIELDS_TITLE_SIZE], description[MEDIA_FIELDS_TITLE_SIZE];
  struct text tags;
  bool has_file;
  bool count;
};

static void note(struct call *call, const char *name, const char *what) {
  char pointer[32];
  snprintf(pointer, sizeof pointer, "?%s", name);
  response_field_error(call->response, pointer, "%s", what);
}

/* One of `values`, which end with NULL. -1: it is absent, or none of them, which is noted. */
static int read_choice(struct call *call, const char *name, const char *const values[], const char *what) {
  const char *value = query_get(call->query, name);
  for (int i = 0; value != NULL && values[i] != NULL; i++) {
    if (strcmp(value, values[i]) == 0) {
      return i;
    }
  }
  if (value != NULL) {
    note(call, name, what);
  }
  return -1;
}

static int read_switch(struct call *call, const char *name) {
  static const char *const values[] = {"false", "true", NULL};
  return read_choice(call, name, values, "must be true or false");
}

/* Part of a title or a description. NULL: it is absent, or noted. */
static enum error read_part(struct call *call, const char *name, char storage[MEDIA_FIELDS_TITLE_SIZE],
                            const char **ret_part) {
  const char *part = query_get(call->query, name);
  if (part == NULL) {
    return ERROR_NONE;
  }
  enum error error = media_fields_title(part, storage);
  if (error == ERROR_TOO_LARGE || *part == '\0') {
    note(call, name, "must be 1 to 300 characters long");
    return ERROR_NONE;
  }
  *ret_part = storage;
  return error;
}

/* "a,b": media with all of these tags. */
static enum error read_tags(struct call *call, struct listing *listing) {
  const char *tags = query_get(call->query, "tags");
  if (tags == NULL) {
    return ERROR_NONE;
  }
  char *copy = strdup(tags);
  char *rest = copy;
  enum error error = copy == NULL ? ERROR_MEMORY : ERROR_NONE;
  for (char *tag = strsep(&rest, ","); error == ERROR_NONE && tag != NULL; tag = strsep(&rest, ",")) {
    error = media_fields_add_tag(&listing->tags, tag);
  }
  free(copy);
  if (error == ERROR_INVALID) {
    note(call, "tags", "must be tags of 1 to 64 characters, separated by commas");
    return ERROR_NONE;
  }
  listing->filter.tags = error == ERROR_NONE ? media_tags_end(&listing->tags) : NULL;
  return error == ERROR_NONE && listing->filter.tags == NULL ? ERROR_MEMORY : error;
}

static void read_metadata(struct call *call, struct media_filter *filter) {
  const char *metadata = query_get(call->query, "metadata");
  struct json_object *object = NULL;
  char reason[JSON_REASON_SIZE];
  if (metadata == NULL) {
    return;
  }
  enum error error = json_body_parse(metadata, strlen(metadata), &object, reason);
  if (error != ERROR_NONE || json_object_object_length(object) == 0) {
    note(call, "metadata", "must be a JSON object with members that the medium's metadata has too");
  }
  filter->metadata = metadata;
  json_object_put(object);
}

static void read_external_id(struct call *call, struct media_filter *filter) {
  filter->external_id = query_get(call->query, "external_id");
  if (filter->external_id != NULL && filter->external_id[0] == '\0') {
    note(call, "external_id", "must not be empty");
  }
}

static void read_states(struct call *call, struct listing *listing) {
  static const char *const states[] = {"none", "queued", "running", "ready", "failed", "cancelled", NULL};
  static const char *const types[] = {"video", "audio", NULL}; /* in the order of enum media_type */
  int state = read_choice(call, "package", states, "must be none, queued, running, ready, failed or cancelled");
  int has_file = read_switch(call, "has_file");
  struct media_filter *filter = &listing->filter;
  filter->type = read_choice(call, "type", types, "must be video or audio");
  filter->package_state = state < 0 ? NULL : states[state];
  listing->has_file = has_file == 1;
  filter->has_file = has_file < 0 ? NULL : &listing->has_file;
}

static void read_order(struct call *call, struct media_filter *filter) {
  static const char *const sorts[] = {"created_at", "title", "duration", "size", "views", NULL}; /* enum media_sort */
  static const char *const orders[] = {"desc", "asc", NULL};
  int sort = read_choice(call, "sort", sorts, "must be created_at, title, duration, size or views");
  int order = read_choice(call, "order", orders, "must be asc or desc");
  filter->sort = sort < 0 ? MEDIA_BY_CREATED_AT : (enum media_sort)sort;
  filter->ascending = order < 0 ? filter->sort == MEDIA_BY_TITLE : order == 1;
}

/* False: the response has the answer. */
static bool read_listing(struct call *call, struct listing *listing) {
  struct media_filter *filter = &listing->filter;
  struct call_page page;
  read_states(call, listing);
  read_external_id(call, filter);
  read_metadata(call, filter);
  read_order(call, filter);
  listing->count = read_switch(call, "count") == 1;
  enum error error = read_part(call, "q", listing->search, &filter->search);
  if (error == ERROR_NONE) {
    error = read_part(call, "description", listing->description, &filter->description);
  }
  if (error == ERROR_NONE) {
    error = read_tags(call, listing);
  }
  if (error != ERROR_NONE) {
    call_fail(call, error, "reading what is searched for");
    return false;
  }
  if (!call_page(call, &page)) { /* answers for all that was noted */
    return false;
  }
  filter->after_id = page.cursor.id;
  filter->after_key = page.cursor.time_us - 1; /* as reply_media writes it */
  filter->limit = page.limit + 1;              /* one more tells whether there is a next page */
  return true;
}

static void reply_media(struct call *call, const struct media_item *items, size_t count, bool more,
                        const int64_t *matches) {
  struct text *body = reply_begin(call->response, 200);
  reply_name(body, "items");
  text_append(body, "[");
  for (size_t i = 0; i < count; i++) {
    reply_separate(body);
    media_json_append(body, &items[i].media);
  }
  text_append(body, "]");
  const struct media_item *last = more ? &items[count - 1] : NULL;
  call_append_next_cursor(call, more, more ? last->key + 1 : 0, more ? last->media.id : 0); /* a key may be 0 */
  if (matches != NULL) {
    reply_integer(body, "count", *matches);
  }
  reply_end(call->response);
}

static void answer_listing(struct call *call, const struct listing *listing) {
  struct media_item *items = NULL;
  size_t count = 0;
  size_t limit = (size_t)listing->filter.limit - 1;
  int64_t matches = 0;
  enum error error = ERROR_NONE;
  if (listing->count) {
    error = media_list_matches(call->app->database, &listing->filter, &matches);
  }
  if (error == ERROR_NONE) {
    error = media_list_find(call->app->database, &listing->filter, &items, &count);
  }
  if (error != ERROR_NONE) {
    call_fail(call, error, "listing media");
    return;
  }
  reply_media(call, items, count > limit ? limit : count, count > limit, listing->count ? &matches : NULL);
  for (size_t i = 0; i < count; i++) {
    media_free(&items[i].media);
  }
  free(items);
}

void media_api_list(struct call *call) {
  struct listing listing = {.count = false};
  if (read_listing(call, &listing)) {
    answer_listing(call, &listing);
  }
  text_free(&listing.tags);
}
