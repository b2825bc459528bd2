/* SPDX-License-Identifier: ISC */
/*
 * The audit log: events as a list, and as lines for programs that keep all of them.
 */
#include "config.h"

#include "api/handlers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/call.h"
#include "api/events/event_json.h"
#include "api/export_slot.h"
#include "api/reply.h"
#include "base/log.h"
#include "base/text_parse.h"
#include "store/events/event_list.h"

#define LIMIT_DEFAULT 50
#define LIMIT_MAX     1000
#define PAGE_ROWS     1000 /* of an export */

/* "<position>-<id>". */
static bool parse_cursor(const char *text, struct event_cursor *ret_cursor) {
  uint64_t position = 0;
  size_t digits = strspn(text, "0123456789");
  const char *id = text + digits + 1;
  if (text[digits] != '-' || text_parse_u64(text, digits, INT64_MAX, &position) != ERROR_NONE || position == 0 ||
      strlen(id) != UUID_SIZE - 1 || strspn(id, "0123456789abcdef-") != UUID_SIZE - 1) {
    return false;
  }
  for (size_t i = 0; i < UUID_SIZE - 1; i++) {
    if ((id[i] == '-') != (i == 8 || i == 13 || i == 18 || i == 23)) {
      return false;
    }
  }
  ret_cursor->position = (int64_t)position;
  memcpy(ret_cursor->id, id, UUID_SIZE);
  return true;
}

static const char *read_word(struct call *call, const char *name, const char *characters, size_t max_length,
                             const char *example) {
  const char *text = query_get(call->query, name);
  char pointer[32];
  snprintf(pointer, sizeof pointer, "?%s", name);
  if (text != NULL && (*text == '\0' || strlen(text) > max_length || text[strspn(text, characters)] != '\0')) {
    response_field_error(call->response, pointer, "must be such as %s", example);
  }
  return text;
}

