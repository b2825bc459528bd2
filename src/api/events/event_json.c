/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "api/events/event_json.h"

#include <inttypes.h>
#include <stdio.h>

#include "api/reply.h"

void event_json_cursor(const struct event_cursor *cursor, char ret_text[EVENT_CURSOR_SIZE]) {
  (void)snprintf(ret_text, EVENT_CURSOR_SIZE, "%" PRId64 "-%s", cursor->position, cursor->id);
}

void event_json_append(struct text *body, const struct event *event) {
  char cursor[EVENT_CURSOR_SIZE];
  event_json_cursor(&event->cursor, cursor);
  text_append(body, "{");
  reply_string(body, "id", event->cursor.id);
  reply_string(body, "type", event->type);
  reply_time(body, "time", event->time_us);
  reply_string(body, "actor", event->actor);
  reply_string(body, "address", event->address);
  reply_string(body, "subject", event->subject);
  reply_name(body, "data");
  text_append(body, event->data);
  reply_string(body, "cursor", cursor);
  text_append(body, "}");
}
