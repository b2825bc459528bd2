/* SPDX-License-Identifier: ISC */
/* See object_store.h. What puts objects is in object_put.c. */
#include "config.h"

#include "objects/object_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text_parse.h"
#include "objects/object_store_private.h"
#include "objects/object_xml.h"

#define KEY_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/-"
#define TOKEN_SIZE     1024
#define REMOVE_AT_ONCE OBJECT_FLIGHTS_MAX

enum error object_store_open(const struct object_store_options *options, struct object_store **ret_store) {
  struct object_store *store = calloc(1, sizeof *store);
  if (store == NULL) {
    return ERROR_MEMORY;
  }
  enum error error = object_flights_new(options, &store->flights);
  if (error != ERROR_NONE) {
    free(store);
    return error;
  }
  *ret_store = store;
  return ERROR_NONE;
}

void object_store_close(struct object_store *store) {
  if (store != NULL) {
    object_flights_free(store->flights);
    free(store);
  }
}

void object_store_set_beat(struct object_store *store, object_store_beat *beat, void *context) {
  object_flights_set_beat(store->flights, beat, context);
}

const char *object_store_last_error(const struct object_store *store) {
  return object_flights_last_error(store->flights);
}

bool object_store_is_key(const char *key) {
  size_t length = strlen(key);
  return length > 0 && length < OBJECT_KEY_SIZE && strspn(key, KEY_CHARACTERS) == length && key[0] != '/' &&
         strstr(key, "//") == NULL && strstr(key, "./") == NULL && key[length - 1] != '.';
}

enum error object_store_as_away(enum error error) {
  return error == ERROR_DENIED || error == ERROR_NOT_FOUND || error == ERROR_INVALID ? ERROR_STORE_AWAY : error;
}

void object_store_append_escaped(struct text *query, const char *value) {
  static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  for (; *value != '\0'; value++) {
    if (strchr(plain, *value) != NULL) {
      text_append_bytes(query, value, 1);
    } else {
      text_appendf(query, "%%%02X", (unsigned char)*value);
    }
  }
}

/* --- one request ---------------------------------------------------------------------------------- */

struct question {
  struct object_request *request;
  struct text *answer;
  bool asked;
};

static enum error next_question(void *context, struct object_request *request) {
  struct question *question = context;
  if (question->asked) {
    return ERROR_NOT_FOUND;
  }
  question->asked = true;
  *request = *question->request;
  return ERROR_NONE;
}

static enum error take_answer(void *context, struct object_request *request, enum error error) {
  struct question *question = context;
  if (question->answer != NULL && error == ERROR_NONE) {
    *question->answer = request->answer;
    request->answer = (struct text){0};
  }
  struct text answer = request->answer; /* the flight frees it */
  *question->request = *request;
  question->request->answer = (struct text){0};
  request->answer = answer;
  return error;
}

enum error object_store_ask(struct object_store *store, struct object_request *request, struct text *ret_answer) {
  struct question question = {.request = request, .answer = ret_answer};
  return object_flights_run(store->flights, 1, next_question, take_answer, &question);
}

static struct object_request request_of(enum object_method method, const char *key) {
  struct object_request request = {.method = method, .body_fd = -1, .answer_fd = -1};
  snprintf(request.key, sizeof request.key, "%s", key);
  return request;
}

enum error object_store_check(struct object_store *store, int64_t *ret_clock_ahead_seconds) {
  struct object_request request = request_of(OBJECT_GET, "");
  request.once = true;
  snprintf(request.query, sizeof request.query, "list-type=2&max-keys=1");
  enum error error = object_store_ask(store, &request, NULL);
  if (ret_clock_ahead_seconds != NULL && request.status != 0) {
    *ret_clock_ahead_seconds = request.clock_ahead_seconds;
  }
  return object_store_as_away(error);
}

enum error object_store_look(struct object_store *store, const char *key, int64_t *ret_size) {
  struct object_request request = request_of(OBJECT_HEAD, key);
  if (!object_store_is_key(key)) {
    return ERROR_INVALID;
  }
  enum error error = object_store_ask(store, &request, NULL);
  if (error == ERROR_NONE && request.length < 0) {
    error = ERROR_STORE_AWAY;
  }
  if (error == ERROR_NONE) {
    *ret_size = request.length;
  }
  return error == ERROR_NOT_FOUND ? error : object_store_as_away(error);
}

