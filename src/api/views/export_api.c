/* SPDX-License-Identifier: ISC */
/*
 * Views as rows, in constant memory however many there are: a page is read, written as the client takes it, and
 * forgotten. Each row ends with the cursor behind it, so a broken export goes on where it broke.
 */
#include "config.h"

#include "api/handlers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/views/analytics_query.h"
#include "api/views/view_source.h"
#include "api/call.h"
#include "api/export_slot.h"
#include "api/views/export_format.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "base/text_parse.h"
#include "http/response.h"
#include "store/views/view_store.h"

#define PAGE_ROWS 2000
/* A cursor whose first letter is A is no formula. */
#define LIST_MASK UINT64_C(0x03ffffffffffffff)

struct export {
  enum export_format format;
  struct view_export wanted;
  uint64_t list;
  int64_t views;     /* written so far */
  struct text lines; /* of one page */
  struct view_source source;
};

static void read_media_id(struct call *call, int64_t *ret_media_id) {
  const char *text = query_get(call->query, "media_id");
  uint64_t id = 0;
  if (text != NULL && (text_parse_u64(text, strlen(text), INT64_MAX, &id) != ERROR_NONE || id == 0)) {
    response_field_error(call->response, "?media_id", "must be the id of a medium, a whole number from 1 up");
  }
  *ret_media_id = (int64_t)id;
}

/* False: the response has the 422. */
static bool read_export_query(struct call *call, struct export *ret_export) {
  static const char *const formats[] = {[EXPORT_CSV] = "csv", [EXPORT_NDJSON] = "ndjson", NULL};
  struct analytics_query query;
  struct cursor cursor = {.time_us = 0};
  analytics_query_read(call, &query);
  *ret_export = (struct export){
      .format = (enum export_format)analytics_query_choice(call, "format", formats),
      .wanted = {.kinds = query.question.kinds, .filter = query.question.filter},
      .list = call_list(call) & LIST_MASK,
  };
  read_media_id(call, &ret_export->wanted.media_id);
  const char *text = query_get(call->query, "cursor");
  if (text != NULL && cursor_parse(text, ret_export->list, &cursor) != ERROR_NONE) {
    response_field_error(call->response, "?cursor",
                         "must be the cursor of a row of this very export, with the same filter");
  }
  ret_export->wanted.after_us = cursor.time_us;
  ret_export->wanted.after_id = cursor.id;
  if (!analytics_query_settle(call, &query)) {
    return false;
  }
  ret_export->wanted.from_us = query.question.from_us;
  ret_export->wanted.to_us = query.question.to_us == 0 ? clock_now_us() : query.question.to_us;
  return true;
}

struct page {
  const struct view_export *wanted;
  struct view *items;
  size_t count;
  struct view_place end;
};

static enum error read_rows(struct database *database, void *context) {
  struct page *page = context;
  return view_store_export(database, page->wanted, PAGE_ROWS, &page->items, &page->count, &page->end);
}

/* Reads the next page into `lines`. *ret_more: there may be another one. */
static enum error read_page(struct call *call, struct export *export, bool *ret_more) {
  struct page page = {.wanted = &export->wanted};
  export->source.call = call;
  enum error error = view_source_ask(&export->source, read_rows, &page);
  struct view *items = page.items;
  size_t count = page.count;
  if (error != ERROR_NONE) {
    return error;
  }
  for (size_t i = 0; i < count; i++) {
    char cursor[CURSOR_SIZE];
    cursor_format(&(struct cursor){.time_us = items[i].timestamp_us, .id = items[i].id}, export->list, cursor);
    export_format_view(export->format, &items[i], cursor, &export->lines);
  }
  if (count == PAGE_ROWS) {
    export->wanted.after_us = items[count - 1].timestamp_us;
    export->wanted.after_id = items[count - 1].id;
  } else { /* with a filter: all that was looked at */
    export->wanted.after_us = page.end.us;
    export->wanted.after_id = page.end.id;
  }
  export->views += (int64_t)count;
  for (size_t i = 0; i < count; i++) {
    view_free(&items[i]);
  }
  free(items);
  *ret_more = count == PAGE_ROWS || page.end.us != 0;
  if (!*ret_more) {
    export_format_complete(export->format, export->views, &export->lines);
  }
  return export->lines.failed ? ERROR_MEMORY : ERROR_NONE;
}

/* The first page is there, so that whatever keeps the database from answering has a status of its own. */
static enum error send_pages(struct call *call, struct export *export, struct response_stream *stream, bool more) {
  enum error error = response_stream_begin(stream);
  while (error == ERROR_NONE) {
    error = response_stream_write(stream, export->lines.data, export->lines.length);
    text_clear(&export->lines);
    if (!more || error != ERROR_NONE) {
      break;
    }
    if (stream->beat != NULL) { /* a page of which nothing fits is not written, so that would not beat */
      stream->beat(stream->context);
    }
    error = read_page(call, export, &more);
  }
  return error;
}

static void set_head(struct call *call, const struct export *export) {
  call->response->status = 200;
  call->response->content_type = export_format_content_type(export->format);
  response_header(call->response, "Content-Disposition",
                  export->format == EXPORT_CSV ? "attachment; filename=\"views.csv\""
                                               : "attachment; filename=\"views.ndjson\"");
}

static struct response_stream stream_of(struct call *call) {
  return (struct response_stream){.response = call->response,
                                  .request = call->request,
                                  .beat = call->app->beat,
                                  .is_overdue = call->app->is_overdue,
                                  .context = call->app->beat_context};
}

static void stream_views(struct call *call, struct export *export) {
  bool more = false;
  bool resumed = export->wanted.after_us != 0;
  if (!resumed) {
    export_format_header(export->format, &export->lines);
  }
  enum error error = read_page(call, export, &more);
  if (error != ERROR_NONE) {
    call_fail(call, error, "exporting views");
    return;
  }
  set_head(call, export);
  struct response_stream stream = stream_of(call);
  error = send_pages(call, export, &stream, more);
  if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_WARNING, "export_broken", LOG_I64("views", export->views), LOG_ERROR_FIELD(error),
              LOG_STR("database", database_last_error(call->app->database)));
  }
}

/* --- the handler --- */

void export_api_views(struct call *call) {
  struct export export;
  int slot = -1;
  if (!read_export_query(call, &export)) {
    return;
  }
  if (call->request->method == HTTP_HEAD) {
    set_head(call, &export);
    struct response_stream stream = stream_of(call);
    (void)(response_stream_begin(&stream) == ERROR_NONE); /* the response knows */
    return;
  }
  if (!export_slot_take(call, &slot)) {
    return;
  }
  stream_views(call, &export);
  export_slot_release(slot);
  text_free(&export.lines);
}