/* What both routes know. `after=now` begins behind all that there is. Errors are noted. */
static void read_filter(struct call *call, struct event_filter *ret_filter) {
  static const char ids[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_-.";
  const char *after = query_get(call->query, "after");
  *ret_filter = (struct event_filter){
      .type = read_word(call, "type", "abcdefghijklmnopqrstuvwxyz_.*", 63, "media.created or media.*"),
      .actor = read_word(call, "actor", ids, DATABASE_ACTOR_MAX, "account:17"),
      .subject = read_word(call, "subject", ids, 127, "medium:4"),
  };
  if (after != NULL && strcmp(after, "now") != 0 && !parse_cursor(after, &ret_filter->after)) {
    response_field_error(call->response, "?after", "must be the cursor of an event, or now");
  }
}

/* False: the response has the 422 or 503. */
static bool settle_filter(struct call *call, struct event_filter *filter) {
  const char *after = query_get(call->query, "after");
  if (response_has_field_errors(call->response)) {
    response_problem_fields(call->response);
    return false;
  }
  if (after == NULL || strcmp(after, "now") != 0) {
    return true;
  }
  enum error error = event_list_end(call->app->database, &filter->after);
  if (error != ERROR_NONE) {
    call_fail(call, error, "finding the end of the events");
  }
  return error == ERROR_NONE;
}

/* --- the list ----------------------------------------------------------------------------------- */

struct page {
  struct text *body;
  int64_t limit, count;
  struct event_cursor last;
  bool more;
};

static void append_item(void *context, const struct event *event) {
  struct page *page = context;
  if (page->count == page->limit) {
    page->more = true;
    return;
  }
  page->count++;
  page->last = event->cursor;
  reply_separate(page->body);
  event_json_append(page->body, event);
}

/* Errors are noted. */
static void read_order(struct call *call, struct event_filter *filter, int64_t *ret_limit) {
  const char *order = query_get(call->query, "order");
  const char *limit = query_get(call->query, "limit");
  uint64_t wanted = LIMIT_DEFAULT;
  if (order != NULL && strcmp(order, "asc") != 0 && strcmp(order, "desc") != 0) {
    response_field_error(call->response, "?order", "must be asc or desc");
  }
  filter->newest_first = order != NULL && strcmp(order, "desc") == 0;
  if (limit != NULL && (text_parse_u64(limit, strlen(limit), LIMIT_MAX, &wanted) != ERROR_NONE || wanted == 0)) {
    response_field_error(call->response, "?limit", "must be a whole number from 1 to %d", LIMIT_MAX);
  }
  *ret_limit = (int64_t)wanted;
}

void event_api_list(struct call *call) {
  struct event_filter filter;
  struct page page = {.limit = LIMIT_DEFAULT};
  read_filter(call, &filter);
  read_order(call, &filter, &page.limit);
  if (!settle_filter(call, &filter)) {
    return;
  }
  page.last = filter.after;
  page.body = reply_begin(call->response, 200);
  reply_name(page.body, "items");
  text_append(page.body, "[");
  enum error error = event_list(call->app->database, &filter, page.limit + 1, append_item, &page);
  if (error != ERROR_NONE) {
    call_fail(call, error, "listing events");
    return;
  }
  char cursor[EVENT_CURSOR_SIZE];
  event_json_cursor(&page.last, cursor);
  text_append(page.body, "]");
  reply_string(page.body, "next_cursor", page.more ? cursor : "");
  if (page.more) {
    call_add_next_link(call, "after", cursor);
  }
  reply_string(page.body, "after", page.last.position == 0 ? "" : cursor);
  reply_end(call->response);
}

/* --- the export --------------------------------------------------------------------------------- */

struct export {
  struct event_filter filter;
  struct text lines; /* of one page */
  int64_t count, page_count;
};

static void append_line(void *context, const struct event *event) {
  struct export *export = context;
  event_json_append(&export->lines, event);
  text_append(&export->lines, "\n");
  export->filter.after = event->cursor;
  export->page_count++;
}

/* The last line says that it is the last: nginx ends a body that breaks off as it ends a whole one. */
static enum error read_page(struct call *call, struct export *export, bool *ret_more) {
  export->page_count = 0;
  enum error error = event_list(call->app->database, &export->filter, PAGE_ROWS, append_line, export);
  export->count += export->page_count;
  *ret_more = export->page_count == PAGE_ROWS;
  if (error == ERROR_NONE && !*ret_more) {
    text_appendf(&export->lines, "{\"complete\": true, \"events\": %" PRId64 "}\n", export->count);
  }
  return error == ERROR_NONE && export->lines.failed ? ERROR_MEMORY : error;
}

static struct response_stream begin_stream(struct call *call) {
  call->response->status = 200;
  call->response->content_type = "application/x-ndjson";
  response_header(call->response, "Content-Disposition", "attachment; filename=\"events.ndjson\"");
  return (struct response_stream){.response = call->response,
                                  .request = call->request,
                                  .beat = call->app->beat,
                                  .is_overdue = call->app->is_overdue,
                                  .context = call->app->beat_context};
}

/* The first page is read before the head is sent, so that an error of the database has a status of its own. */
static void stream_events(struct call *call, struct export *export) {
  bool more = false;
  enum error error = read_page(call, export, &more);
  if (error != ERROR_NONE) {
    call_fail(call, error, "exporting events");
    return;
  }
  struct response_stream stream = begin_stream(call);
  error = response_stream_begin(&stream);
  while (error == ERROR_NONE) {
    error = response_stream_write(&stream, export->lines.data, export->lines.length);
    text_clear(&export->lines);
    if (!more || error != ERROR_NONE) {
      break;
    }
    error = read_page(call, export, &more);
  }
  if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_WARNING, "export_broken", LOG_I64("events", export->count), LOG_ERROR_FIELD(error),
              LOG_STR("database", database_last_error(call->app->database)));
  }
}

void event_api_export(struct call *call) {
  struct export export = {.count = 0};
  int slot = -1;
  read_filter(call, &export.filter);
  if (!settle_filter(call, &export.filter)) {
    return;
  }
  if (call->request->method == HTTP_HEAD) {
    struct response_stream stream = begin_stream(call);
    (void)(response_stream_begin(&stream) == ERROR_NONE); /* the response knows */
    return;
  }
  if (export_slot_take(call, &slot)) {
    stream_events(call, &export);
    export_slot_release(slot);
  }
  text_free(&export.lines);
}