enum error object_store_get(struct object_store *store, const char *key, int fd, int64_t *ret_size) {
  struct object_request request = request_of(OBJECT_GET, key);
  request.answer_fd = fd;
  if (!object_store_is_key(key)) {
    return ERROR_INVALID;
  }
  enum error error = object_store_ask(store, &request, NULL);
  if (error == ERROR_NONE) {
    *ret_size = request.length;
  }
  return error == ERROR_NOT_FOUND ? error : object_store_as_away(error);
}

enum error object_store_remove(struct object_store *store, const char *key) {
  struct object_request request = request_of(OBJECT_DELETE, key);
  if (!object_store_is_key(key)) {
    return ERROR_INVALID;
  }
  enum error error = object_store_ask(store, &request, NULL);
  return error == ERROR_NOT_FOUND ? ERROR_NONE : object_store_as_away(error);
}

/* --- lists ---------------------------------------------------------------------------------------- */

static enum error ask_page(struct object_store *store, const char *prefix, bool folders, const char *token,
                           struct text *ret_answer) {
  struct object_request request = request_of(OBJECT_GET, "");
  struct text query = {0};
  if (token[0] != '\0') {
    text_append(&query, "continuation-token=");
    object_store_append_escaped(&query, token);
    text_append(&query, "&");
  }
  text_appendf(&query, "%slist-type=2&prefix=", folders ? "delimiter=%2F&" : "");
  object_store_append_escaped(&query, prefix);
  enum error error = query.failed ? ERROR_MEMORY : query.length >= sizeof request.query ? ERROR_TOO_LARGE : ERROR_NONE;
  if (error == ERROR_NONE) {
    snprintf(request.query, sizeof request.query, "%s", query.data);
    error = object_store_as_away(object_store_ask(store, &request, ret_answer));
  }
  text_free(&query);
  return error;
}

static enum error visit_object(const char *element, object_store_visit *visit, void *context) {
  char key[OBJECT_KEY_SIZE], size_text[24];
  uint64_t size = 0;
  if (object_xml_find(element, "Key", key, sizeof key) != ERROR_NONE || !object_store_is_key(key)) {
    return ERROR_NONE; /* not one of ours */
  }
  enum error error = object_xml_find(element, "Size", size_text, sizeof size_text);
  if (error == ERROR_NONE) {
    error = text_parse_u64(size_text, strlen(size_text), INT64_MAX, &size);
  }
  return error == ERROR_NONE ? visit(context, key, (int64_t)size) : ERROR_STORE_AWAY;
}

static enum error visit_folder(const char *element, object_store_visit *visit, void *context) {
  char key[OBJECT_KEY_SIZE];
  bool ours = object_xml_find(element, "Prefix", key, sizeof key) == ERROR_NONE;
  return ours ? visit(context, key, -1) : ERROR_NONE;
}

/* Each element of a page in turn, cut out of it, so that what is looked for lies in it and not behind. */
static enum error visit_elements(char *page, const char *name,
                                 enum error (*visit_element)(const char *element, object_store_visit *visit,
                                                             void *context),
                                 object_store_visit *visit, void *context) {
  const char *position = page, *begin, *end;
  enum error error = ERROR_NONE;
  while (error == ERROR_NONE && object_xml_element(name, &position, &begin, &end)) {
    char *cut = page + (end - page);
    char kept = *cut;
    *cut = '\0';
    error = visit_element(begin, visit, context);
    *cut = kept;
  }
  return error;
}

static enum error visit_page(struct text *page, object_store_visit *visit, void *context, char ret_token[TOKEN_SIZE]) {
  if (page->length == 0) {
    return ERROR_STORE_AWAY;
  }
  enum error error = visit_elements(page->data, "Contents", visit_object, visit, context);
  if (error == ERROR_NONE) {
    error = visit_elements(page->data, "CommonPrefixes", visit_folder, visit, context);
  }
  if (error == ERROR_NONE) {
    error = object_xml_find(page->data, "NextContinuationToken", ret_token, TOKEN_SIZE);
    if (error == ERROR_NOT_FOUND) {
      ret_token[0] = '\0';
      error = ERROR_NONE;
    }
  }
  return error;
}

