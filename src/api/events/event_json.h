/* SPDX-License-Identifier: ISC */
/* An event as JSON. */
#ifndef MEDIAGATE_API_EVENTS_EVENT_JSON_H
#define MEDIAGATE_API_EVENTS_EVENT_JSON_H

#include "base/text.h"
#include "store/events/event_list.h"

#define EVENT_CURSOR_SIZE (UUID_SIZE + 20)

/* {id, type, time, actor, address, subject, data, cursor} */
void event_json_append(struct text *body, const struct event *event);
void event_json_cursor(const struct event_cursor *cursor, char ret_text[EVENT_CURSOR_SIZE]);

#endif