enum error object_store_list(struct object_store *store, const char *prefix, bool folders, object_store_visit *visit,
                             void *context) {
  char token[TOKEN_SIZE] = "";
  enum error error;
  do {
    struct text page = {0};
    error = ask_page(store, prefix, folders, token, &page);
    if (error == ERROR_NONE) {
      error = visit_page(&page, visit, context, token);
    }
    text_free(&page);
  } while (error == ERROR_NONE && token[0] != '\0');
  return error;
}

/* --- removing many -------------------------------------------------------------------------------- */

struct removal {
  char *keys; /* one after the other, each with its NUL */
  size_t length, capacity, at;
  int64_t removed;
};

static enum error note_key(void *context, const char *key, int64_t size_bytes) {
  struct removal *removal = context;
  size_t length = strlen(key) + 1;
  (void)size_bytes;
  if (removal->length + length > removal->capacity) {
    size_t capacity = removal->capacity * 2 + 65536;
    char *keys = realloc(removal->keys, capacity);
    if (keys == NULL) {
      return ERROR_MEMORY;
    }
    removal->keys = keys;
    removal->capacity = capacity;
  }
  memcpy(removal->keys + removal->length, key, length);
  removal->length += length;
  return ERROR_NONE;
}

static enum error next_removal(void *context, struct object_request *request) {
  struct removal *removal = context;
  if (removal->at >= removal->length) {
    return ERROR_NOT_FOUND;
  }
  const char *key = removal->keys + removal->at;
  *request = request_of(OBJECT_DELETE, key);
  removal->at += strlen(key) + 1;
  return ERROR_NONE;
}

static enum error note_removed(void *context, struct object_request *request, enum error error) {
  struct removal *removal = context;
  (void)request;
  removal->removed += error == ERROR_NONE;
  return error == ERROR_NOT_FOUND || error == ERROR_ABORTED ? ERROR_NONE : error;
}

static enum error abort_upload(struct object_store *store, const char *element) {
  struct object_request request = {.method = OBJECT_DELETE, .body_fd = -1, .answer_fd = -1};
  char id[OBJECT_QUERY_SIZE / 4];
  struct text query = {0};
  enum error error = object_xml_find(element, "Key", request.key, sizeof request.key);
  if (error == ERROR_NONE) {
    error = object_xml_find(element, "UploadId", id, sizeof id);
  }
  if (error != ERROR_NONE) {
    return ERROR_NONE; /* not one of ours */
  }
  text_append(&query, "uploadId=");
  object_store_append_escaped(&query, id);
  error = query.failed || query.length >= sizeof request.query ? ERROR_MEMORY : ERROR_NONE;
  if (error == ERROR_NONE) {
    snprintf(request.query, sizeof request.query, "%s", query.data);
    error = object_store_ask(store, &request, NULL);
  }
  text_free(&query);
  return error == ERROR_NOT_FOUND ? ERROR_NONE : error;
}

/* A page of them: what is left the next sweep finds. */
static enum error abort_uploads(struct object_store *store, const char *prefix) {
  struct object_request request = request_of(OBJECT_GET, "");
  struct text query = {0}, page = {0};
  const char *begin, *end;
  text_append(&query, "prefix=");
  object_store_append_escaped(&query, prefix);
  text_append(&query, "&uploads=");
  enum error error = query.failed || query.length >= sizeof request.query ? ERROR_MEMORY : ERROR_NONE;
  if (error == ERROR_NONE) {
    snprintf(request.query, sizeof request.query, "%s", query.data);
    error = object_store_ask(store, &request, &page);
  }
  text_free(&query);
  const char *position = page.data;
  while (error == ERROR_NONE && position != NULL && object_xml_element("Upload", &position, &begin, &end)) {
    char *cut = page.data + (end - page.data);
    *cut = '\0';
    error = abort_upload(store, begin);
  }
  text_free(&page);
  return error;
}

enum error object_store_remove_below(struct object_store *store, const char *prefix, int64_t *ret_removed) {
  struct removal removal = {.keys = NULL};
  enum error error = object_store_list(store, prefix, false, note_key, &removal);
  if (error == ERROR_NONE) {
    error = object_flights_run(store->flights, REMOVE_AT_ONCE, next_removal, note_removed, &removal);
  }
  if (error == ERROR_NONE) {
    error = abort_uploads(store, prefix);
  }
  free(removal.keys);
  *ret_removed = removal.removed;
  return object_store_as_away(error);
}
